"""No answer is longer than its room, whatever is in the store, and none hides that it was cut."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.types import TextContent
from tests.faces.mcp.session import NEED_MORE, call
from tests.support import harness

from ai_memory import limits
from ai_memory.adapters.tokens import count_cl100k as count
from ai_memory.compose import OpenNode
from ai_memory.faces.codec import to_json
from ai_memory.faces.mcp.fitting import fitted
from ai_memory.faces.mcp.opening import Ready
from ai_memory.faces.mcp.server import build_server
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.register_entity import RegisterEntity
from ai_memory.operations.registry import operations_on
from ai_memory.operations.store_memory import StoreMemory

PROSE = "The committee met again and the walrus talked about the weather of the week. "


def render(values: dict[str, Any]) -> str:
    return to_json(values).decode()


def connect(opened: OpenNode) -> Client:
    return Client(build_server(Ready(opened), "full"), mode="auto")


async def text_of(client: Client, tool: str, **arguments: Any) -> str:
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    (block,) = answer.content
    assert isinstance(block, TextContent)
    return block.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.text(max_size=90), inner),
    max_leaves=25,
)


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(st.text(min_size=1, max_size=12), JSON, max_size=8), st.integers(1_000, 3_000)
)
def test_what_is_cut_fits_and_says_so(values: dict[str, Any], tokens: int) -> None:
    left, text = fitted(values, render, tokens, count)
    assert json.loads(text) == json.loads(render(left))
    if count([render(values)])[0] < tokens:
        assert left == values
    else:
        assert count([text])[0] < tokens
        assert "Cut to fit" in left["left_out"]
        assert fitted(values, render, tokens, count)[1] == text


def test_the_longest_is_cut_first() -> None:
    values = {"id": "a" * 40, "title": "T" * 90, "content": PROSE * 900, "tags": ["a", "b"]}
    left, _text = fitted(values, render, 2_000, count)
    assert {name: left[name] for name in ("id", "title", "tags")} == {
        name: values[name] for name in ("id", "title", "tags")
    }
    assert len(left["content"]) > 1_000
    assert f"of {len(values['content'])} characters" in left["left_out"]


@pytest.fixture(scope="module")
def full_store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Long contents, large metadata, many tags, links and names, in several scripts."""
    texts = [
        PROSE * 800,
        "海象吃蛤蜊。" * 3_000,
        "🦭🇪🇪👩🏽‍🚀" * 1_500,
        "አማርኛ ቋንቋ ነው " * 1_500,
        "x7#\\|:\n" * 9_000,
        "0123456789abcdef" * 4_000,
    ]
    path = tmp_path_factory.mktemp("full") / "full.db"
    ids: list[str] = []
    with harness(path) as filling:
        for number in range(10):
            stored = filling.run(
                StoreMemory(
                    title=f"walrus {number} " + "t" * 400,
                    content=f"walrus {number} {texts[number % len(texts)]}",
                    namespace=f"deep/{'n' * 100}{number}",
                    tags=tuple(f"tag-{number}-{tag}" + "x" * 100 for tag in range(40)),
                    metadata={
                        "family": "graph",
                        "list": ["m" * 300] * 30,
                        "map": {f"k{entry}": entry for entry in range(200)},
                    },
                )
            )
            ids.append(stored.id)
        for target in ids[1:]:
            for relation in ("related_to", "derived_from", "contradicts"):
                filling.run(LinkMemories(source_id=ids[0], target_id=target, relation=relation))
        aliases = tuple(f"alias {number} " + "a" * 400 for number in range(100))
        filling.run(RegisterEntity(canonical_name="Ada", namespace="people", aliases=aliases))
    return path, ids


@pytest.fixture
def full(
    full_store: tuple[Path, list[str]], tmp_path: Path
) -> Iterator[tuple[OpenNode, list[str]]]:
    path, ids = full_store
    copy = shutil.copy(path, tmp_path / "full.db")
    with harness(copy, profile="full") as opened:
        opened.clock.advance(60)
        yield opened.opened, ids


@pytest.mark.anyio
async def test_every_tools_answer_is_bounded(full: tuple[OpenNode, list[str]]) -> None:
    opened, ids = full
    most = limits.MCP_ANSWER_TOKENS
    async with connect(opened) as client:
        first, second, third = ids[:3]
        asked: list[tuple[str, dict[str, Any]]] = [
            *(
                (tool, {**fields, "format": form})
                for tool, fields in (
                    ("memory_recall", {"context": "walrus weather 海象"}),
                    ("memory_recall", {"context": "walrus", "limit": 50, "content": "full"}),
                    ("memory_search", {"query": "walrus"}),
                    ("memory_search", {"query": "walrus " * 2_000}),
                    ("memory_list", {}),
                    ("memory_list", {"limit": 1_000, "content": "full"}),
                    ("memory_session_start", {}),
                )
                for form in ("json", "toon", "toon_compact")
            ),
            ("memory_store", {"title": "new", "content": "🦭" * 16_000}),
            ("memory_get", {"id": first}),
            ("memory_get", {"id": second}),
            ("memory_get", {"id": third}),
            ("memory_load_family", {"family": "graph"}),
            ("memory_smart_load", {"intent": "x" * 10_000}),
            ("memory_smart_load", {"intent": "link related memories"}),
            ("memory_update", {"id": first, "content": "walrus " + PROSE * 700}),
            ("memory_promote", {"id": first}),
            ("memory_history", {"id": first}),
            ("memory_diff", {"id": first, "from_version": 1, "to_version": 2}),
            ("memory_restore_version", {"id": first, "version": 1}),
            ("memory_forget", {"pattern": "walrus", "dry_run": True}),
            ("memory_gc", {"dry_run": True}),
            ("memory_get_links", {"id": first}),
            ("memory_kg_query", {"source_id": first, "with_links": True}),
            ("memory_kg_timeline", {"source_id": first}),
            ("memory_find_paths", {"source_id": second, "target_id": third, "max_results": 50}),
            ("memory_entity_get_by_alias", {"alias": "Ada"}),
            ("memory_entity_register", {"canonical_name": "Ada", "namespace": "people"}),
            ("memory_get_taxonomy", {}),
            ("memory_stats", {}),
            ("memory_namespaces", {}),
            ("memory_capabilities", {}),
            ("memory_capabilities", {"family": "core", "include_schema": True, "verbose": True}),
            ("memory_health", {}),
            ("memory_check_duplicate", {"title": "walrus", "content": PROSE * 500}),
            ("memory_detect_contradiction", {"id_a": first, "id_b": second}),
            ("memory_curator_report", {}),
            ("memory_link", {"source_id": second, "target_id": third, "relation": "related_to"}),
            ("memory_kg_invalidate",
             {"source_id": first, "target_id": second, "relation": "related_to"}),
            ("memory_delete", {"id": third}),
            ("memory_archive_add", {"ids": [*ids[4:7], *(f"nobody-{n}" for n in range(900))]}),
            ("memory_archive_list", {}),
            ("memory_archive_stats", {}),
            ("memory_archive_restore", {"id": third}),
            ("memory_archive_purge", {"dry_run": True}),
            ("memory_erase", {"id": third, "dry_run": True}),
        ]  # fmt: skip
        sizes = {}
        for tool, fields in asked:
            text = await text_of(client, tool, **fields)
            sizes[tool, fields.get("format")] = count([text])[0]
            if tool in ("memory_recall", "memory_search", "memory_list"):
                assert ids[0] in text or "Ada" in text, (tool, fields)  # cut, never emptied
    assert {pair: size for pair, size in sizes.items() if size >= most} == {}
    covered = {tool for tool, _fields in asked} | NEED_MORE.keys()
    missing = {one.wire for one in operations_on("mcp")} - covered
    assert missing == {"memory_consolidate", "memory_consolidate_undo"}


PAGED: list[tuple[str, dict[str, str], str, str | None]] = [
    ("memory_list", {}, "memories", "id"),
    ("memory_search", {"query": "walrus"}, "results", "id"),
    ("memory_archive_list", {}, "archived", "id"),
    ("memory_get_links", {}, "links", None),
    ("memory_kg_query", {}, "memories", None),
    ("memory_kg_timeline", {}, "events", None),
    ("memory_namespaces", {}, "namespaces", "namespace"),
]


@pytest.mark.anyio
async def test_pages_that_were_cut_lose_nothing(full: tuple[OpenNode, list[str]]) -> None:
    """A small room makes small pages, and the cursors lead through all of it."""
    opened, ids = full
    async with connect(opened) as client:
        for tool, fields, rows, key in PAGED:
            given_: dict[str, Any] = dict(fields)
            if tool == "memory_get_links":
                given_["id"] = ids[0]
            if tool.startswith("memory_kg"):
                given_["source_id"] = ids[0]
            if tool == "memory_archive_list":
                await call(client, "memory_archive_add", ids=ids[6:])
            seen: list[Any] = []
            pages, cursor = 0, None
            while True:
                more: dict[str, Any] = {} if cursor is None else {"cursor": cursor}
                page = json.loads(
                    await text_of(client, tool, **given_, **more, budget_tokens=2_000)
                )
                assert page[rows]
                seen += [json.dumps(row) if key is None else row[key] for row in page[rows]]
                pages += 1
                cursor = page.get("next_cursor")
                if cursor is None:
                    break
            assert pages > 1 or tool == "memory_namespaces"
            assert len(seen) == len(set(seen)) == page["total"], tool


@pytest.mark.anyio
async def test_a_long_memory_is_read_piece_by_piece(opened: OpenNode) -> None:
    text = "".join(f"{number} 海象 walrus 🦭. " for number in range(2_500))
    async with connect(opened) as client:
        stored = await call(client, "memory_store", title="long", content=text)
        read, start = "", 0
        while True:
            part = await call(client, "memory_get", id=stored["id"], start=start)
            read += part["content"]
            start = part["passages"][0]["end"]
            assert part["content_chars"] == len(text)
            if "left_out" not in part:
                break
            assert f"start={start}" in part["left_out"]
    assert read == text


@pytest.mark.anyio
async def test_what_is_left_out_is_not_a_recall(full: tuple[OpenNode, list[str]]) -> None:
    opened, _ids = full
    async with connect(opened) as client:
        answer = json.loads(await text_of(client, "memory_recall", context="walrus", limit=50))
    assert answer["meta"]["memories_dropped"] > 0
    assert "budget_tokens" in answer["meta"]["left_out"]
    touched = {memory_id for memory_id, _count, _at in opened.node.drain_touches()}
    assert touched <= {memory["id"] for memory in answer["memories"]}


@pytest.mark.anyio
async def test_a_setting_changes_the_room(full: tuple[OpenNode, list[str]]) -> None:
    opened, _ids = full
    async with connect(opened) as client:
        usual = await text_of(client, "memory_list", limit=1_000)
        opened.config = opened.config._replace(mcp_answer_tokens=2_000)
        small = await text_of(client, "memory_list", limit=1_000)
        opened.config = opened.config._replace(mcp_answer_tokens=0)
        whole = await text_of(client, "memory_list", limit=1_000)
    assert count([small])[0] < 2_000 < count([usual])[0] < limits.MCP_ANSWER_TOKENS
    assert len(json.loads(whole)["memories"]) == json.loads(whole)["total"]
