"""Every list, walked page by page on each face: nothing missing, nothing twice, an honest total."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import anyio
import pytest
from mcp import Client
from mcp.types import TextContent
from tests.system.test_parity import Ask, ask_cli, ask_http, served

import ai_memory
from ai_memory.compose import open_node
from ai_memory.config import load_config
from ai_memory.faces.mcp.opening import Ready
from ai_memory.faces.mcp.server import build_server
from ai_memory.operations.registry import OPERATIONS, by_method, command_type

ALL: Final = 7
LIMIT: Final = 3

# `$n` stands for the id of the n-th memory.
LISTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "list": ("memories", {"namespace": "live"}),
    "search": ("results", {"query": "walrus", "namespace": "live"}),
    "history": ("versions", {"id": "$0"}),
    "archive_list": ("archived", {"namespace": "gone"}),
    "namespaces": ("namespaces", {}),
    "get_links": ("links", {"id": "$0"}),
    "kg_query": ("memories", {"source_id": "$0"}),
    "kg_timeline": ("events", {"source_id": "$0"}),
}
"""Each list: the key its rows stand under, and fields by which it has ALL of them."""

BOUNDED: Final = {
    "recall": "the best, never all",
    "session_start": "the most important, never all",
    "find_paths": "the shortest, within a budget",
    "get_taxonomy": "a tree, whose rest is counted where it was cut",
    "curator_report": "the last rounds",
    "contradictions": "the pairs of one topic or namespace; `truncated` says that there are more",
}
"""What takes a limit and has no next page, and why."""


def fill(folder: Path) -> list[str]:
    """A file in which every list has ALL rows; the ids that `$n` stands for."""
    with ai_memory.open_node(folder / "http.db", "keyword", agent_id="me") as node:
        ids = [
            node.store(f"Walrus {n}", content=f"The walrus {n} swims.", namespace="live").id
            for n in range(ALL)
        ]
        for number in range(ALL - 1):
            node.update(ids[0], content=f"The walrus 0 swims, take {number}.")
        near = [
            node.store(f"Near {n}", content="Ice.", namespace=f"near/{n}").id
            for n in range(ALL - 1)
        ]
        for other in (*near, ids[1]):
            node.link(ids[0], other)
        gone = [node.store(f"Gone {n}", content="Fish.", namespace="gone").id for n in range(ALL)]
        node.archive_add(gone)
    return ids


def walk(ask: Ask, ids: list[str]) -> dict[str, list[Any]]:
    """All rows of each list, page by page."""
    found: dict[str, list[Any]] = {}
    for method, (key, fields) in LISTS.items():
        filled = {
            name: ids[int(value[1:])] if value.startswith("$") else value
            for name, value in fields.items()
        }
        rows: list[Any] = []
        cursor: dict[str, str] = {}
        for _page in range(ALL):
            answer = ask(method, {**filled, "limit": LIMIT, **cursor})
            assert answer["count"] == len(answer[key]) <= LIMIT, (method, answer)
            assert answer["total"] == ALL, (method, answer)
            rows += answer[key]
            if "next_cursor" not in answer:
                break
            assert answer["count"] == LIMIT
            cursor = {"cursor": answer["next_cursor"]}
        else:
            raise AssertionError(f"{method} never ends")
        assert len({json.dumps(row, sort_keys=True) for row in rows}) == len(rows) == ALL, method
        found[method] = rows
    return found


def over_http(folder: Path, ids: list[str]) -> dict[str, list[Any]]:
    with served(folder) as port:
        return walk(ask_http(port), ids)


def over_cli(folder: Path, ids: list[str]) -> dict[str, list[Any]]:
    return walk(ask_cli(["--db", str(folder / "http.db"), "--level", "keyword"]), ids)


def over_mcp(folder: Path, ids: list[str]) -> dict[str, list[Any]]:
    async def main() -> dict[str, list[Any]]:
        config = load_config({"db": str(folder / "http.db"), "tier": "keyword"})
        opened = open_node(config)
        async with Client(build_server(Ready(opened), "full")) as client:

            async def ask(method: str, fields: dict[str, Any]) -> Any:
                answer = await client.call_tool(by_method(method).wire, fields)
                (block,) = answer.content
                assert isinstance(block, TextContent)
                return json.loads(block.text)

            def from_thread(method: str, fields: dict[str, Any]) -> Any:
                return anyio.from_thread.run(ask, method, fields)

            found = await anyio.to_thread.run_sync(walk, from_thread, ids)
        opened.close()
        return found

    return anyio.run(main)


@pytest.mark.slow
@pytest.mark.parametrize("face", [over_http, over_cli, over_mcp])
def test_every_page_of_every_list(
    face: Callable[[Path, list[str]], dict[str, list[Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AI_MEMORY_PROFILE", "full")
    ids = fill(tmp_path)
    with ai_memory.open_node(tmp_path / "http.db", "keyword", agent_id="me") as node:
        expected = walk(lambda method, fields: getattr(node, method)(**fields), ids)
    assert face(tmp_path, ids) == expected


def test_every_list_is_walked_or_bounded_on_purpose() -> None:
    offered = [operation for operation in OPERATIONS if operation.faces]
    fields = {each.method: command_type(each).__struct_fields__ for each in offered}
    paged = {method for method, names in fields.items() if "cursor" in names}
    limited = {m for m, names in fields.items() if {"limit", "max_results"} & set(names)}
    assert paged == LISTS.keys()
    assert limited - paged == BOUNDED.keys()
