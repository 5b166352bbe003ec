"""Turns: processes that write one file wait for one another in the kernel, in order."""

from __future__ import annotations

import sys
from typing import Final

if sys.platform != "win32":
    import fcntl

_BYTE: Final = 1


class Turn:
    """Whose turn it is to write, among processes that have the same open file.

    SQLite looks again and again whether the lock is free, later each time. Here the next one is
    woken at once, and what came to it meanwhile is one commit. A process that dies gives its turn
    back. Not for threads: a process has one writer.
    """

    def __init__(self, file: int, processes: int) -> None:
        """Take the descriptor of a file that nobody else locks, and how many share it."""
        self._file = file
        self._processes = processes
        self._held = False
        self.writing = 1
        """How many processes write now, as far as it can be told: one, or others had the turn."""

    def take(self) -> None:
        """Wait until it is ours; twice is once."""
        if self._held:
            return
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, _BYTE)
            self.writing = 1
        except (BlockingIOError, PermissionError):  # some systems say EACCES
            fcntl.lockf(self._file, fcntl.LOCK_EX, _BYTE)
            self.writing = self._processes
        self._held = True

    def give(self) -> None:
        """Let the next one write; if it is not ours, nothing happens."""
        if self._held:
            self._held = False
            fcntl.lockf(self._file, fcntl.LOCK_UN, _BYTE)
