"""MCP's stdio transport: messages of the SDK from lines, and lines from messages.

The SDK has one; this differs where a memory needs it to (docs/adr/0006): what was read is answered
before the end, also when the input ended or a signal came; a line that is no message is answered
with an error instead of being dropped; and its threads end with the process.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import anyio
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp.types import JSONRPCError, JSONRPCMessage, JSONRPCRequest, JSONRPCResponse

from ai_memory import limits
from ai_memory.faces.mcp.envelope import Refusal, read_message
from ai_memory.faces.mcp.pipe import LineWriter, note, read_lines
from ai_memory.model.line import one_line

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    Inbound = MemoryObjectReceiveStream[SessionMessage | Exception]
    Outbound = MemoryObjectSendStream[SessionMessage]

_WAITING_MAX: Final = 64
"""Messages read and not yet taken; beyond that, a flood stays in the pipe."""
_IN_FLIGHT_MAX: Final = 256
"""Requests being answered at once."""


class Wire:
    """The client's messages in, ours out."""

    def __init__(self, reading: int, writing: int, *, greeted: Callable[[], None]) -> None:
        """Serve two descriptors on the running loop; call `greeted` after the first reply."""
        self._loop = asyncio.get_running_loop()
        self._reading = reading
        self._writer = LineWriter(writing)
        self._greeted: Callable[[], None] | None = greeted
        self._arrived: asyncio.Queue[JSONRPCMessage | Refusal | None] = asyncio.Queue()
        self._waiting = threading.BoundedSemaphore(_WAITING_MAX)
        self._room = asyncio.Semaphore(_IN_FLIGHT_MAX)
        self._scope = anyio.CancelScope()

    def stop(self) -> None:
        """Take no more messages; what was read is answered, within a grace. Call it on the loop."""
        self._arrived.put_nowait(None)
        if self._scope.deadline == math.inf:
            self._scope.deadline = anyio.current_time() + limits.SHUTDOWN_GRACE_SECS

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[tuple[Inbound, Outbound]]:
        """What `Server.run` reads and writes; reading ends when everything read is answered."""
        inward, inbound = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        outbound, outward = anyio.create_memory_object_stream[SessionMessage](0)
        threading.Thread(target=self._read, name="ai-memory-stdin", daemon=True).start()
        with self._scope:
            async with anyio.create_task_group() as tasks, inbound, outbound:
                tasks.start_soon(self._send, outward)
                tasks.start_soon(self._receive, inward)
                yield inbound, outbound
                # The server is done; should it not have read to the end, neither shall we.
                self.stop()
        if self._scope.cancelled_caught:
            note("stopped although a call had not ended, or nobody read its answer")

    def _read(self) -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody listens any more
            for line in read_lines(self._reading):
                self._waiting.acquire()
                try:
                    arrived: JSONRPCMessage | Refusal = read_message(line)
                except Refusal as refusal:
                    arrived = refusal
                self._loop.call_soon_threadsafe(self._arrived.put_nowait, arrived)
            self._loop.call_soon_threadsafe(self.stop)

    async def _receive(self, inward: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        async with inward:
            with suppress(anyio.BrokenResourceError):  # the server stopped reading
                while (arrived := await self._arrived.get()) is not None:
                    self._waiting.release()
                    await self._take(arrived, inward)
                for _ in range(_IN_FLIGHT_MAX):  # all free: everything is answered
                    await self._room.acquire()

    async def _take(
        self,
        arrived: JSONRPCMessage | Refusal,
        inward: MemoryObjectSendStream[SessionMessage | Exception],
    ) -> None:
        if isinstance(arrived, Refusal):
            await self._writer.write(arrived.line)
        elif isinstance(arrived, JSONRPCRequest):
            await self._room.acquire()
            # A request that its client cancels gets no answer.
            unanswered = ServerMessageMetadata(on_request_unanswered=self._settle)
            await inward.send(SessionMessage(arrived, unanswered))
        else:
            await inward.send(SessionMessage(arrived))

    async def _settle(self) -> None:
        self._room.release()

    async def _send(self, outward: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async with outward:
            async for item in outward:
                await self._write(item.message)
                if not isinstance(item.message, JSONRPCResponse | JSONRPCError):
                    continue
                await self._settle()
                if self._greeted is not None:
                    self._greeted()
                    self._greeted = None

    async def _write(self, message: JSONRPCMessage) -> None:
        text = message.model_dump_json(by_alias=True, exclude_unset=True)
        await self._writer.write(one_line(text.encode()))
