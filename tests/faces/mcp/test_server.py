from __future__ import annotations

import logging
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, Implementation
from tests.faces.mcp.session import ERAS, NEED_MORE, call, call_every_tool, text_of

from ai_memory.compose import OpenNode
from ai_memory.errors import ConfigInvalid, StoreBusy
from ai_memory.faces.mcp.opening import NodeSource, Ready
from ai_memory.faces.mcp.server import INSTRUCTIONS, build_server
from ai_memory.operations.profile import tools_of
from ai_memory.operations.registry import by_wire, operations_on
from ai_memory.operations.schema import output_schema
from ai_memory.version import __version__

pytestmark = pytest.mark.anyio

TWINNED = ("memory_get", "memory_update")
"""Answers that hold the memory a second time on the other faces."""


def connect(
    source: OpenNode | NodeSource, era: str, profile: str = "full", client: str = "tester"
) -> Client:
    return Client(
        build_server(Ready(source) if isinstance(source, OpenNode) else source, profile),
        mode=era,
        client_info=Implementation(name=client, version="1"),
    )


@pytest.mark.parametrize("era", ERAS)
async def test_every_tool_answers_what_it_declares(opened: OpenNode, era: str) -> None:
    async with connect(opened, era) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        answers = await call_every_tool(client)
    assert answers.keys() | NEED_MORE.keys() == listed.keys()
    assert listed.keys() == {one.wire for one in operations_on("mcp")}
    for name, answer in answers.items():
        assert listed[name].output_schema is None
        whole = {**answer, "memory": answer} if name in TWINNED else answer
        Draft202012Validator(output_schema(by_wire(name))).validate(whole)


@pytest.mark.parametrize("profile", ["core", "admin", "full", "core,meta"])
async def test_the_list_is_the_profiles_in_the_registrys_order(
    opened: OpenNode, profile: str
) -> None:
    async with connect(opened, "auto", profile) as client:
        first = await client.list_tools()
    async with connect(opened, "legacy", profile) as client:
        again = await client.list_tools()
    assert [tool.name for tool in first.tools] == [one.wire for one in tools_of(profile)]
    assert first.tools == again.tools


def test_an_unknown_profile_is_refused(opened: OpenNode) -> None:
    with pytest.raises(ConfigInvalid, match="everything"):
        build_server(Ready(opened), "core,everything")


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_the_server_introduces_itself(opened: OpenNode, era: str) -> None:
    async with connect(opened, era) as client:
        await client.list_tools()
        assert client.server_info is not None
        assert (client.server_info.name, client.server_info.version) == ("ai-memory", __version__)
        assert client.instructions == INSTRUCTIONS
        assert client.server_capabilities.tools is not None


@pytest.mark.parametrize("era", ERAS)
async def test_a_business_failure_is_a_result_the_model_can_read(
    opened: OpenNode, era: str
) -> None:
    async with connect(opened, era) as client:
        missing = await client.call_tool("memory_get", {"id": "nowhere"})
        unknown = await client.call_tool("memory_store", {"titel": "a", "content": "b"})
        absent = await client.call_tool("memory_recall")
    for result in (missing, unknown, absent):
        assert result.is_error
        assert result.structured_content is None
        assert text_of(result).keys() >= {"error", "code", "message", "hint"}
    assert text_of(missing)["code"] == "NOT_FOUND"
    assert text_of(unknown)["code"] == "VALIDATION_FAILED"
    assert text_of(unknown)["hint"].startswith("Did you mean 'title'? Known fields: title, ")
    assert text_of(absent)["field"] == "context"


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("memory_stats", ["family meta", "profile core", "--profile core,meta", "--profile full"]),
        ("memory_import", ["not offered over MCP", "ai-memory import"]),
        ("memory_touch", ["no tool"]),
        ("memory_recal", ["no tool", "Did you mean memory_recall?"]),
        ("", ["no tool"]),
    ],
)
async def test_a_tool_that_is_not_there_is_a_protocol_error(
    opened: OpenNode, era: str, name: str, words: list[str]
) -> None:
    async with connect(opened, era, "core") as client:
        with pytest.raises(MCPError) as caught:
            await client.call_tool(name, {})
    assert caught.value.error.code == INVALID_PARAMS
    for word in words:
        assert word in caught.value.error.message
    assert caught.value.error.data["code"] == "UNKNOWN_OPERATION"


@pytest.mark.parametrize("era", ERAS)
async def test_the_list_has_one_page(opened: OpenNode, era: str) -> None:
    async with connect(opened, era) as client:
        with pytest.raises(MCPError) as caught:
            await client.list_tools(cursor="2")
    assert caught.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize("era", ERAS)
async def test_the_caller_is_named_after_its_client(opened: OpenNode, era: str) -> None:
    async with connect(opened, era, client="Some Client/2") as client:
        stored = await call(client, "memory_store", title="a", content="b")
        claimed = await call(client, "memory_store", title="c", content="d", agent_id="ai:other")
    assert stored["agent_id"].startswith("ai:Some-Client-2@")
    assert claimed["agent_id"] == "ai:other"


@pytest.mark.parametrize("era", ERAS)
async def test_json_survives_as_it_was(opened: OpenNode, era: str) -> None:
    metadata = {"null": None, "deep": [{"x": None}, 1.5, True], "größe": "大 😀"}
    async with connect(opened, era) as client:
        stored = await call(client, "memory_store", title="a", content="b", metadata=metadata)
        found = await call(client, "memory_get", id=stored["id"])
    assert {name: found["metadata"][name] for name in metadata} == metadata


async def test_a_program_may_want_structured_content(opened: OpenNode) -> None:
    """Instead of the text, never beside it: hosts show a model either or both."""
    opened.config = opened.config._replace(mcp_structured=True)
    async with connect(opened, "auto") as client:
        stored = await client.call_tool("memory_store", {"title": "Tea", "content": "Green."})
        refused = await client.call_tool("memory_get", {"id": "nowhere"})
    assert stored.structured_content is not None
    assert stored.structured_content["content"] == "Green."
    assert "Green." not in str(stored.content)
    assert refused.structured_content is None


async def test_a_memory_is_told_once(opened: OpenNode) -> None:
    async with connect(opened, "auto") as client:
        stored = await call(client, "memory_store", title="Tea", content="Green.")
        got = await client.call_tool("memory_get", {"id": stored["id"]})
        updated = await client.call_tool("memory_update", {"id": stored["id"], "content": "Black."})
    assert str(got.content).count("Green.") == 1
    assert str(updated.content).count("Black.") == 1


class Faulty:
    """A node source with a fault, and one that comes back."""

    def __init__(self, node: OpenNode, *failures: Exception) -> None:
        self._node = node
        self._failures = list(failures)

    async def opened(self) -> OpenNode:
        if self._failures:
            raise self._failures.pop(0)
        return self._node


@pytest.mark.parametrize("era", ERAS)
async def test_a_fault_of_ours_tells_nothing_but_that(
    opened: OpenNode, era: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = Faulty(opened, RuntimeError("the secret"), StoreBusy("held by another process"))
    with caplog.at_level(logging.ERROR):
        async with connect(source, era) as client:
            fault = await client.call_tool("memory_stats")
            busy = await client.call_tool("memory_stats")
            fine = await client.call_tool("memory_stats")
    assert fault.is_error
    assert text_of(fault)["code"] == "INTERNAL"
    assert "secret" not in str(fault)
    assert "the secret" in caplog.text
    assert text_of(busy)["code"] == "STORE_BUSY"
    assert not fine.is_error


async def test_the_configured_identity_comes_before_the_clients(opened: OpenNode) -> None:
    opened.config = opened.config._replace(agent_id="human:ada")
    async with connect(opened, "legacy") as client:
        stored: Any = await call(client, "memory_store", title="a", content="b")
    assert stored["agent_id"] == "human:ada"
