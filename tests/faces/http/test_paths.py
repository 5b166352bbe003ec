"""Paths, verbs and bodies that lead nowhere."""

from __future__ import annotations

import pytest
from tests.faces.http.running import JSON, Running, require_error

from ai_memory.errors import MethodNotAllowed, RouteNotFound, ValidationFailed
from ai_memory.faces.http.query import read_query
from ai_memory.faces.http.router import Router

ROUTER = Router([("GET", "/a", "list"), ("POST", "/a", "make"), ("PUT", "/a/{id}/b", "change")])


def test_the_router_finds_exact_paths_and_patterns() -> None:
    assert ROUTER.find("GET", b"/a") == ("list", {})
    assert ROUTER.find("HEAD", b"/a") == ("list", {})
    assert ROUTER.find("PUT", b"/a/x%2Fy+z/b") == ("change", {"id": "x/y+z"})


@pytest.mark.parametrize("path", [b"", b"/", b"/a/", b"//a", b"/a//b", b"/a/x/b/", b"/A", b"/%61"])
def test_the_router_guesses_nothing(path: bytes) -> None:
    with pytest.raises(RouteNotFound):
        ROUTER.find("GET", path)


def test_the_router_lists_the_verbs_of_a_path() -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        ROUTER.find("DELETE", b"/a")
    assert caught.value.details["allow"] == ["GET", "HEAD", "POST"]


def test_a_query_is_decoded_once() -> None:
    found = read_query(
        b"q=a%2Bb+c%2526&empty=&flag&list=a%2Cb,,c&%C3%A9=%E4%BD%A0",
        aliases={"q": "query"},
        lists=("list",),
    )
    assert found == {
        "query": "a+b c%26", "empty": "", "flag": "", "list": ["a", "b", "c"], "é": "你",
    }  # fmt: skip


@pytest.mark.parametrize("query", [b"a=%", b"a=%1", b"a=%GG", b"%=1", b"a=%C3", b"a=%00", b"a&a"])
def test_a_query_that_cannot_be_read_is_refused(query: bytes) -> None:
    with pytest.raises(ValidationFailed):
        read_query(query, aliases={}, lists=())


def test_an_unknown_path_names_the_nearest(empty: Running) -> None:
    answer = empty.client.get("/api/v1/recal")
    assert "/api/v1/recall" in require_error(answer, 404, "ROUTE_NOT_FOUND")["hint"]
    require_error(empty.client.post("/", json={}), 404, "ROUTE_NOT_FOUND")
    require_error(empty.client.get("/" + "x" * 20_000), 404, "ROUTE_NOT_FOUND")


def test_a_wrong_verb_names_the_right_ones(empty: Running) -> None:
    answer = empty.client.delete("/api/v1/recall")
    assert require_error(answer, 405, "METHOD_NOT_ALLOWED")["allow"] == ["GET", "HEAD", "POST"]
    assert answer.headers["allow"] == "GET, HEAD, POST"
    answer = empty.client.post("/api/v1/memories/x", json={})
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH, PUT"
    answer = empty.client.get("/mcp")
    assert require_error(answer, 405, "METHOD_NOT_ALLOWED")["allow"] == ["DELETE", "POST"]


def fields(more: str) -> bytes:
    return f'{{"title": "a", "content": "b", {more}}}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b"null", b'"text"', b"1", b"\xff", b'{"title": "a", "content": "\xff"}',
        b"{'title': 1}", b"[" * 100_000, b'{"a":' * 50_000, b"\x00", b"\xef\xbb\xbf{}", b"NaN",
        b'{"title": "a", "content": "b"} trailing', b'{"title": "a\x00", "content": "b"}',
        b'{"title": "\\ud800"}', b'{"\\ud800": 1}', b'{"": ""}', b"", b"{}",
        fields('"priority": 1e999'), fields('"priority": ' + "9" * 5_000), fields('"tags": 1.5'),
        fields('"tier": 1'), fields('"priority": "five"'), fields('"metadata": []'),
        fields('"metadata": {"a": 1e999}'), fields('"expires_at": "soonish"'),
        fields('"metadata": ' + '{"a":' * 40 + "1" + "}" * 40),
    ],
)  # fmt: skip
def test_a_malformed_body_is_refused_and_nothing_is_stored(empty: Running, body: bytes) -> None:
    answer = empty.client.post("/api/v1/memories", content=body, headers=JSON)
    require_error(answer, 400, "VALIDATION_FAILED")
    assert empty.total() == 0
