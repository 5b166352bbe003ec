"""Signs of life while a call takes long, for a client that asked for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

BEAT_SECS: Final = 1.0


@contextmanager
def heartbeat(context: ServerRequestContext[Any, Any]) -> Iterator[None]:
    """Report progress as long as the body runs: seconds so far, of nobody knows how many.

    Clients give up on a silent request; a store that waits for a lock or a model must not be.
    The SDK sends nothing to a client that did not ask. Call it on the running loop.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    tasks: set[asyncio.Task[None]] = set()
    timer: asyncio.TimerHandle

    def beat() -> None:
        nonlocal timer
        report = context.session.report_progress(loop.time() - began, message="working")
        task = loop.create_task(report)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        timer = loop.call_later(BEAT_SECS, beat)

    timer = loop.call_later(BEAT_SECS, beat)  # a quick call costs a timer and no task
    try:
        yield
    finally:
        timer.cancel()
