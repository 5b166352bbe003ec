"""Answers from other threads, handed to an event loop together."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import ref

if TYPE_CHECKING:  # a CLI call has no loop, and pays 30 ms for the import
    import asyncio


class Inbox:
    """Wakes its loop once for all answers that come before it looks.

    A commit answers dozens of callers; waking the loop for each is a system call each, and a chance
    each to lose the interpreter lock in the middle of the answering.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = ref(loop)  # a node keeps inboxes by their loop, and no loop alive
        self._arrived: deque[asyncio.Future[None]] = deque()
        self._rung = False

    async def wait(self, answer: Future[Any]) -> Any:
        """What the other thread answers; raises what it raises.

        A caller that is cancelled cancels what has not begun.
        """
        loop = self._loop()
        assert loop is not None, "it runs us"
        waiter: asyncio.Future[None] = loop.create_future()
        answer.add_done_callback(lambda _done: self._put(waiter))
        try:
            await waiter
        except BaseException:
            answer.cancel()
            raise
        return answer.result()

    def _put(self, waiter: asyncio.Future[None]) -> None:
        """Called in whichever thread answers."""
        self._arrived.append(waiter)
        loop = self._loop()
        if loop is not None and not self._rung:
            self._rung = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        # Before the first look: what is put after it rings again.
        self._rung = False
        while self._arrived:
            waiter = self._arrived.popleft()
            if not waiter.done():
                waiter.set_result(None)
