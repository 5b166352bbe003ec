"""GET /api/v1/export: a stream of lines that a client can trust to be whole."""

from __future__ import annotations

import json
import socket
from http.client import HTTPConnection

from tests.faces.http.running import Running

from ai_memory.faces.http.openapi import openapi


def exported(node: Running, query: str = "") -> tuple[int, str | None, bytes]:
    connection = HTTPConnection("127.0.0.1", node.port, timeout=30)
    connection.request("GET", f"/api/v1/export{query}")
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, answer.getheader("Content-Type"), data


def test_lines_of_everything(node: Running) -> None:
    for number in range(600):
        node.store(title=f"Title {number}", content="c" * 2_000)
    status, media_type, data = exported(node)
    assert (status, media_type) == (200, "application/x-ndjson")
    lines = [json.loads(line) for line in data.splitlines()]
    assert lines[0]["records"]["memory"] == 600
    assert lines[-1]["kind"] == "end"
    assert len(lines) == 602
    status, _media_type, data = exported(node, "?format=reference")
    assert json.loads(data)["count"] == 600


def test_a_client_that_leaves_costs_nothing(node: Running) -> None:
    for number in range(300):
        node.store(title=f"Title {number}", content="c" * 60_000)
    for _ in range(6):  # more than may export at once
        with socket.create_connection(("127.0.0.1", node.port), timeout=30) as client:
            client.sendall(b"GET /api/v1/export HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 200"
    assert exported(node)[2].splitlines()[-1].startswith(b'{"kind":"end"')


def test_mistakes_are_answered_before_anything_is_sent(node: Running) -> None:
    status, media_type, data = exported(node, "?format=tar")
    assert (status, media_type) == (400, "application/json")
    assert json.loads(data)["field"] == "format"
    assert exported(node, "?vectors=perhaps")[0] == 400
    assert exported(node, "?surprise=1")[0] == 400


def test_the_document_says_that_it_is_a_stream() -> None:
    answer = openapi("test", guarded=False)["paths"]["/api/v1/export"]["get"]["responses"]["200"]
    assert list(answer["content"]) == ["application/x-ndjson"]
