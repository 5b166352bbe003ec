"""What is no HTTP is answered in HTTP, with the one error shape."""

from __future__ import annotations

import json

import pytest
from tests.faces.http.running import Running, read_reply, require_raw_error

from ai_memory import limits

HOST = b"Host: localhost\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a TLS client
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /api/v1/stats HTTP/9.9\r\n" + HOST + b"\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /api/v1/memories?tags=\xc3\xa9 HTTP/1.1\r\nHost: local\x00host\r\n\r\n",
        b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"POST /api/v1/memories HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n",
        b"POST /api/v1/memories HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
        b"POST /api/v1/memories HTTP/1.1\r\n"
        + HOST
        + b"Content-Length: "
        + b"9" * 40
        + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /" + b"x" * limits.HTTP_TARGET_BYTES_MAX + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /?" + b"x" * 1_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 2_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: 1\r\n" * 200_000 + b"\r\n",
    ],
)
def test_nonsense_is_answered_with_a_400(empty: Running, request_bytes: bytes) -> None:
    with empty.connect() as connection:
        connection.sendall(request_bytes)
        require_raw_error(read_reply(connection), 400, "VALIDATION_FAILED")
        assert connection.recv(1) == b""
    assert empty.total() == 0


def test_a_broken_chunk_stores_nothing(empty: Running) -> None:
    body = json.dumps({"title": "Tea", "content": "Milk."}).encode()
    with empty.connect() as connection:
        connection.sendall(
            b"POST /api/v1/memories HTTP/1.1\r\nContent-Type: application/json\r\n"
            + HOST
            + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\nnonsense\r\n" % (len(body), body)
        )
        require_raw_error(read_reply(connection), 400, "VALIDATION_FAILED")
        assert connection.recv(1) == b""
    assert empty.total() == 0


def test_pipelined_requests_are_answered_in_order(empty: Running) -> None:
    with empty.connect() as connection:
        connection.sendall(
            b"".join(
                b"GET %b HTTP/1.1\r\n%b\r\n" % (path, HOST)
                for path in (b"/api/v1/health", b"/nowhere", b"/api/v1/stats")
            )
        )
        # Replies arrive back to back; read them all, then take them apart.
        data = b""
        while data.count(b"HTTP/1.1 ") < 3 or not data.endswith(b"}"):
            data += connection.recv(65_536)
    statuses = [part[:3] for part in data.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"404", b"200"]


def test_a_short_reply_arrives_in_one_piece(empty: Running) -> None:
    with empty.connect() as connection:
        for _ in range(3):
            connection.sendall(b"GET /api/v1/health HTTP/1.1\r\n" + HOST + b"\r\n")
            head, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
            assert b"content-length: %d" % len(body) in head


def test_an_upgrade_is_declined(empty: Running) -> None:
    with empty.connect() as connection:
        connection.sendall(
            b"GET /api/v1/health HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n"
        )
        assert read_reply(connection)[0] == 200
