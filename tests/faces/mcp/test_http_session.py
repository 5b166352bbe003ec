"""Sessions over HTTP: begun by a handshake, known to every worker, ended by client or age."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from tests.faces.mcp.process import initialize, request, tool_call
from tests.faces.mcp.session import call
from tests.support import ManualClock

from ai_memory import limits
from ai_memory.compose import OpenNode
from ai_memory.faces.mcp.http import mcp_app
from ai_memory.faces.mcp.session import Session, SessionBook

URL = "http://memory.test/mcp"
HEADERS = {
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": "2025-06-18",
}


@asynccontextmanager
async def worker(opened: OpenNode, folder: Path | None) -> AsyncIterator[httpx2.AsyncClient]:
    """One process behind the port, as far as a session can tell."""
    app, context = mcp_app(opened, "core", SessionBook(folder))
    async with (
        context,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), headers=HEADERS) as client,
    ):
        yield client


async def begin(client: httpx2.AsyncClient) -> str:
    greeted = await client.post(URL, json=initialize("2025-06-18"))
    assert greeted.status_code == 200
    assert greeted.json()["result"]["capabilities"]["tools"]["listChanged"] is True
    session_id: str = greeted.headers["mcp-session-id"]
    return session_id


async def ask(client: httpx2.AsyncClient, session_id: str, message: Any) -> httpx2.Response:
    return await client.post(URL, json=message, headers={"mcp-session-id": session_id})


async def names(client: httpx2.AsyncClient, session_id: str) -> set[str]:
    answer = await ask(client, session_id, request("tools/list", 9))
    assert answer.headers["mcp-session-id"] == session_id
    return {tool["name"] for tool in answer.json()["result"]["tools"]}


def events(answer: httpx2.Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"] == "text/event-stream"
    return [
        json.loads(line.removeprefix("data: "))
        for line in answer.text.splitlines()
        if line.startswith("data: ")
    ]


@pytest.mark.anyio
async def test_a_loaded_family_is_listed_on_every_worker_and_told(
    opened: OpenNode, tmp_path: Path
) -> None:
    folder = tmp_path / "sessions"
    async with worker(opened, folder) as one, worker(opened, folder) as other:
        session_id = await begin(one)
        stranger = await begin(other)
        core = await names(other, session_id)
        loaded = await ask(other, session_id, tool_call(7, "memory_load_family", family="graph"))
        told, answered = events(loaded)
        assert told == {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
        assert answered["id"] == 7
        tools = json.loads(answered["result"]["content"][0]["text"])["tools"]
        assert await names(one, session_id) == core | set(tools)
        assert await names(one, stranger) == core
        again = await ask(one, session_id, tool_call(8, "memory_load_family", family="graph"))
        assert again.json()["id"] == 8  # nothing is new, so nothing is told
        smart = await ask(one, session_id, tool_call(9, "memory_smart_load", intent="archived"))
        assert events(smart)[0]["method"] == "notifications/tools/list_changed"
        assert "memory_archive_list" in await names(other, session_id)


@pytest.mark.anyio
async def test_a_client_that_takes_no_events_gets_json(opened: OpenNode) -> None:
    async with worker(opened, None) as client:
        session_id = await begin(client)
        client.headers["accept"] = "application/json"
        loaded = await ask(client, session_id, tool_call(7, "memory_load_family", family="meta"))
        assert loaded.json()["id"] == 7
        assert "memory_stats" in await names(client, session_id)


@pytest.mark.anyio
async def test_a_session_ends_once_and_an_unknown_one_is_not_found(opened: OpenNode) -> None:
    async with worker(opened, None) as client:
        session_id = await begin(client)
        ended = await client.delete(URL, headers={"mcp-session-id": session_id})
        again = await client.delete(URL, headers={"mcp-session-id": session_id})
        assert (ended.status_code, again.status_code) == (200, 404)
        for unknown in (session_id, "../../etc/passwd", "x", "0" * 36, "\x7f"):
            answer = await ask(client, unknown, request("tools/list", "own"))
            assert answer.status_code == 404
            assert answer.json()["id"] == "own"
        assert (await client.delete(URL)).status_code == 400
        fresh = await client.post(URL, json=initialize(), headers={"mcp-session-id": "old"})
        assert fresh.headers["mcp-session-id"] != "old"


@pytest.mark.anyio
async def test_the_client_of_a_session_is_remembered(opened: OpenNode) -> None:
    async with worker(opened, None) as client:
        session_id = await begin(client)
        stored = await ask(client, session_id, tool_call(2, "memory_store", title="a", content="b"))
        memory = json.loads(stored.json()["result"]["content"][0]["text"])
        assert memory["agent_id"].startswith("ai:line-tester@")
        refused = await client.post(URL, json=initialize("2025-06-18") | {"params": {}})
        assert "mcp-session-id" not in refused.headers


@pytest.mark.anyio
async def test_the_official_client_sees_what_it_loads(opened: OpenNode) -> None:
    async with (
        worker(opened, None) as http,
        Client(streamable_http_client(URL, http_client=http), mode="legacy") as client,
    ):
        await call(client, "memory_load_family", family="meta")
        tools = {tool.name for tool in (await client.list_tools(cache_mode="refresh")).tools}
        assert "memory_stats" in tools
        assert (await call(client, "memory_stats"))["total"] == 0


@pytest.mark.anyio
@pytest.mark.parametrize("own", ["1.5", "null", '"half \\ud83d"', "[1]"])
async def test_a_request_with_an_odd_id_is_refused_and_not_carried_out(
    opened: OpenNode, own: str
) -> None:
    body = (
        f'{{"jsonrpc":"2.0","id":{own},"method":"tools/call","params":'
        '{"name":"memory_store","arguments":{"title":"t","content":"c"}}}'
    )
    async with worker(opened, None) as client:
        answer = await client.post(URL, content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == -32600
        stats = await client.post(URL, json=tool_call(2, "memory_stats"))
        assert json.loads(stats.json()["result"]["content"][0]["text"])["total"] == 0


@pytest.mark.anyio
async def test_half_a_character_is_stored_as_a_replacement_over_http(opened: OpenNode) -> None:
    body = (
        r'{"jsonrpc":"2.0","id":"own","method":"tools/call","params":{"name":"memory_store",'
        r'"arguments":{"title":"t","content":"half \ud83d"}}}'
    )
    async with worker(opened, None) as client:
        answer = (await client.post(URL, content=body)).json()
        broken = (
            await client.post(URL, content=body[:-1] + "\udcff".encode("utf-8", "replace").decode())
        ).json()
        listed = await client.post(URL, json=tool_call(2, "memory_list"))
    assert answer["id"] == broken["id"] == "own"
    memories = json.loads(listed.json()["result"]["content"][0]["text"])["memories"]
    assert [memory["content"] for memory in memories] == ["half \ufffd"]


def test_a_book_is_bounded_in_age(tmp_path: Path) -> None:
    clock = ManualClock()
    book = SessionBook(tmp_path / "book", clock)
    old, used = book.begin("a"), book.begin(None)
    clock.advance(limits.MCP_SESSION_IDLE_SECS - 1)
    assert book.find(used) == Session(None, ())
    clock.advance(2)
    assert book.find(old) is None
    assert book.find(used) == Session(None, ())
    assert not (tmp_path / "book" / old).exists()


def test_a_book_is_bounded_in_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MCP_SESSIONS_MAX", 100)
    clock = ManualClock()
    book = SessionBook(tmp_path / "book", clock)
    first = last = book.begin("a")
    for _ in range(300):
        clock.advance(1)
        last = book.begin("a")
    assert len(list((tmp_path / "book").iterdir())) <= 100
    assert book.find(first) is None
    assert book.find(last) == Session("a", ())


def test_a_book_is_for_its_owner_and_survives_what_it_finds(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    before = os.umask(0)
    try:
        book = SessionBook(folder)
        session_id = book.begin("näme\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / session_id).stat().st_mode) == 0o600
    other = SessionBook(folder)
    for family in ("graph", "meta", "graph"):
        other.load(session_id, family)
    assert book.find(session_id) == Session("näme\n", ("graph", "meta"))
    for torn in (b"", b"no json\n", b"\xff\n"):
        (folder / session_id).write_bytes(torn)
        assert book.find(session_id) is None
    assert book.end(session_id)
    other.load(session_id, "graph")
    assert book.find(session_id) is None
    assert not list(folder.iterdir())


def test_without_a_place_a_book_keeps_its_own(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    book = SessionBook(blocked / "sessions")
    assert book.find(book.begin("a")) == Session("a", ())
    book.close()
