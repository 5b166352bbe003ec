"""A call that names no namespace belongs to the project of the client's roots."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.session import ClientRequestContext, ListRootsFnT
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ErrorData, ListRootsResult, Root, RootsListChangedNotification
from pydantic import FileUrl
from tests.faces.mcp.process import server_command
from tests.faces.mcp.session import ERAS, call
from tests.faces.mcp.test_http import url  # noqa: F401 - a fixture

from ai_memory import limits
from ai_memory.compose import OpenNode
from ai_memory.faces.mcp.opening import Ready
from ai_memory.faces.mcp.server import build_server

pytestmark = pytest.mark.anyio


class Workspace:
    """A client's open folders, and how often it was asked for them."""

    def __init__(self, *folders: Path) -> None:
        self.folders = list(folders)
        self.asked = 0

    async def __call__(self, context: ClientRequestContext) -> ListRootsResult | ErrorData:
        del context
        self.asked += 1
        return ListRootsResult(
            roots=[Root(uri=FileUrl(folder.as_uri())) for folder in self.folders]
        )


def connect(opened: OpenNode, era: str, answer: ListRootsFnT | None) -> Client:
    return Client(build_server(Ready(opened), "full"), mode=era, list_roots_callback=answer)


async def home_of(client: Client, title: str = "Note") -> str:
    stored = await call(client, "memory_store", title=title, content="Some text.")
    return str(stored["namespace"])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, while the server stands in another."""
    (tmp_path / "stands").mkdir()
    monkeypatch.chdir(tmp_path / "stands")
    (tmp_path / "shop" / ".git").mkdir(parents=True)
    return tmp_path / "shop"


@pytest.mark.parametrize("era", ERAS)
async def test_the_roots_say_whose_project_it_is(opened: OpenNode, shop: Path, era: str) -> None:
    workspace = Workspace(shop / "src", shop.parent / "other")
    async with connect(opened, era, workspace) as client:
        assert await home_of(client, "One") == "shop"
        assert await home_of(client, "Two") == "shop"
        begun = await call(client, "memory_session_start")
        found = await call(client, "memory_recall", context="text")
    assert begun["namespace"] == "shop"
    assert begun["count"] == 2
    assert {memory["origin"] for memory in found["memories"]} == {"own"}
    assert workspace.asked == 1


@pytest.mark.parametrize("era", ERAS)
async def test_a_namespace_that_is_given_or_configured_comes_first(
    opened: OpenNode, shop: Path, era: str
) -> None:
    opened.config = opened.config._replace(namespace="team/lamp")
    async with connect(opened, era, Workspace(shop)) as client:
        assert await home_of(client) == "team/lamp"
        stored = await call(client, "memory_store", title="T", content="c", namespace="given")
    assert stored["namespace"] == "given"


@pytest.mark.parametrize("era", ERAS)
async def test_without_roots_the_working_folder_says_it(
    opened: OpenNode, shop: Path, era: str
) -> None:
    del shop

    async def refuse(context: ClientRequestContext) -> ErrorData:
        del context
        return ErrorData(code=-32603, message="no")

    for title, answer in (("One", None), ("Two", Workspace()), ("Three", refuse)):
        if era != "legacy" and answer is refuse:
            continue  # there the client itself gives up
        async with connect(opened, era, answer) as client:
            assert await home_of(client, title) == "stands"


async def test_roots_that_change_count_from_then_on(opened: OpenNode, shop: Path) -> None:
    workspace = Workspace(shop)
    async with connect(opened, "legacy", workspace) as client:
        assert await home_of(client, "One") == "shop"
        workspace.folders = [shop.parent / "lamp"]
        await client.session.send_notification(RootsListChangedNotification())
        assert await home_of(client, "Two") == "lamp"
    assert workspace.asked == 2


async def test_a_client_that_does_not_answer_holds_nothing_up(
    opened: OpenNode, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del shop
    monkeypatch.setattr(limits, "ROOTS_WAIT_SECS", 0.01)
    asked = 0

    async def keep_silent(context: ClientRequestContext) -> ListRootsResult:
        nonlocal asked
        del context
        asked += 1
        await asyncio.Event().wait()
        raise AssertionError

    async with connect(opened, "legacy", keep_silent) as client:
        homes = await asyncio.gather(*(home_of(client, f"Note {n}") for n in range(3)))
    assert homes == ["stands"] * 3
    assert asked == 1


@pytest.mark.parametrize("era", ERAS)
async def test_over_a_pipe(shop: Path, era: str) -> None:
    command = server_command(shop.parent / "pipe.db")
    server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    async with Client(server, mode=era, list_roots_callback=Workspace(shop)) as client:
        assert await home_of(client) == "shop"


@pytest.mark.parametrize(("era", "home"), [("legacy", "global"), ("2026-07-28", "shop")])
async def test_over_http(url: str, shop: Path, era: str, home: str) -> None:  # noqa: F811
    """Where there is no pipe to ask over, a client with a handshake is not asked; none waits."""
    async with Client(url, mode=era, list_roots_callback=Workspace(shop)) as client:
        assert await home_of(client) == home


@pytest.mark.parametrize("era", ERAS)
async def test_over_http_a_header_says_it(url: str, shop: Path, era: str) -> None:  # noqa: F811
    headers = {"X-Namespace": "team/b%C3%BCro"}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(
            streamable_http_client(url, http_client=http),
            mode=era,
            list_roots_callback=Workspace(shop),
        ) as client,
    ):
        assert await home_of(client) == "team/büro"
