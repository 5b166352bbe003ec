"""MCP over standard input and output: one client, one process, gone when its client is.

The order is the point: the SDK is imported and the client answered before the memory is opened.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ai_memory import limits
from ai_memory.errors import ConfigInvalid
from ai_memory.faces.mcp.opening import Opening
from ai_memory.faces.mcp.parent import watch_parent
from ai_memory.faces.mcp.pipe import claim, note
from ai_memory.operations.profile import families_of

if TYPE_CHECKING:
    from ai_memory.compose import OpenNode

_OPENING_GRACE_SECS: Final = 1.0
"""How long the end waits for a node that nobody asked for yet."""
_ORPHAN_GRACE_SECS: Final = 3 * limits.SHUTDOWN_GRACE_SECS
"""A server that cannot stop by itself after its client's end is ended the hard way."""


def run_stdio(open_node: Callable[[], OpenNode], profile: str) -> int:
    """Serve until the input ends, the parent does, or SIGTERM or SIGINT comes.

    Must be called in the main thread. Takes standard input and output for itself, for the rest of
    the process.

    Args:
        open_node: Opens the node; called in another thread, after the first reply.
        profile: Profile or families, as in `operations.profile`.

    Returns:
        The exit code: 0, whatever the calls came to.

    Raises:
        ConfigInvalid: There is no such profile or family, or no standard input or output.
    """
    families_of(profile)
    try:
        reading, writing = claim()
    except OSError as cause:
        raise ConfigInvalid(
            "standard input or output is closed", hint="An MCP client starts this command."
        ) from cause
    finished = threading.Event()
    orphaned = _orphaned(finished)
    if os.isatty(reading):
        note("waiting for an MCP client on stdin; Ctrl-D ends")
    opening = Opening(open_node)
    try:
        asyncio.run(_serve(opening, profile, (reading, writing), orphaned))
        closed = opening.close(_OPENING_GRACE_SECS)
    finally:
        finished.set()
    if not closed:
        # The opening thread is in native code, which must not run into the interpreter's end.
        os._exit(0)
    return 0


def _orphaned(finished: threading.Event) -> Future[None]:
    """Done when the parent has ended; unless we then finish in time, so has this process."""
    orphaned: Future[None] = Future()

    def parent_ended() -> None:
        orphaned.set_result(None)
        if not finished.wait(_ORPHAN_GRACE_SECS):
            os._exit(1)

    watch_parent(parent_ended)
    return orphaned


async def _serve(
    opening: Opening, profile: str, pipes: tuple[int, int], orphaned: Future[None]
) -> None:
    # The SDK makes 120,000 objects that stay; looking through them for garbage takes a tenth of
    # the start, so they are neither searched while they are made nor ever after.
    gc.disable()
    from ai_memory.faces.mcp.server import build_server
    from ai_memory.faces.mcp.wire import Wire

    gc.freeze()
    gc.enable()
    server = build_server(opening, profile)
    wire = Wire(*pipes, greeted=opening.start)
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        loop.remove_signal_handler(number)  # a second one ends the process at once
        wire.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stop, number)

    def stop_orphan(_: Future[None]) -> None:
        with suppress(RuntimeError):  # the loop has closed: we are on our way out
            loop.call_soon_threadsafe(wire.stop)

    orphaned.add_done_callback(stop_orphan)
    async with wire.streams() as (inbound, outbound):
        await server.run(inbound, outbound, server.create_initialization_options())
