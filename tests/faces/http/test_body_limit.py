"""A body that is too long is answered with a 413 that its sender can read."""

from __future__ import annotations

import json
import threading

import pytest
from tests.faces.http.running import (
    JSON,
    PATIENCE_SECS,
    Running,
    read_reply,
    require_error,
    require_raw_error,
)

from ai_memory import limits

TEN_MEGABYTES = 10 * 1024 * 1024
PIECE = b"x" * 16_384


def head(framing: str, path: str = "/api/v1/memories", more: str = "") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"{framing}\r\n{more}\r\n"
    ).encode()


@pytest.mark.parametrize("path", ["/api/v1/memories", "/api/v1/import", "/mcp", "/api/v1/mcp"])
def test_a_client_that_sends_everything_first_reads_the_413(empty: Running, path: str) -> None:
    """Ten megabytes are more than the sockets hold: who closes early resets this client."""
    with empty.connect() as connection:
        connection.sendall(head(f"Content-Length: {TEN_MEGABYTES}", path))
        for _ in range(TEN_MEGABYTES // len(PIECE)):
            connection.sendall(PIECE)
        require_raw_error(read_reply(connection), 413, "BODY_TOO_LARGE")
        assert connection.recv(1) == b""


def test_a_chunked_client_that_sends_everything_first_reads_the_413(empty: Running) -> None:
    with empty.connect() as connection:
        connection.sendall(head("Transfer-Encoding: chunked"))
        for _ in range(TEN_MEGABYTES // len(PIECE)):
            connection.sendall(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
        connection.sendall(b"0\r\n\r\n")
        require_raw_error(read_reply(connection), 413, "BODY_TOO_LARGE")
        assert connection.recv(1) == b""


def test_a_declared_length_is_answered_before_the_body_is_sent(empty: Running) -> None:
    with empty.connect() as connection:
        connection.sendall(head(f"Content-Length: {TEN_MEGABYTES}"))
        require_raw_error(read_reply(connection), 413, "BODY_TOO_LARGE")
        # The client may go on sending: nobody resets it.
        for _ in range(TEN_MEGABYTES // len(PIECE)):
            connection.sendall(PIECE)
        assert connection.recv(1) == b""


def test_a_slow_client_reads_the_413_while_it_is_sending(empty: Running) -> None:
    """The reader runs beside the writer, which waits for the answer before it goes on."""
    with empty.connect() as connection:
        answered = threading.Event()
        replies: list[tuple[int, dict[str, str], bytes]] = []

        def read() -> None:
            replies.append(read_reply(connection))
            answered.set()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        connection.sendall(head("Transfer-Encoding: chunked"))
        for _ in range(limits.HTTP_BODY_BYTES_MAX // len(PIECE) + 1):
            connection.sendall(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
        assert answered.wait(PATIENCE_SECS)
        for _ in range(32):
            connection.sendall(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
        connection.sendall(b"0\r\n\r\n")
        require_raw_error(replies[0], 413, "BODY_TOO_LARGE")


def test_who_asks_first_is_told_not_to_send(empty: Running) -> None:
    with empty.connect() as connection:
        connection.sendall(
            head(f"Content-Length: {TEN_MEGABYTES}", more="Expect: 100-continue\r\n")
        )
        require_raw_error(read_reply(connection), 413, "BODY_TOO_LARGE")
        assert connection.recv(1) == b""


def test_who_asks_first_with_a_short_body_is_told_to_send(node: Running) -> None:
    body = json.dumps({"title": "Tea", "content": "Milk."}).encode()
    with node.connect() as connection:
        connection.sendall(head(f"Content-Length: {len(body)}", more="Expect: 100-continue\r\n"))
        assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert read_reply(connection)[0] == 201


def test_the_longest_body_is_read(empty: Running) -> None:
    filling = limits.HTTP_BODY_BYTES_MAX - len('{"title": ""}')
    for extra, status, code in ((0, 400, "VALIDATION_FAILED"), (1, 413, "BODY_TOO_LARGE")):
        body = '{"title": "' + "x" * (filling + extra) + '"}'
        answer = empty.client.post("/api/v1/memories", content=body, headers=JSON)
        require_error(answer, status, code)


@pytest.mark.parametrize("more", ["", "Connection: close\r\n"])
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/nowhere", 404, "ROUTE_NOT_FOUND"), ("/api/v1/stats", 405, "METHOD_NOT_ALLOWED")],
)
def test_other_refusals_wait_for_the_body_too(
    empty: Running, path: str, status: int, code: str, more: str
) -> None:
    with empty.connect() as connection:
        connection.sendall(head(f"Content-Length: {len(PIECE) * 64}", path, more))
        for _ in range(64):
            connection.sendall(PIECE)
        require_raw_error(read_reply(connection), status, code)
        assert connection.recv(1) == b""


def test_a_connection_outlives_a_refusal_with_a_short_body(node: Running) -> None:
    with node.connect() as connection:
        for _ in range(2):
            connection.sendall(head("Content-Length: 2", "/nowhere") + b"{}")
            require_raw_error(read_reply(connection), 404, "ROUTE_NOT_FOUND")
        body = json.dumps({"title": "Tea", "content": "Milk."}).encode()
        connection.sendall(head(f"Content-Length: {len(body)}") + body)
        assert read_reply(connection)[0] == 201


def test_a_body_that_breaks_off_stores_nothing(empty: Running) -> None:
    body = json.dumps({"title": "Tea", "content": "Milk."}).encode()
    with empty.connect() as connection:
        connection.sendall(head(f"Content-Length: {len(body) + 1}") + body)
    with empty.connect() as connection:
        connection.sendall(head("Transfer-Encoding: chunked"))
        connection.sendall(b"%x\r\n%b\r\n" % (len(body), body))
    assert empty.total() == 0
