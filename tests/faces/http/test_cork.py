"""Joined writes keep their order and their end."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from ai_memory.faces.http.cork import Cork


class Wire:
    """Notes what a transport is asked to do."""

    def __init__(self) -> None:
        self.log: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        assert "close" not in self.log
        self.log.append(data)

    def write_eof(self) -> None:
        self.log.append("eof")

    def close(self) -> None:
        self.log.append("close")

    def is_closing(self) -> bool:
        return "close" in self.log

    def get_extra_info(self, name: str) -> str:
        return name


def corked() -> tuple[Wire, Cork]:
    wire = Wire()
    return wire, Cork(cast("asyncio.Transport", wire), asyncio.get_running_loop())


@pytest.mark.anyio
async def test_head_and_body_are_one_write() -> None:
    wire, cork = corked()
    cork.write(b"head")
    assert wire.log == []
    cork.write(b"body")
    cork.write(b"more")
    assert wire.log == [b"headbody", b"more"]
    await asyncio.sleep(0)
    cork.write(b"next")
    cork.write(b"reply")
    assert wire.log == [b"headbody", b"more", b"nextreply"]


@pytest.mark.anyio
async def test_a_lone_write_waits_for_the_end_of_the_turn_only() -> None:
    wire, cork = corked()
    cork.write(b"event")
    await asyncio.sleep(0)
    assert wire.log == [b"event"]


@pytest.mark.anyio
async def test_nothing_held_is_lost_at_the_end() -> None:
    wire, cork = corked()
    cork.write(b"reply")
    cork.write_eof()
    cork.write(b"late")
    cork.close()
    await asyncio.sleep(0)
    assert wire.log == [b"reply", "eof", b"late", "close"]


@pytest.mark.anyio
async def test_a_connection_that_ended_by_itself_is_not_written_to() -> None:
    wire, cork = corked()
    cork.write(b"reply")
    wire.close()
    await asyncio.sleep(0)
    assert wire.log == ["close"]


@pytest.mark.anyio
async def test_the_rest_is_the_transports() -> None:
    _wire, cork = corked()
    assert cork.get_extra_info("peername") == "peername"
