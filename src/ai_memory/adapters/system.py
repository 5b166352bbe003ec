"""The only module that reads a clock, makes randomness or asks the machine who it is."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Final

from ai_memory import limits
from ai_memory.policy.identity import default_agent_id

if sys.platform != "win32":
    import resource


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """See ports.Clock."""
        return time.time_ns() // 1_000

    def monotonic(self) -> float:
        """See ports.Clock."""
        return time.perf_counter()


class SystemEntropy:
    """The machine's randomness, drawn a page at a time: a draw hands the interpreter lock over."""

    def __init__(self) -> None:
        self._drawn: deque[bytes] = deque()
        # A forked child must not hand out what its parent will.
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._drawn.clear)

    def new_id(self) -> str:
        """See ports.Entropy."""
        while True:
            try:
                return _uuid4(self._drawn.popleft().hex())
            except IndexError:
                page = os.urandom(_PAGE_BYTES)
                self._drawn.extend(page[at : at + 16] for at in range(0, _PAGE_BYTES, 16))


def _uuid4(drawn: str) -> str:
    """32 hexadecimal digits as a version 4 UUID; `uuid.UUID` takes five times as long."""
    variant = "89ab"[int(drawn[16], 16) & 3]
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:]}"


_PAGE_BYTES: Final = 4_096
_DISAMBIGUATOR: Final = os.urandom(4).hex()


def raise_descriptors() -> None:
    """Let this process open as many files as the system allows it, within bounds."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.DESCRIPTORS_MAX
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def descriptors_max() -> int:
    """How many descriptors this process may have open."""
    if sys.platform == "win32":
        return limits.DESCRIPTORS_MAX
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limits.DESCRIPTORS_MAX if soft == resource.RLIM_INFINITY else soft


def usable_processors() -> int:
    """Logical processors this process may run on; at least 1."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return usable or 1


def own_agent_id(*, client: str | None = None, anonymize: bool = False) -> str:
    """What this process is called when it did not say; see `policy.identity`.

    Args:
        client: The name an MCP client announced, if it did.
        anonymize: Whether to leave the host out.
    """
    return default_agent_id(
        host=platform.node(),
        pid=os.getpid(),
        disambiguator=_DISAMBIGUATOR,
        client=client,
        anonymize=anonymize,
    )
