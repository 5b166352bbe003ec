"""Whatever is sent: no 500, no error that is not JSON, and nothing is half stored."""

from __future__ import annotations

import json
import string
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faces.http.running import ERROR_KEYS, PATIENCE_SECS, Running

from ai_memory.faces.http.routes import API, MCP_PATHS, ROUTES

FIELDS = (
    "accept", "agent_id", "as_agent", "budget_tokens", "confidence", "content", "context",
    "context_tokens", "cursor", "expires_at", "explain", "family", "id", "include_schema", "limit",
    "memories", "metadata", "min_priority", "namespace", "offset", "on_conflict", "priority", "q",
    "query", "scope", "since", "source", "tags", "tier", "title", "to_namespace", "ttl_secs",
    "until",
)  # fmt: skip

EXAMPLES = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

numbers = st.one_of(
    st.integers(), st.sampled_from([2**63, -(2**63) - 1, 10**400, 0, -1]), st.floats()
)
texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["\x00", "\ud800", "a\nb", "🎈", " ", "a/b", "../..", "NEAR(", '"', "a" * 600]),
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
bodies = st.one_of(
    st.binary(max_size=60),
    json_values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=5).map(
        lambda value: json.dumps(value).encode("utf-8", "surrogatepass")
    ),
)
query_parts = st.tuples(
    st.one_of(st.sampled_from(FIELDS), st.text(alphabet=string.printable, max_size=6)),
    st.one_of(texts, numbers.map(str), st.sampled_from(["null", "true", "WzFd", "WzEsMiwiYSJd"])),
)
queries = st.one_of(
    st.lists(query_parts, max_size=4).map(
        lambda parts: "&".join(
            f"{quote(name)}={quote(value, errors='surrogatepass')}" for name, value in parts
        )
    ),
    st.text(alphabet="%0aZ=&+;", max_size=12),
)
segments = st.one_of(
    st.sampled_from(["x", "%00", "%ff", "%", "%zz", "%2F", "%F0%9F%8E%88", ".", "..", "a" * 200]),
    texts.map(lambda text: quote(text, safe="", errors="surrogatepass") or "x"),
)
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
paths = st.one_of(
    st.tuples(st.sampled_from([route.path for route in ROUTES]), segments).map(
        lambda pair: pair[0].replace("{id}", pair[1])
    ),
    st.sampled_from([*MCP_PATHS, "/", API, f"{API}/", f"{API}/memories/", "//", "/api/v2/recall"]),
    segments.map(lambda segment: f"/{segment}"),
)


def ask(node: Running, method: str, target: str, body: bytes) -> tuple[int, str, bytes]:
    connection = HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE_SECS)
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, target, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("content-type", ""), answer.read()
    finally:
        connection.close()


def everything(node: Running) -> list[dict[str, Any]]:
    answer = node.client.get("/api/v1/memories", params={"limit": "1000"})
    return list(answer.json()["memories"])


@EXAMPLES
@given(method=methods, path=paths, query=queries, body=bodies)
def test_nothing_sent_can_break_the_server(
    filled: Running, method: str, path: str, query: str, body: bytes
) -> None:
    before = everything(filled)
    target = f"{path}?{query}" if query else path
    status, content_type, answer = ask(filled, method, target, body)
    assert status < 500, answer
    if status < 400:
        return
    assert everything(filled) == before
    if method == "HEAD" or path in MCP_PATHS:
        return
    assert content_type == "application/json"
    shape = json.loads(answer)
    assert set(shape) >= ERROR_KEYS
    assert shape["code"] != "INTERNAL"
    assert "Traceback" not in shape["message"]


@EXAMPLES
@given(fields=st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=4))
def test_a_store_is_whole_or_not_at_all(filled: Running, fields: dict[str, Any]) -> None:
    before = {each["id"] for each in everything(filled)}
    body = json.dumps({"title": "t", "content": "c", "on_conflict": "version", **fields})
    status, _content_type, answer = ask(
        filled, "POST", f"{API}/memories", body.encode("utf-8", "surrogatepass")
    )
    after = {each["id"] for each in everything(filled)}
    if status == 201:
        assert after == before | {json.loads(answer)["id"]}
    else:
        assert status in (400, 409), answer
        assert after == before
