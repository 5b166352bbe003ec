"""What a connection has beyond single calls: loaded families, prompts, resources, progress."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, TextContent, TextResourceContents
from tests.faces.mcp.session import ERAS, call

from ai_memory.compose import OpenNode
from ai_memory.faces.mcp import progress
from ai_memory.faces.mcp.opening import Ready
from ai_memory.faces.mcp.resource import LISTED
from ai_memory.faces.mcp.server import build_server

pytestmark = pytest.mark.anyio


def connect(opened: OpenNode, era: str = "auto", *, sessions: bool = True) -> Client:
    return Client(build_server(Ready(opened), "core", sessions=sessions), mode=era)


async def names(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools(cache_mode="refresh")).tools}


@pytest.mark.parametrize("era", ERAS)
async def test_a_loaded_family_is_listed_and_callable(opened: OpenNode, era: str) -> None:
    async with connect(opened, era) as client:
        assert "memory_stats" not in await names(client)
        with pytest.raises(MCPError, match="memory_load_family"):
            await client.call_tool("memory_stats", {})
        loaded = await call(client, "memory_load_family", family="meta")
        assert loaded["status"] == "loaded"
        assert set(loaded["tools"]) <= await names(client)
        assert (await call(client, "memory_stats"))["total"] == 0


async def test_an_intent_loads_its_family(opened: OpenNode) -> None:
    async with connect(opened) as client:
        loaded = await call(client, "memory_smart_load", intent="forget what is out of date")
        assert loaded["chosen_family"] == "lifecycle"
        assert loaded["chosen_family_source"] == "keyword"
        assert "memory_delete" in await names(client)
        blank = await call(client, "memory_smart_load", intent="")
        assert (blank["chosen_family"], blank["score"]) == ("core", 0.0)


async def test_without_sessions_every_tool_can_be_called(opened: OpenNode) -> None:
    async with connect(opened, sessions=False) as client:
        assert "memory_stats" not in await names(client)
        assert (await call(client, "memory_stats"))["total"] == 0


async def test_family_memories_come_with_the_tools(opened: OpenNode) -> None:
    async with connect(opened) as client:
        for title, family in (("runbook", "graph"), ("note", "core")):
            await call(
                client, "memory_store", title=title, content="text", metadata={"family": family}
            )
        loaded = await call(client, "memory_load_family", family="graph")
        assert [memory["title"] for memory in loaded["memories"]] == ["runbook"]


@pytest.mark.parametrize("tool", ["memory_recall", "memory_list", "memory_search"])
async def test_a_table_on_request(opened: OpenNode, tool: str) -> None:
    fields: dict[str, Any] = {
        "memory_recall": {"context": "Ada tea"},
        "memory_search": {"query": "tea"},
        "memory_list": {},
    }[tool]
    async with connect(opened) as client:
        await call(client, "memory_store", title="Tea", content="Ada drinks green tea.")
        answer = await client.call_tool(tool, {**fields, "format": "toon_compact"})
        refused = await client.call_tool(tool, {**fields, "format": "yaml"})
    (block,) = answer.content
    assert isinstance(block, TextContent)
    assert "Ada drinks green tea." in block.text.splitlines()[-1]
    assert answer.structured_content is None  # a host would show a model that, and no table
    assert refused.is_error


async def test_prompts_are_listed_and_filled_in(opened: OpenNode) -> None:
    async with connect(opened) as client:
        listed = (await client.list_prompts()).prompts
        assert [one.name for one in listed] == ["recall-first", "memory-workflow"]
        first = await client.get_prompt("recall-first", {"namespace": "team/tea"})
        flow = await client.get_prompt("memory-workflow")
        with pytest.raises(MCPError) as caught:
            await client.get_prompt("other")
    assert isinstance(first.messages[0].content, TextContent)
    assert isinstance(flow.messages[0].content, TextContent)
    assert "team/tea" in first.messages[0].content.text
    assert "memory_recall" in flow.messages[0].content.text
    assert caught.value.error.code == INVALID_PARAMS


async def test_memories_are_resources(opened: OpenNode) -> None:
    async with connect(opened) as client:
        stored = await call(
            client, "memory_store", title="Tea", content="Green.", namespace="team/tea"
        )
        listed = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates
        uri = next(one.uri for one in listed if one.name == "Tea")
        one = await read(client, str(uri))
        many = await read(client, "memory://namespaces/team/tea")
        spaces = await read(client, "memory://namespaces")
        stats = await read(client, "memory://stats")
        for wrong in ("memory://nothing", "memory://memories/none", "file:///etc/passwd"):
            with pytest.raises(MCPError):
                await client.read_resource(wrong)
    assert len(templates) == 2
    assert one["id"] == stored["id"]
    assert one["content"] == "Green."
    assert [memory["id"] for memory in many["memories"]] == [stored["id"]]
    assert spaces["namespaces"] == [{"namespace": "team/tea", "count": 1}]
    assert stats["total"] == 1


async def test_lists_of_resources_are_walked_page_by_page(opened: OpenNode) -> None:
    many = 2 * LISTED + 7
    uri, cursor = "memory://namespaces/team/tea", None
    titles: list[str] = []
    names: list[str] = []
    async with connect(opened) as client:
        for number in range(many):
            fields = {"title": f"Tea {number}", "content": "Green.", "namespace": "team/tea"}
            await call(client, "memory_store", **fields)
        address = uri
        while address:
            page = await read(client, address)
            assert page["total"] == many
            titles += [memory["title"] for memory in page["memories"]]
            address = f"{uri}?cursor={page['next_cursor']}" if "next_cursor" in page else ""
        while True:
            listed = await client.list_resources(cursor=cursor)
            names += [one.name for one in listed.resources]
            cursor = listed.next_cursor
            if cursor is None:
                break
        with pytest.raises(MCPError):
            await read(client, f"{uri}?cursor=nonsense")
    assert sorted(titles) == sorted(f"Tea {number}" for number in range(many))
    assert sorted(names) == sorted(["namespaces", "stats", *titles])


async def read(client: Client, uri: str) -> Any:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return json.loads(content.text)


async def test_a_long_call_shows_that_it_lives(
    opened: OpenNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call ends only after the client has seen two signs of life."""
    seen: list[float] = []
    enough = anyio.Event()
    monkeypatch.setattr(progress, "BEAT_SECS", 0.01)
    plain = opened.node.execute_async

    async def slow(*asked: Any) -> Any:
        with anyio.fail_after(20):
            await enough.wait()
        return await plain(*asked)

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        assert (total, message) == (None, "working")
        seen.append(progress)
        if len(seen) == 2:
            enough.set()

    monkeypatch.setattr(opened.node, "execute_async", slow)
    async with connect(opened) as client:
        answer = await client.call_tool("memory_capabilities", {}, progress_callback=on_progress)
    assert not answer.is_error
    assert seen[0] < seen[1]
