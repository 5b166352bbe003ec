"""A flood: many kept HTTP connections from one event loop, each asking again as it is answered.

Threads would take turns in one interpreter and measure themselves; this client costs a fifth of
what the server does, so what it counts is the server.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from ai_memory.errors import Internal
from ai_memory.measure.bench.crowd import Haul, cpu_seconds
from ai_memory.ports import Clock

_HEAD = "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def get(path: str) -> bytes:
    """A GET request."""
    return (_HEAD.format(method="GET", path=path) + "\r\n").encode()


def post(path: str, body: dict[str, Any]) -> bytes:
    """A POST request with a JSON body."""
    data = json.dumps(body).encode()
    head = _HEAD.format(method="POST", path=path)
    kind = "Content-Type: application/json\r\n"
    return f"{head}{kind}Content-Length: {len(data)}\r\n\r\n".encode() + data


def flood(
    port: int, callers: int, make: Callable[[], bytes], clock: Clock, *, seconds: float
) -> Haul:
    """Ask from so many connections for so long.

    Args:
        port: Of a node on this machine.
        callers: How many.
        make: The next request; each answer must be a success with a Content-Length.
        clock: Times the answers.
        seconds: When the time is up, what is under way is finished and counts.

    Raises:
        Internal: The node refused, or hung up.
    """

    async def run() -> Haul:
        loop = asyncio.get_running_loop()
        latencies: list[float] = []
        began, spent = clock.monotonic(), cpu_seconds()
        ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(callers)]
        for end in ends:
            caller = _Caller(make, clock, began + seconds, latencies, end)
            await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.gather(*ends)
        return Haul(latencies, clock.monotonic() - began, cpu_seconds() - spent)

    try:
        from uvloop import new_event_loop
    except ImportError:  # where there is none
        return asyncio.run(run())
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(run())


class _Caller(asyncio.Protocol):
    """One connection."""

    def __init__(
        self,
        make: Callable[[], bytes],
        clock: Clock,
        end: float,
        latencies: list[float],
        done: asyncio.Future[None],
    ) -> None:
        self._make = make
        self._clock = clock
        self._end = end
        self._latencies = latencies
        self._done = done
        self._data = b""
        self._asked_at = 0.0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._asked_at = self._clock.monotonic()
        self._transport.write(self._make())

    def data_received(self, data: bytes) -> None:
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._data[:end].lower()
        length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        if len(self._data) < end + 4 + int(length):
            return
        if not head.startswith(b"http/1.1 2"):
            self._finish(Internal(f"the node answered {self._data[:200]!r}"))
            return
        self._data = b""
        now = self._clock.monotonic()
        self._latencies.append(now - self._asked_at)
        if now < self._end:
            self._ask()
        else:
            self._finish(None)

    def _finish(self, failure: Internal | None) -> None:
        if not self._done.done():
            if failure is None:
                self._done.set_result(None)
            else:
                self._done.set_exception(failure)
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(Internal(f"the node hung up: {exc}"))
