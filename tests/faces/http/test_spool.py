"""An export takes what the store takes, however slowly its client reads."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from threading import Event
from typing import Any

import pytest

from ai_memory import limits
from ai_memory.errors import NodeBusy, StoreUnavailable
from ai_memory.faces.http.stream import Stream, Streamer

_PIECES = [b"%d" % n * 300_000 for n in range(5)]
_PATIENCE_SECS = 30.0


async def _never() -> Any:
    await asyncio.Event().wait()


async def _read(streamer: Streamer, stream: Stream) -> bytes:
    found: list[bytes] = []

    async def send(message: Any) -> None:
        found.append(message.get("body", b""))

    await streamer.send(stream, _never, send)
    return b"".join(found)


def _stuck(streamer: Streamer, made: Event) -> asyncio.Task[None]:
    """A client that reads nothing; `made` is set once its export needs the store no more."""

    def pieces() -> Generator[bytes, None, None]:
        try:
            yield from _PIECES
        finally:
            made.set()

    async def send(message: Any) -> None:
        del message
        await asyncio.Event().wait()

    return asyncio.create_task(streamer.send(Stream(pieces), _never, send))


@pytest.fixture
def streamer(monkeypatch: pytest.MonkeyPatch) -> Generator[Streamer, None, None]:
    monkeypatch.setattr(limits, "EXPORT_SPOOL_BYTES", 100_000)  # so that it is a file
    found = Streamer()
    yield found
    found.close()


def _all() -> Generator[bytes, None, None]:
    yield from _PIECES


@pytest.mark.anyio
async def test_clients_that_do_not_read_hold_no_snapshot_and_no_turn(streamer: Streamer) -> None:
    ends = [Event() for _ in range(4)]
    stuck = [_stuck(streamer, end) for end in ends]
    for end in ends:
        assert await asyncio.to_thread(end.wait, _PATIENCE_SECS)
    assert await _read(streamer, Stream(_all)) == b"".join(_PIECES)
    for task in stuck:
        task.cancel()
    await asyncio.gather(*stuck, return_exceptions=True)


@pytest.mark.anyio
async def test_so_many_are_read_at_once(
    streamer: Streamer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EXPORTS_MAX", 1)
    made = Event()
    stuck = _stuck(streamer, made)
    assert await asyncio.to_thread(made.wait, _PATIENCE_SECS)
    with pytest.raises(NodeBusy):
        await _read(streamer, Stream(_all))
    stuck.cancel()
    await asyncio.gather(stuck, return_exceptions=True)
    assert await _read(streamer, Stream(_all)) == b"".join(_PIECES)


@pytest.mark.anyio
async def test_what_fails_before_the_first_piece_is_raised(streamer: Streamer) -> None:
    def broken() -> Generator[bytes, None, None]:
        yield from []
        raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable):
        await _read(streamer, Stream(broken))
