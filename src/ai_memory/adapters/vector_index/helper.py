"""A thread beside the callers', for whoever finds it idle."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_First = TypeVar("_First")
_Second = TypeVar("_Second")


class Helper:
    """Takes half the work of one caller. Safe to use from many threads.

    A caller who is alone is answered sooner; of many, who keep the processors busy by themselves,
    one at a time is helped and nobody waits for it.
    """

    def __init__(self) -> None:
        self._using = Lock()
        # Both guarded by `_using`.
        self._pool: ThreadPoolExecutor | None = None  # none before it is needed
        self._closed = False

    def both(
        self, first: Callable[[], _First], second: Callable[[], _Second]
    ) -> tuple[_First, _Second]:
        """Do both, at the same time if the helper is idle; what either raises is raised."""
        if not self._using.acquire(blocking=False):
            return first(), second()
        try:
            if self._closed:
                return first(), second()
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="ai-memory-vectors")
            there = self._pool.submit(first)
            try:
                here = second()
            finally:  # not to leave it at work for somebody who is gone
                done = there.result()
            return done, here
        finally:
            self._using.release()

    def close(self) -> None:
        """End the thread; callers do everything themselves from now on."""
        with self._using:
            self._closed = True
            if self._pool is not None:
                self._pool.shutdown()
