"""A gate: how many callers compute at the same time (docs/adr/0017)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PASSES_MAX: Final = 32  # who may overtake one that waits early, before it is let in


class Gate:
    """Lets a few in at a time: those in the middle of their work before those who begin it.

    Threads that compute in Python at once take nothing but turns, and each turn costs. Those who
    wait at the beginning meanwhile can be served together.

    Args:
        room: How many are in at most.
    """

    def __init__(self, room: int) -> None:
        self._lock = threading.Lock()
        # All below is guarded by the lock.
        self._free = room
        self._late: deque[threading.Lock] = deque()
        self._early: deque[threading.Lock] = deque()
        self._passed = 0  # so many overtook the first of `_early`

    @contextmanager
    def passing(self, *, early: bool = False) -> Iterator[None]:
        """Be in; wait until there is room.

        Args:
            early: At the beginning of the work: whoever is in the middle of it goes first.
        """
        self._enter(self._early if early else self._late)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, line: deque[threading.Lock]) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Lock()
            turn.acquire()  # released by who makes room
            line.append(turn)
        try:
            turn.acquire()
        except BaseException:  # an interrupt
            with self._lock:
                was_let_in = turn not in line
                if not was_let_in:
                    line.remove(turn)
            if was_let_in:
                self._leave()
            raise

    def _leave(self) -> None:
        """Hand the room over, or give it back."""
        with self._lock:
            if self._late and not (self._early and self._passed >= PASSES_MAX):
                self._passed += bool(self._early)
                self._late.popleft().release()
            elif self._early:
                self._passed = 0
                self._early.popleft().release()
            else:
                self._free += 1
