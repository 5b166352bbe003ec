"""Slow, idle and greedy connections: each has its time, and who rests makes room."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.faces.http.running import (
    Running,
    read_reply,
    require_raw_error,
    running,
)

from ai_memory import limits
from ai_memory.faces.http import protocol
from ai_memory.faces.http.crowd import Phase, overdue, patience, yielding

_GET = b"GET /api/v1/stats HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class _One(NamedTuple):
    phase: Phase
    since: float = 0.0
    answered: int = 0
    peer: str = "a"

    def expire(self) -> None:
        raise AssertionError


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.ANSWER])
def test_every_phase_but_the_answer_has_its_time(phase: Phase) -> None:
    one = _One(phase, since=5.0)
    assert overdue([one], 5.0 + patience(phase)) == []
    assert overdue([one], 5.1 + patience(phase)) == [one]


def test_an_answer_takes_as_long_as_it_takes() -> None:
    assert overdue([_One(Phase.ANSWER)], 1e9) == []


def test_who_was_never_answered_makes_room_first() -> None:
    silent, used = _One(Phase.HEAD, since=9), _One(Phase.IDLE, since=1, answered=3)
    assert yielding([used, silent]) is silent
    assert yielding([used, _One(Phase.IDLE, since=2, answered=1)]) is used


def test_the_peer_with_most_connections_makes_room() -> None:
    lonely = _One(Phase.HEAD, since=0, peer="b")
    crowd = [_One(Phase.IDLE, since=at, answered=1) for at in (5, 4, 6)]
    assert yielding([lonely, *crowd]) == crowd[1]


def test_nobody_who_is_being_answered_makes_room() -> None:
    assert yielding([_One(Phase.ANSWER), _One(Phase.STALLED)]) is None


def _ends(connection: socket.socket) -> bool:
    """Whether the server ends it, within the socket's own time."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Limits of no time at all, so that the next sweep ends whom they are for."""
    for name in ("HTTP_HEAD_SECS", "HTTP_BODY_SECS", "HTTP_DRAIN_SECS", "HTTP_STALL_SECS"):
        monkeypatch.setattr(limits, name, 0.05)
    with running(tmp_path) as found:
        yield found


def test_a_connection_that_says_nothing_is_closed(hasty: Running) -> None:
    with hasty.connect() as silent:
        assert _ends(silent)


def test_a_head_without_end_is_told_and_closed(hasty: Running) -> None:
    with hasty.connect() as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A")
        require_raw_error(read_reply(slow), 408, "REQUEST_TIMEOUT")
        assert _ends(slow)


@pytest.mark.parametrize("framing", [b"Content-Length: 900", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("path", [b"/api/v1/memories", b"/mcp"])
def test_a_body_without_end_is_told_and_closed(hasty: Running, path: bytes, framing: bytes) -> None:
    with hasty.connect() as slow:
        slow.sendall(
            b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"%b\r\n\r\n" % (path, framing)
        )
        require_raw_error(read_reply(slow), 408, "REQUEST_TIMEOUT")
        assert _ends(slow)


def test_a_body_nobody_asked_for_does_not_hold_the_connection(hasty: Running) -> None:
    with hasty.connect() as slow:
        slow.sendall(_GET.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"))
        assert read_reply(slow)[0] == 200
        assert _ends(slow)


def test_the_silent_make_room_for_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "connections_max", lambda: 4)
    with running(tmp_path) as node, ExitStack() as opened:
        kept = opened.enter_context(node.connect())
        kept.sendall(_GET)
        assert read_reply(kept)[0] == 200
        silent = [opened.enter_context(node.connect()) for _ in range(12)]
        late = opened.enter_context(node.connect())
        late.sendall(_GET)
        assert read_reply(late)[0] == 200
        kept.sendall(_GET)
        assert read_reply(kept)[0] == 200
        assert _ends(silent[0])
