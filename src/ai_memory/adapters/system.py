"""The only module that reads a clock, makes randomness or asks the machine who it is."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections import deque
from typing import Final


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
                return str(uuid.UUID(bytes=self._drawn.popleft(), version=4))
            except IndexError:
                page = os.urandom(_PAGE_BYTES)
                self._drawn.extend(page[at : at + 16] for at in range(0, _PAGE_BYTES, 16))


_PAGE_BYTES: Final = 4_096
_DISAMBIGUATOR: Final = os.urandom(4).hex()


def host_name() -> str:
    """This machine's name; empty if it has none."""
    return socket.gethostname()


def process_id() -> int:
    """This process's id."""
    return os.getpid()


def disambiguator() -> str:
    """8 hex digits, fixed for the life of the process."""
    return _DISAMBIGUATOR
