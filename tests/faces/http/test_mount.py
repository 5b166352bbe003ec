"""The MCP endpoint inside the server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.faces.http.running import KEY, PATIENCE_SECS, Running

from ai_memory.errors import NodeClosed
from ai_memory.faces.http.body import Body
from ai_memory.faces.http.mount import Mount

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ai_memory.faces.http.mount import Endpoint

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.mark.parametrize("path", ["/mcp", "/api/v1/mcp"])
def test_mcp_answers_on_both_paths(empty: Running, path: str) -> None:
    answer = empty.client.post(path, json=HELLO, headers=ACCEPT)
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["serverInfo"]["name"] == "ai-memory"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_mcp_opens_with_a_bearer_token(locked: Running) -> None:
    headers = {**ACCEPT, "Authorization": f"Bearer {KEY}"}
    assert locked.client.post("/mcp", json=HELLO, headers=headers).status_code == 200


class Exchange:
    """One POST as an ASGI server would pass it on."""

    def __init__(self, body: bytes) -> None:
        self.headers = {
            b"content-type": b"application/json",
            b"content-length": b"%d" % len(body),
        }
        self.scope: Scope = {"type": "http", "method": "POST", "path": "/mcp"}
        self.sent: list[Message] = []
        self._body = body

    async def receive(self) -> Message:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def through(self, mount: Mount) -> None:
        body = Body(self.headers, self.receive)
        await mount.answer(self.scope, body, self.receive, self.send)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An endpoint that answers with what it got."""
    assert scope["method"] == "POST"
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


def endpoint(app: ASGIApp, log: list[str]) -> Endpoint:
    @asynccontextmanager
    async def context() -> AsyncIterator[None]:
        log.append("entered")
        yield
        log.append("left")

    return app, context()


@pytest.mark.anyio
async def test_a_request_waits_until_the_endpoint_is_ready() -> None:
    go = threading.Event()
    log: list[str] = []

    def make() -> Endpoint:
        assert go.wait(PATIENCE_SECS)
        return endpoint(echo, log)

    mount = Mount(make)
    running = asyncio.create_task(mount.run())
    exchange = Exchange(json.dumps(HELLO).encode())
    asking = asyncio.create_task(exchange.through(mount))
    await asyncio.sleep(0)
    assert not exchange.sent
    go.set()
    await asyncio.wait_for(asking, PATIENCE_SECS)
    assert json.loads(exchange.sent[-1]["body"]) == HELLO
    assert log == ["entered"]
    mount.end()
    await asyncio.wait_for(running, PATIENCE_SECS)
    assert log == ["entered", "left"]
    with pytest.raises(NodeClosed):
        await Exchange(b"{}").through(mount)


@pytest.mark.anyio
async def test_an_endpoint_that_cannot_be_made_is_an_error_and_not_a_crash(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def make() -> Any:
        raise ImportError("no SDK here")

    mount = Mount(make)
    await asyncio.wait_for(mount.run(), PATIENCE_SECS)
    with pytest.raises(NodeClosed):
        await Exchange(b"{}").through(mount)
    assert "no SDK here" in caplog.text
