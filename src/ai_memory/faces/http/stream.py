"""A long answer, sent while it is made: a thread reads the snapshot, the event loop sends."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory import limits
from ai_memory.errors import NodeBusy

if TYPE_CHECKING:
    from starlette.types import Receive, Send

_LOG: Final = logging.getLogger(__name__)
NDJSON: Final = b"application/x-ndjson"
_LANES: Final = 2  # exports made at once; each holds a snapshot. Others wait for their turn
_PIECE_BYTES: Final = 262_144


class Stream(NamedTuple):
    """An answer in pieces.

    Attributes:
        open: Begins it; all pieces are taken in one thread.
    """

    open: Callable[[], Generator[bytes, None, None]]
    media_type: bytes = NDJSON


class Streamer:
    """Makes streams, a few at a time, and sends them as fast as each client reads.

    What is made goes to a file that has no name, so that a snapshot is held and a turn is taken for
    as long as the store takes, not the client. A client that goes away ends its own.
    """

    def __init__(self) -> None:
        self._lanes = [ThreadPoolExecutor(1, f"ai-memory-export-{n}") for n in range(_LANES)]
        self._free: asyncio.Queue[ThreadPoolExecutor] | None = None
        self._under_way = 0

    async def send(self, stream: Stream, receive: Receive, send: Send) -> None:
        """Send all of it; what fails before the first piece is raised, and nothing was sent.

        What fails later ends the connection: a client sees that the answer is cut off.

        Raises:
            NodeBusy: Too many are read already.
        """
        if self._under_way >= limits.EXPORTS_MAX:
            raise NodeBusy("too many exports are being read")
        self._under_way += 1
        try:
            await self._send(stream, receive, send)
        finally:
            self._under_way -= 1

    async def _send(self, stream: Stream, receive: Receive, send: Send) -> None:
        if self._free is None:
            self._free = asyncio.Queue()
            for lane in self._lanes:
                self._free.put_nowait(lane)
        lane = await self._free.get()
        loop = asyncio.get_running_loop()
        spool = _Spool(stream.open(), loop)
        making = loop.run_in_executor(lane, spool.fill)
        making.add_done_callback(lambda _: self._give_back(lane))
        watch = asyncio.create_task(_gone(receive))
        try:
            piece = await spool.take()
            headers = [(b"content-type", stream.media_type)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            try:
                while piece and not watch.done():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    piece = await spool.take()
            except asyncio.CancelledError:
                return  # the server stops
            except Exception:  # noqa: BLE001 - too late for an error; the log has it
                _LOG.exception("an export broke off")
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watch.cancel()
            spool.abandon()

    def _give_back(self, lane: ThreadPoolExecutor) -> None:
        assert self._free is not None
        self._free.put_nowait(lane)

    def close(self) -> None:
        """End the threads."""
        for lane in self._lanes:
            lane.shutdown()


async def _gone(receive: Receive) -> None:
    """Wait until the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Spool:
    """Pieces that a thread makes and an event loop takes, in a file where they are many."""

    def __init__(
        self, pieces: Generator[bytes, None, None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._pieces = pieces
        self._loop = loop
        self._lock = threading.Lock()
        self._file = SpooledTemporaryFile(limits.EXPORT_SPOOL_BYTES)  # noqa: SIM115 - see abandon
        self._written = self._read = 0
        self._ended = self._abandoned = False
        self._failure: BaseException | None = None
        self._news = asyncio.Event()

    def fill(self) -> None:
        """In a thread: make all pieces, unless nobody takes them any more."""
        try:
            with closing(self._pieces):
                for piece in self._pieces:
                    with self._lock:
                        if self._abandoned:
                            return
                        self._file.seek(self._written)
                        self._file.write(piece)
                        self._written += len(piece)
                    self._tell()
        except BaseException as failure:  # noqa: BLE001 - who takes them must hear of it
            self._failure = failure
        finally:
            self._ended = True
            self._tell()

    def _tell(self) -> None:
        with suppress(RuntimeError):  # the loop has ended, and nobody waits
            self._loop.call_soon_threadsafe(self._news.set)

    async def take(self) -> bytes:
        """The next piece, empty at the end. Raises what the making raised."""
        while True:
            self._news.clear()
            ended = self._ended  # before: what was written until then is read first
            piece = await asyncio.to_thread(self._next)
            if piece:
                return piece
            if ended:
                if self._failure is not None:
                    raise self._failure
                return b""
            await self._news.wait()

    def _next(self) -> bytes:
        with self._lock:
            self._file.seek(self._read)
            piece = self._file.read(min(_PIECE_BYTES, self._written - self._read))
            self._read += len(piece)
            return piece

    def abandon(self) -> None:
        """Nobody takes any more."""
        with self._lock:
            self._abandoned = True
            self._file.close()
