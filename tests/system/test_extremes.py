"""The extremes of every field through every face, and everything read back afterwards.

Each field of each operation gets each value of its kind and a few of others. What comes back is a
result or a refusal with a code, never an internal error; what was accepted can be printed by every
operation that lists.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from tests.faces.http.running import Running, running

import ai_memory
from ai_memory.api import Node
from ai_memory.faces.http.routes import ROUTES
from ai_memory.model.record import MemoryRecord, line_of
from ai_memory.operations.registry import OPERATIONS, Operation, operations_on
from ai_memory.operations.schema import input_schema

INSTANTS = (
    "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59+14:00",
    "9999-12-31", "9999", "9999-W52", "0001-01-01", "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00-14:00", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "1969-12-31",
    "2026-02-30", "2026-12-31T23:59:60Z", "-0001-01-01", "999999999d", "1e9d", "now", "",
)  # fmt: skip
TEXTS = (
    '""', '" "', r'"\u0000"', r'"\ud800"', r'"a\udc00b"', r'"\u2028\u2029"', r'"\u202e\u200f"',
    r'"\ufffe\uffff"', r'"e\u0301"', r'"\ud83d\ude80"', '"' + "x" * 20_000 + '"', '"\\u0301"',
    '"' + "\u0301" * 600 + '"', '"../../etc"', '"a/b/c/d/e/f/g/h/i/j"', r'"\u001b[2J"',
)  # fmt: skip
NUMBERS = (
    "0", "-0", "-1", "1", "2", "1.5", "5.0", "-0.0", "1e-320", "2147483648", "-9223372036854775808",
    "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e308", "1e309",
    "-1e999", "1" + "0" * 400, "NaN", "Infinity", "-Infinity",
)  # fmt: skip
SHAPES = (
    "null", "true", "[]", "{}", "[[]]", '[""]', '["a"]', '[1e999]', '{"a": 1e999}', '{"": ""}',
    '{"a": 9223372036854775808}', '{"a": 18446744073709551616}', '{"a": 1e308}', '{"a": -0.0}',
    '{"a": ' + "1" + "0" * 400 + "}", '{"\\ud800": 1}', '{"a": "\\u0000"}',
    '{"a\\u2028": "\\u2029"}',
    "[" * 300 + "]" * 300, '{"a":' * 300 + "1" + "}" * 300, "[" * 100_000 + "]" * 100_000,
    '{"kind": "entity", "aliases": [1, null, "\\ud800"]}', '{"scope": [], "agent_id": {}}',
    "[" + ",".join(["1"] * 2_000) + "]",
)  # fmt: skip
VALUES = [*(json.dumps(text) for text in INSTANTS), *TEXTS, *NUMBERS, *SHAPES]
WRITES = ("store",)
"""Whose fields get every value; those of the others a part, and a tool a fifth of what HTTP gets:
the codec is the same. Another part from field to field, so that none is left out.
"""

READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list", {"limit": 200}), ("recall", {"context": "green tea", "min_relevance": 0, "limit": 50}),
    ("search", {"query": "tea", "limit": 100}), ("session_start", {}), ("stats", {}),
    ("namespaces", {}), ("get_taxonomy", {}), ("archive_list", {"limit": 100}),
    ("archive_stats", {}), ("kg_query", {"source_id": "$0", "include_invalidated": True}),
    ("kg_timeline", {"source_id": "$0"}), ("get_links", {"id": "$0"}),
    ("contradictions", {"namespace": "global"}), ("health", {}), ("capabilities", {}),
    ("history", {"id": "$0"}), ("get", {"id": "$0"}),
)  # fmt: skip
BASE: dict[str, Any] = {
    "title": "Tea", "content": "green tea", "id": "$0", "ids": ["$0", "$1"], "id_a": "$0",
    "id_b": "$1", "source_id": "$0", "target_id": "$1", "query": "tea", "context": "tea",
    "canonical_name": "Tea", "alias": "Tea", "pattern": "nothing at all", "winner": "$0",
    "loser": "$1", "relation": "related_to", "intent": "tea", "family": "graph", "version": 1,
    "memories": [], "dry_run": True,
}  # fmt: skip
DESTROYS = ("archive_purge", "erase", "delete", "archive_add", "gc", "restore_version")
"""What would leave nothing to read back: tried dry, or on an id that is not there."""
Ask = Callable[[Operation, dict[str, str]], dict[str, Any]]


def test_every_field_takes_its_extremes_or_refuses_them(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as http:
        ids = [http.store(title=f"Tea {i}", tier="long")["id"] for i in range(2)]
        faces = {"http": _http(http), "mcp": _mcp(http)}
        number = 0
        for operation in operations_on("http"):
            schema = input_schema(operation)
            needed = {
                name: _filled(BASE[name], ids)
                for name in schema.get("required", ())
                if name in BASE
            }
            if "dry_run" in schema["properties"]:
                needed["dry_run"] = True
            elif operation.method in DESTROYS:
                needed = {**needed, "id": "nobody"} if "id" in needed else {"ids": ["nobody"]}
            for name in schema["properties"]:
                if name == "dry_run":
                    continue
                given = {key: json.dumps(value) for key, value in needed.items()}
                few = VALUES[number % 15 :: 15]
                number += 1
                tried = VALUES if operation.method in WRITES else few
                for place, value in enumerate(tried):
                    for face, ask in faces.items():
                        if face == "http" or (face in operation.faces and place % 5 == number % 5):
                            answer = ask(operation, {**given, name: value})
                            assert answer.get("code") != "INTERNAL", (face, name, value[:80])
        for field in MemoryRecord.__struct_fields__:
            _import(http, field)
        # Some of what was asked for archives: what is read back is there for certain.
        _read_everything(http, [http.store(title=f"Cup {i}", tier="long")["id"] for i in range(2)])
        with http.opened.node.store.read() as rows:
            assert not [m for m in rows.memories_after("", 10_000) if type(m).__name__ != "Memory"]


def test_what_python_is_given_is_a_result_or_a_refusal(tmp_path: Path) -> None:
    strange: list[Any] = [
        float("nan"), float("inf"), 2**63, 2**64, -(2**70), 10**400, "\ud800", "\0", b"\xff",
        {"a": float("inf")}, {"a": 2**70}, {1: 2}, {"\ud800": 1}, object(), None, (), set(), [[]],
        *INSTANTS,
    ]  # fmt: skip
    deep: Any = []
    for _ in range(2_000):
        deep = [deep]
    with ai_memory.open_node(db=str(tmp_path / "memory.db"), level="keyword") as node:
        first = node.store(title="Tea", content="green tea", tier="long")["id"]
        number = 0
        for operation in OPERATIONS:
            schema = input_schema(operation)
            if operation.method in DESTROYS or not hasattr(node, operation.method):
                continue
            needed = {
                n: _filled(BASE[n], [first, first]) for n in schema.get("required", ()) if n in BASE
            }
            for name in schema["properties"]:
                number += 1
                tried = strange if operation.method in WRITES else strange[number % 5 :: 5]
                for value in (*tried, deep) if number % 5 == 0 else tried:
                    _or_refused(node, operation.method, {**needed, name: value})
        assert node.list(limit=200)["count"] >= 1
        assert b'"end"' in b"".join(node.export()).splitlines()[-1]


def _or_refused(node: Node, method: str, fields: dict[str, Any]) -> None:
    """Anything else that is raised is a defect."""
    with suppress(ai_memory.AiMemoryError):
        answer = getattr(node, method)(**fields)
        if not isinstance(answer, dict):
            list(answer)


def _http(running: Running) -> Ask:
    def ask(operation: Operation, fields: dict[str, str]) -> dict[str, Any]:
        route = next(r for r in ROUTES if r.operation == operation.name)
        path, rest = route.path, dict(fields)
        for name in route.path_fields:
            path = path.replace(f"{{{name}}}", quote(_plain(rest.pop(name)), safe="") or "%20")
        body: bytes | None = None
        if route.takes_query:
            path += "?" + "&".join(f"{n}={quote(_plain(v)[:4_000])}" for n, v in rest.items())
        else:
            body = ("{" + ",".join(f'"{n}":{v}' for n, v in rest.items()) + "}").encode()
        answer = running.client.request(
            route.method, path, content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (*range(200, 500), 503), (
            operation.name,
            str(fields)[:300],
            answer.text,
        )
        if operation.streams:
            return {}
        found = answer.json()
        assert isinstance(found, dict)
        assert (answer.status_code >= 400) == ("code" in found)
        return found

    return ask


def _mcp(running: Running) -> Ask:
    def ask(operation: Operation, fields: dict[str, str]) -> dict[str, Any]:
        arguments = "{" + ",".join(f'"{n}":{v}' for n, v in fields.items()) + "}"
        body = (
            '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":'
            f'{{"name":"{operation.wire}","arguments":{arguments}}}}}'
        )
        answer = running.client.post(
            "/mcp",
            content=body.encode(),
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json, text/event-stream",
            },
        )
        assert answer.status_code in (*range(200, 500), 503), (
            operation.name,
            str(fields)[:300],
            answer.text,
        )
        found = answer.json()
        assert found["id"] in (7, None), found
        if "error" in found:
            assert found["error"]["code"] != -32603, (operation.name, found)
            return {}
        text = found["result"]["content"][0]["text"]
        return dict(json.loads(text)) if text.startswith("{") else {}

    return ask


def _plain(value: str) -> str:
    """A JSON value as a query or a path says it."""
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return value[:4_000]
    text = read if isinstance(read, str) else value
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _filled(value: Any, ids: list[str]) -> Any:
    if isinstance(value, list):
        return [_filled(item, ids) for item in value]
    return ids[int(value[1:])] if isinstance(value, str) and value[:1] == "$" else value


def _import(http: Running, field: str) -> None:
    """A memory and a line of an export for each value of a field, checksums and all."""
    whole = {
        "namespace": '"global"', "content": '"tea"', "tier": '"long"', "tags": "[]",
        "priority": "5", "confidence": "1.0", "source": '"api"', "metadata": "{}",
        "created_at": '"2026-01-01T00:00:00Z"', "updated_at": '"2026-01-01T00:00:00Z"',
        "expires_at": "null", "version": "1", "access_count": "0", "last_accessed_at": "null",
    }  # fmt: skip
    objects = []
    for at, value in enumerate(VALUES):
        own = {"id": f'"{field}-{at}"', "title": f'"{field} {at}"', **whole, field: value}
        objects.append("{" + ",".join(f'"{name}":{held}' for name, held in own.items()) + "}")
    lines, sound, alone = [], [], []
    for text in objects:
        try:
            msgspec.json.decode(text)
            sound.append(text)
        except (msgspec.DecodeError, RecursionError):
            alone.append(text)  # a body that is no JSON is refused as a whole
        with suppress(RecursionError):
            lines.append(line_of("memory", text.encode()).decode().rstrip("\n"))
    for body in (
        *('{"memories":[' + text + "]}" for text in (",".join(sound), *alone)),
        json.dumps({"records": lines}),
        json.dumps({"records": [text[:-9] + "}" for text in lines]}),
    ):
        answer = http.client.post(
            "/api/v1/import", content=body.encode(), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code < 500, (field, body[:300], answer.text)


def _read_everything(http: Running, ids: list[str]) -> None:
    by_name = {operation.method: operation for operation in operations_on("http")}
    faces = {"http": _http(http), "mcp": _mcp(http)}
    for method, fields in READS:
        given = {name: json.dumps(_filled(value, ids)) for name, value in fields.items()}
        for face, ask in faces.items():
            if face in by_name[method].faces or face == "http":
                answer = ask(by_name[method], given)
                assert "code" not in answer, (face, method, answer)
    after: dict[str, str] = {}
    while True:
        page = http.client.get("/api/v1/memories", params={"limit": "50", **after})
        page.raise_for_status()
        for memory in page.json()["memories"]:
            assert "damaged" not in memory
        if "next_cursor" not in page.json():
            break
        after = {"cursor": page.json()["next_cursor"]}
    export = http.client.get("/api/v1/export").text.splitlines()
    assert '"kind":"end"' in export[-1]
    for line in export:
        json.loads(line)
