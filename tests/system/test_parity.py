"""The same commands through the four faces: the same decision, the same result, the same code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.types import TextContent

import ai_memory
from ai_memory.faces.http.routes import ROUTES
from ai_memory.operations.registry import by_method, operations_on

POSITIONAL = (
    "id", "ids", "id_a", "id_b", "query", "context", "intent", "family", "source_id", "target_id",
    "canonical_name", "alias", "winner", "loser",
)  # fmt: skip
Ask = Callable[[str, dict[str, Any]], Any]

# `$n` stands for the id that the n-th answer carried.
SCRIPT: list[tuple[str, dict[str, Any]]] = [
    ("store", {"title": "Database", "content": "We use PostgreSQL", "namespace": "a/b",
               "source": "api"}),
    ("store", {"title": "Database", "content": "We use MySQL", "namespace": "a/b",
               "source": "api"}),
    ("store", {"title": "Database", "content": "We use MySQL", "namespace": "a/b", "source": "api",
               "on_conflict": "merge", "tags": ["x", "y"], "metadata": {"k": [1, 0.5, None]}}),
    ("store", {"title": "Database", "content": "third", "namespace": "a/b", "source": "api",
               "on_conflict": "version", "scope": "team", "ttl_secs": 600}),
    ("store", {"title": "Database host", "content": "It runs on node-7", "namespace": "a",
               "source": "api", "tier": "long", "priority": 9, "confidence": 0.25}),
    ("store", {"title": "bad", "content": "c", "namespace": "a b", "source": "api"}),
    ("store", {"title": "bad", "content": "c", "namespace": "a", "priority": 11, "source": "api"}),
    ("store", {"title": "bad", "content": "c", "namespace": "a", "source": "nowhere"}),
    ("store", {"title": "bad", "content": "c", "namespace": "a", "source": "api",
               "expires_at": "2001-01-01T00:00:00Z"}),
    ("get", {"id": "$0"}),
    ("get", {"id": "nobody"}),
    ("history", {"id": "$0"}),
    ("update", {"id": "$0", "content": "We use SQLite", "tier": "short", "priority": 2}),
    ("update", {"id": "$0", "title": "Database host", "namespace": "a"}),
    ("update", {"id": "nobody", "title": "x"}),
    ("list", {"namespace": "a/b", "limit": 1}),
    ("list", {"limit": 50, "min_priority": 3}),
    ("list", {"cursor": "nonsense"}),
    ("search", {"query": "SQLite"}),
    ("search", {"query": "-nothing"}),
    ("promote", {"id": "$0"}),
    ("promote", {"id": "$0", "to_namespace": "a"}),
    ("promote", {"id": "$0", "to_namespace": "z"}),
    ("get", {"id": "$21"}),
    ("session_start", {"namespace": "a/b/c", "limit": 2, "budget_tokens": 40}),
    ("session_start", {"namespace": "elsewhere"}),
    ("load_family", {"family": "graph", "k": 3}),
    ("load_family", {"family": "nothing"}),
    ("smart_load", {"intent": "Forget what is old"}),
    ("forget", {"pattern": "node-7", "namespace": "a", "dry_run": True}),
    ("forget", {}),
    ("forget", {"pattern": "?!"}),
    ("store", {"title": "Old note", "content": "walrus", "namespace": "z", "source": "api"}),
    ("forget", {"pattern": "walrus", "tier": "mid"}),
    ("archive_add", {"ids": ["$4", "nobody"], "reason": "moved"}),
    ("archive_add", {"ids": ["$4"], "reason": "two words"}),
    ("archive_list", {}),
    ("archive_list", {"reason": "forget", "limit": 1}),
    ("archive_list", {"cursor": "nonsense"}),
    ("archive_stats", {}),
    ("archive_restore", {"id": "$4"}),
    ("archive_restore", {"id": "$4"}),
    ("archive_purge", {"older_than_days": 1}),
    ("archive_purge", {"older_than_days": -1}),
    ("archive_purge", {"namespace": "z", "dry_run": True}),
    ("archive_purge", {}),
    ("store", {"title": "Secret", "content": "xylophone", "namespace": "z", "source": "api"}),
    ("erase", {"id": "$46", "dry_run": True}),
    ("erase", {"id": "$46"}),
    ("erase", {"id": "nobody"}),
    ("diff", {"id": "$0"}),
    ("diff", {"id": "$0", "from_version": 1, "to_version": 99}),
    ("restore_version", {"id": "$0", "version": 1}),
    ("restore_version", {"id": "$0", "version": 99}),
    ("gc", {"dry_run": True}),
    ("gc", {}),
    ("link", {"source_id": "$0", "target_id": "$4", "relation": "supersedes"}),
    ("link", {"source_id": "$0", "target_id": "$4", "relation": "supersedes"}),
    ("link", {"source_id": "$4", "target_id": "$3", "valid_from": "2020-01-01T00:00:00Z",
              "valid_until": "2021-01-01T00:00:00Z"}),
    ("link", {"source_id": "$4", "target_id": "$3"}),
    ("link", {"source_id": "$0", "target_id": "$0"}),
    ("link", {"source_id": "$0", "target_id": "nobody"}),
    ("get_links", {"id": "$0", "direction": "outbound"}),
    ("get_links", {"id": "$4", "relations": ["related_to", "contradicts"],
                   "include_invalidated": True, "limit": 1}),
    ("get_links", {"id": "nobody"}),
    ("kg_query", {"source_id": "$0", "max_depth": 2, "relations": ["supersedes", "related_to"]}),
    ("kg_query", {"source_id": "$4", "direction": "both", "as_of": "2020-06-01T00:00:00Z"}),
    ("kg_query", {"source_id": "$4", "as_of": "2020-06-01", "valid_at": "2021-06-01"}),
    ("kg_query", {"source_id": "$0", "max_depth": 6}),
    ("kg_query", {"source_id": "$0", "allowed_agents": ["nobody"]}),
    ("kg_timeline", {"source_id": "$4", "since": "2019-01-01"}),
    ("find_paths", {"source_id": "$3", "target_id": "$0", "max_results": 3}),
    ("kg_invalidate", {"source_id": "$0", "target_id": "$4", "relation": "supersedes"}),
    ("kg_invalidate", {"source_id": "$4", "target_id": "$0", "relation": "supersedes"}),
    ("kg_invalidate", {"source_id": "$4", "target_id": "$0", "relation": "two\nlines"}),
    ("kg_query", {"source_id": "$0"}),
    ("kg_query", {"source_id": "$0", "include_invalidated": True, "with_links": True}),
    ("unlink", {"source_id": "$0", "target_id": "$4"}),
    ("unlink", {"source_id": "$0", "target_id": "$4", "relation": "contradicts"}),
    ("entity_register", {"canonical_name": "Ada Lovelace", "namespace": "people",
                         "aliases": ["Ada", "Countess of Lovelace"], "metadata": {"born": 1815}}),
    ("entity_register", {"canonical_name": "Ada Lovelace", "namespace": "people",
                         "aliases": ["AAL"]}),
    ("entity_register", {"canonical_name": "Database host", "namespace": "a"}),
    ("entity_get_by_alias", {"alias": "AAL"}),
    ("entity_get_by_alias", {"alias": "AAL", "namespace": "a"}),
    ("get_taxonomy", {}),
    ("get_taxonomy", {"namespace_prefix": "a/", "depth": 0}),
    ("namespaces", {}),
    ("namespaces", {"limit": 1}),
    ("stats", {}),
    ("health", {}),
    ("capabilities", {"accept": "v2"}),
    ("check_duplicate", {"title": "Database host", "content": "It runs on node-7"}),
    ("check_duplicate", {"title": "Zebra", "content": "stripes", "namespace": "a",
                         "threshold": 0.1}),
    ("check_duplicate", {"title": "Zebra", "content": " "}),
    ("detect_contradiction", {"id_a": "$4", "id_b": "$3"}),
    ("link", {"source_id": "$4", "target_id": "$3", "relation": "contradicts"}),
    ("contradictions", {"namespace": "a"}),
    ("contradictions", {"topic": "Database host"}),
    ("contradictions", {}),
    ("resolve", {"winner": "$4", "loser": "$3"}),
    ("resolve", {"winner": "$4", "loser": "$4"}),
    ("resolve", {"winner": "$4", "loser": "nobody"}),
    ("get", {"id": "$3"}),
    ("contradictions", {"namespace": "a"}),
    ("recall", {"context": "third database", "namespace": "a/b", "min_relevance": 0}),
    ("detect_contradiction", {"id_a": "$4", "id_b": "nobody"}),
    ("auto_tag", {"id": "$0"}),
    ("curator_report", {}),
    ("curator_undo", {"id": "nobody"}),
    ("expand_query", {"query": "which database"}),
    ("consolidate", {"ids": ["$4", "$3"], "title": "Databases", "namespace": "a"}),
    ("consolidate", {"ids": ["$4"], "title": "Databases"}),
    ("consolidate", {"ids": ["$0", "$0"], "title": "Databases"}),
    ("consolidate", {"ids": ["$0", "nobody"], "title": "Databases"}),
    ("consolidate_undo", {"id": "$0"}),
    ("consolidate_undo", {"id": "$110"}),
    ("auto_consolidate", {"dry_run": True, "min_count": 2}),
    ("auto_consolidate", {"namespace": "a", "short_only": True}),
    ("auto_consolidate", {"min_count": 1}),
    # What names no namespace.
    ("store", {"title": "Host", "content": "It runs on node-8, says Tom", "source": "api"}),
    ("entity_register", {"canonical_name": "Tom"}),
    ("entity_get_by_alias", {"alias": "Tom"}),
    ("check_duplicate", {"title": "Host", "content": "It runs on node-7"}),
    ("session_start", {}),
    # Touches are written within a second, so what counts them comes last.
    ("recall", {"context": "which database is used?", "namespace": "a/b", "explain": True}),
    ("recall", {"context": "node-7", "budget_tokens": 3, "limit": 2}),
    ("recall", {"context": " "}),
    ("delete", {"id": "$0"}),
    ("delete", {"id": "$0"}),
    ("get", {"id": "$0"}),
]  # fmt: skip


def play(ask: Ask) -> list[Any]:
    """Run the script; answers with what must differ (ids, instants, sizes) made equal."""
    ids: list[str] = []
    names: dict[str, str] = {}
    shown = []
    for number, (method, fields) in enumerate(SCRIPT):
        given = {key: _filled(value, ids) for key, value in fields.items()}
        answer = _once(ask(method, given))
        ids.append(
            answer.get("id") or answer.get("entity_id") or "" if isinstance(answer, dict) else ""
        )
        if ids[-1]:
            names.setdefault(ids[-1], f"id-{number}")
        text = json.dumps(answer, sort_keys=True)
        for found, name in names.items():
            text = text.replace(found, name)
        text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+\+00:00", "instant", text)
        text = re.sub(r'"session_id": "[^"]+"', '"session_id": "fresh"', text)
        text = re.sub(r'"(db_size_bytes)": \d+', r'"\1": 0', text)
        text = re.sub(r'"access_count": \d+', '"access_count": 0', text)
        text = re.sub(r'"last_accessed_at": "instant", ', "", text)
        text = re.sub(r'"next_cursor": "[^"]+"', '"next_cursor": "there"', text)
        shown.append((method, json.loads(text)))
    return shown


def _once(answer: Any) -> Any:
    """Without the twin of a memory's fields, which MCP leaves out, and without a face's wording."""
    if isinstance(answer, dict) and "code" in answer:
        answer = {name: value for name, value in answer.items() if name != "hint"}
    twin = answer.get("memory") if isinstance(answer, dict) else None
    if isinstance(twin, dict) and all(answer[name] == twin[name] for name in twin):
        return {name: value for name, value in answer.items() if name != "memory"}
    return answer


def _filled(value: Any, ids: list[str]) -> Any:
    if isinstance(value, list):
        return [_filled(item, ids) for item in value]
    if isinstance(value, str) and re.fullmatch(r"\$\d+", value):
        return ids[int(value[1:])]
    return value


def expected(tmp_path: Path) -> list[Any]:
    with ai_memory.open_node(db=tmp_path / "python.db", level="keyword", agent_id="me") as node:

        def ask(method: str, fields: dict[str, Any]) -> Any:
            try:
                return getattr(node, method)(**fields)
            except ai_memory.AiMemoryError as refusal:
                return refusal.as_dict()

        return play(ask)


def through_http(tmp_path: Path) -> list[Any]:
    with served(tmp_path) as port:
        return play(ask_http(port))


def through_cli(tmp_path: Path) -> list[Any]:
    return play(ask_cli(["--db", str(tmp_path / "cli.db"), "--level", "keyword"]))


def through_cli_to_a_node(tmp_path: Path) -> list[Any]:
    with served(tmp_path) as port:
        return play(ask_cli(["--url", f"http://127.0.0.1:{port}"]))


def through_mcp(tmp_path: Path) -> list[Any]:
    async def main() -> list[Any]:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "ai_memory", "mcp", "--tier", "keyword"],
            env={
                **os.environ,
                "AI_MEMORY_DB": str(tmp_path / "mcp.db"),
                "AI_MEMORY_AGENT_ID": "me",
            },
        )
        async with Client(stdio_client(server)) as client:

            async def ask(method: str, fields: dict[str, Any]) -> Any:
                answer = await client.call_tool(by_method(method).wire, fields)
                block = answer.content[0]
                assert isinstance(block, TextContent)
                return json.loads(block.text)

            def from_thread(method: str, fields: dict[str, Any]) -> Any:
                if "mcp" not in by_method(method).faces:  # another process, the same file
                    return ask_cli(["--db", str(tmp_path / "mcp.db"), "--level", "keyword"])(
                        method, fields
                    )
                return anyio.from_thread.run(ask, method, fields)

            return await anyio.to_thread.run_sync(play, from_thread)

    return anyio.run(main)


@contextmanager
def served(tmp_path: Path) -> Iterator[int]:
    process = subprocess.Popen(
        [
            sys.executable, "-m", "ai_memory", "serve", "--db", str(tmp_path / "http.db"),
            "--bind", "127.0.0.1:0", "--tier", "keyword",
        ],
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "listening on" in line:
                yield int(line.split("127.0.0.1:")[1].split()[0].rstrip("/"))
                break
        else:
            raise AssertionError("the server did not start")
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


def ask_http(port: int) -> Ask:
    def ask(method: str, fields: dict[str, Any]) -> Any:
        operation = by_method(method)
        route = next(r for r in ROUTES if r.operation == operation.name)
        rest = dict(fields)
        path = route.path
        for name in route.path_fields:
            path = path.replace("{" + name + "}", rest.pop(name))
        headers = {"X-Agent-Id": "me"}
        body = None
        if route.takes_query:
            query = {
                k: str(v).lower() if isinstance(v, bool) else ",".join(v) if k in route.lists else v
                for k, v in rest.items()
            }
            path += "?" + urlencode(query)
        else:
            body = json.dumps(rest)
            headers["Content-Type"] = "application/json"
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request(route.method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        value = json.loads(text)
        assert (answer.status >= 400) == ("code" in value), (answer.status, value)
        return value

    return ask


def ask_cli(where: list[str]) -> Ask:
    def ask(method: str, fields: dict[str, Any]) -> Any:
        name = by_method(method).cli
        argv = [sys.executable, "-m", "ai_memory", *where, "--agent-id", "me", "--json", name]
        positional = []
        for name, value in fields.items():
            if name in POSITIONAL and (method, name) != ("capabilities", "family"):
                positional.append(",".join(value) if isinstance(value, list) else value)
            elif value is True:
                argv.append(f"--{name.replace('_', '-')}")
            else:
                text = ",".join(value) if isinstance(value, list) else value
                text = json.dumps(text) if isinstance(text, dict) else str(text)
                argv += [f"--{name.replace('_', '-')}={text}"]
        done = subprocess.run(
            [*argv, "--", *positional] if positional else argv,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        value = json.loads(done.stdout if done.returncode == 0 else done.stderr)
        assert (done.returncode != 0) == ("code" in value)
        return value

    return ask


@pytest.mark.slow
@pytest.mark.parametrize("face", [through_http, through_cli, through_cli_to_a_node, through_mcp])
def test_a_face_answers_like_the_python_api(
    face: Callable[[Path], list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_MEMORY_PROFILE", "full")
    monkeypatch.setenv("AI_MEMORY_NAMESPACE", "work/shop")
    for (method, here), (_method, there) in zip(face(tmp_path), expected(tmp_path), strict=True):
        assert here == there, method


def test_every_operation_is_in_the_script() -> None:
    told = {method for method, _fields in SCRIPT}
    for face in ("mcp", "http", "cli"):
        for operation in operations_on(face):
            # An import has its own tests; a stream is compared byte by byte below.
            if not operation.streams:
                assert operation.method in told or operation.method in ("import", "store_many")


@pytest.mark.slow
def test_every_face_exports_the_same_bytes(tmp_path: Path) -> None:
    db = str(tmp_path / "http.db")
    with ai_memory.open_node(db=db, level="keyword", agent_id="me") as node:
        for number in range(300):
            node.store(title=f"Title {number}", content="海豹", namespace="a/b")
        python = b"".join(node.export())

        async def pieces() -> bytes:
            async with ai_memory.open_node(db=db, level="keyword") as other:
                return b"".join([piece async for piece in other.export()])

        from_loop = anyio.run(pieces)
    command = [sys.executable, "-m", "ai_memory", "export"]
    cli = subprocess.run([*command, "--db", db], capture_output=True, check=True).stdout
    with served(tmp_path) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/api/v1/export")
        http = connection.getresponse().read()
        connection.close()
        url = f"http://127.0.0.1:{port}"
        remote = subprocess.run([*command, "--url", url], capture_output=True, check=True).stdout
    rest = python.partition(b"\n")[2]
    assert rest.count(b"\n") == 301
    for other in (from_loop, cli, http, remote):
        assert other.partition(b"\n")[2] == rest
