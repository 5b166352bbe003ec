"""A long answer, sent while it is made: a thread reads the snapshot, the event loop sends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from starlette.types import Receive, Send

_LOG: Final = logging.getLogger(__name__)
NDJSON: Final = b"application/x-ndjson"
_LANES: Final = 2  # exports at once; each holds a snapshot. Others wait for their turn


class Stream(NamedTuple):
    """An answer in pieces.

    Attributes:
        open: Begins it; all pieces are taken in one thread.
    """

    open: Callable[[], Generator[bytes, None, None]]
    media_type: bytes = NDJSON


class Streamer:
    """Sends streams, a few at a time. A client that goes away ends its own."""

    def __init__(self) -> None:
        self._lanes = [ThreadPoolExecutor(1, f"ai-memory-export-{n}") for n in range(_LANES)]
        self._free: asyncio.Queue[ThreadPoolExecutor] | None = None

    async def send(self, stream: Stream, receive: Receive, send: Send) -> None:
        """Send all of it; what fails before the first piece is raised, and nothing was sent.

        What fails later ends the connection: a client sees that the answer is cut off.
        """
        if self._free is None:
            self._free = asyncio.Queue()
            for lane in self._lanes:
                self._free.put_nowait(lane)
        lane = await self._free.get()
        watch = asyncio.create_task(_gone(receive))
        take = partial(asyncio.get_running_loop().run_in_executor, lane)
        pieces = stream.open()
        try:
            piece: bytes | None = await take(next, pieces, None)
            headers = [(b"content-type", stream.media_type)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            try:
                while piece is not None and not watch.done():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    piece = await take(next, pieces, None)
            except asyncio.CancelledError:
                return  # the server stops
            except Exception:  # noqa: BLE001 - too late for an error; the log has it
                _LOG.exception("an export broke off")
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watch.cancel()
            # Not awaited, for we may be cancelled; the lane does one thing after the other.
            lane.submit(pieces.close)
            self._free.put_nowait(lane)

    def close(self) -> None:
        """End the threads."""
        for lane in self._lanes:
            lane.shutdown()


async def _gone(receive: Receive) -> None:
    """Wait until the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
