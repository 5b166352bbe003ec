from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import Implementation
from tests.faces.mcp.process import META, TIMEOUT_SECS, initialize, request, tool_call
from tests.faces.mcp.session import ERAS, call, call_every_tool

from ai_memory import limits
from ai_memory.compose import OpenNode
from ai_memory.faces.mcp.http import mcp_app

HEADERS = {"accept": "application/json", "content-type": "application/json"}


@pytest.fixture
def url(opened: OpenNode) -> Iterator[str]:
    """A server on a free port, in its own thread; its socket listens before it runs."""
    app, context = mcp_app(opened, "full")

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error", ws="none"))

    async def serve() -> None:
        async with context:
            await server.serve([listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join(TIMEOUT_SECS)
    listener.close()
    assert not thread.is_alive()


@pytest.mark.anyio
@pytest.mark.parametrize("era", [*ERAS, "auto"])
async def test_the_official_client_uses_every_tool(url: str, era: str) -> None:
    async with Client(url, mode=era) as client:
        answers = await call_every_tool(client)
    assert answers["memory_recall"]["memories"][0]["title"] == "Tea"


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_many_call_at_once(url: str, era: str) -> None:
    async with Client(url, mode=era) as one, Client(url, mode=era) as other:
        stored = await asyncio.gather(
            *(
                call(client, "memory_store", title=f"{who} {number}", content="c")
                for number in range(25)
                for who, client in (("one", one), ("other", other))
            )
        )
        stats = await call(one, "memory_stats")
    assert len({memory["id"] for memory in stored}) == stats["total"] == 50


@pytest.mark.anyio
async def test_the_caller_is_who_the_request_says(url: str) -> None:
    me = Implementation(name="Some Client", version="1")
    async with Client(url, mode="2026-07-28", client_info=me) as client:
        named = await call(client, "memory_store", title="a", content="b")
    assert named["agent_id"].startswith("ai:Some-Client@")
    async with httpx2.AsyncClient(headers={"X-Agent-Id": "ai:claimed"}) as http:
        for era in ERAS:
            async with Client(streamable_http_client(url, http_client=http), mode=era) as client:
                claimed = await call(client, "memory_store", title=era, content="b")
            assert claimed["agent_id"] == "ai:claimed"
    async with (
        httpx2.AsyncClient(headers={"X-Agent-Id": "no body!"}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        refused = await client.call_tool("memory_stats")
    assert refused.is_error


def test_no_session_is_needed(url: str) -> None:
    """A handshake here, a call there, by a client that keeps no session."""
    greeted = httpx2.post(url, json=initialize(), headers=HEADERS)
    assert greeted.json()["result"]["protocolVersion"] == "2025-11-25"
    called = httpx2.post(url, json=tool_call(2, "memory_stats"), headers=HEADERS)
    assert json.loads(called.json()["result"]["content"][0]["text"])["total"] == 0


def test_the_host_is_not_checked_a_second_time(url: str) -> None:
    for headers in ({"host": "memory.example"}, {"origin": "https://memory.example"}):
        answer = httpx2.post(url, json=initialize(), headers={**HEADERS, **headers})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"jsonrpc":"2.0","id":1}']
)
@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28", "1999-01-01", "latest"])
def test_a_body_that_is_no_message_is_refused(url: str, body: bytes, version: str) -> None:
    headers = {**HEADERS, "mcp-protocol-version": version}
    answer = httpx2.post(url, content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in (-32700, -32600, -32602)


def test_a_body_beyond_the_limit_is_refused(url: str) -> None:
    answer = httpx2.post(url, content=b"x" * (limits.HTTP_BODY_BYTES_MAX + 1), headers=HEADERS)
    assert answer.status_code == 413


@pytest.mark.parametrize("era", ERAS)
def test_a_missing_tool_is_told(url: str, era: str) -> None:
    params: dict[str, Any] = {"name": "memory_fly", "arguments": {}}
    headers = dict(HEADERS)
    if era != "legacy":
        params["_meta"] = META
        headers |= {"mcp-protocol-version": era, "mcp-method": "tools/call"}
        headers["mcp-name"] = "memory_fly"
    answer = httpx2.post(url, json=request("tools/call", **params), headers=headers)
    assert answer.json()["error"]["code"] == -32602


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("memory_capabilities", {"accept": "\ud800"}),
        ("memory_capabilities", {"accept": {"\ud800": None}}),
        ("memory_store", {"title": "\udfff", "content": "b"}),
        ("memory_store", {"title": "a", "content": "b", "metadata": {"a": ["\ud800"]}}),
        ("memory_store", {"title": "a", "content": "b", "\ud800": 1}),
        ("memory_store", {"title": "a", "content": "b", "tier": "\ud800"}),
        ("memory_recall", {"context": "\ud800", "namespace": "\ud800"}),
        ("memory_recall", {"context": "half \ud800"}),
        ("memory_search", {"query": "half \ud800"}),
        ("memory_get", {"id": "\ud800"}),
        ("memory_\ud800", {}),
    ],
)
@pytest.mark.parametrize("era", ERAS)
def test_half_a_character_is_no_fault_of_ours(
    url: str, tool: str, arguments: dict[str, Any], era: str
) -> None:
    """JSON can spell a lone surrogate, which no text may contain."""
    modern = {"mcp-protocol-version": era, "mcp-method": "tools/call", "mcp-name": tool}
    params: dict[str, Any] = {"name": tool, "arguments": arguments}
    headers: dict[str, Any] = dict(HEADERS)
    if era != "legacy":
        params["_meta"] = META
        headers |= {name: value.encode("ascii", "replace") for name, value in modern.items()}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = httpx2.post(url, content=json.dumps(message), headers=headers)
    assert answer.status_code in (200, 400)
    told = answer.json()
    if "error" in told:
        assert told["error"]["code"] in (-32602, -32600, -32700, -32020)
    elif told["result"].get("isError"):
        code = json.loads(told["result"]["content"][0]["text"])["code"]
        assert code in ("VALIDATION_FAILED", "NOT_FOUND")
