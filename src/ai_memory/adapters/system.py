"""The only module that reads a clock, makes randomness or asks the machine who it is."""

from __future__ import annotations

import os
import socket
import time
import uuid
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
    """The machine's randomness."""

    def new_id(self) -> str:
        """See ports.Entropy."""
        return str(uuid.UUID(bytes=os.urandom(16), version=4))


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
