"""Streamable HTTP: the endpoint that the HTTP face puts at /mcp."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from mcp.server.streamable_http_manager import (
    StreamableHTTPASGIApp,
    StreamableHTTPSessionManager,
)
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import INVALID_REQUEST, JSONRPCMessage, JSONRPCRequest
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS

from ai_memory import limits
from ai_memory.faces.http.body import replayed
from ai_memory.faces.mcp.envelope import Refusal, read_body
from ai_memory.faces.mcp.opening import Ready
from ai_memory.faces.mcp.server import build_server
from ai_memory.faces.mcp.session import SessionBook
from ai_memory.faces.mcp.visit import VISIT, Visit
from ai_memory.model.line import one_line

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ai_memory.compose import OpenNode

_SESSION_ID: Final = b"mcp-session-id"
_VERSION: Final = b"mcp-protocol-version"
_CHANGED: Final = b'{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'


def mcp_app(
    opened: OpenNode, profile: str, book: SessionBook | None = None
) -> tuple[ASGIApp, AbstractAsyncContextManager[None]]:
    """The endpoint, and the context it serves in, to be entered once.

    Host, Origin, key and method are the HTTP face's to check: the SDK's own guard stays off, and a
    GET, which the SDK would answer with an event stream without end, must not come here.

    To the SDK every request stands alone. What a client with a session has loaded is kept beside
    it, in a book that any process behind the port can read: any worker answers any request, and a
    restart costs a client nothing. A client without a session can call every tool.

    Args:
        opened: The node; whoever opened it closes it, after leaving the context.
        profile: Profile or families, as in `operations.profile`.
        book: The sessions; by default those of the node's database.

    Raises:
        ConfigInvalid: There is no such profile or family.
    """
    book = book or SessionBook(_folder_of(opened))
    manager = StreamableHTTPSessionManager(
        build_server(Ready(opened), profile, sessions=False),
        json_response=True,
        stateless=True,
        security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        max_request_body_size=limits.HTTP_BODY_BYTES_MAX,
    )

    @asynccontextmanager
    async def context() -> AsyncIterator[None]:
        try:
            async with manager.run():
                yield
        finally:
            book.close()

    return _Endpoint(StreamableHTTPASGIApp(manager), book), context()


def _folder_of(opened: OpenNode) -> Path | None:
    """Where a database's sessions lie: in the cache, since they may be lost."""
    config = opened.config
    if config.db == ":memory:":
        return None
    database = hashlib.sha256(str(Path(config.db).resolve()).encode()).hexdigest()[:16]
    return Path(config.cache_dir) / "sessions" / database


class _Endpoint:
    """Reads the message, knows the session, and leaves the rest to the SDK."""

    def __init__(self, app: ASGIApp, book: SessionBook) -> None:
        self._app = app
        self._book = book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        given = headers.get(_SESSION_ID, b"").decode("latin-1")
        try:
            if scope["method"] == "DELETE":
                await _answer(send, 200 if self._ended(given) else 404, b"")
                return
            body = await _body(receive)
            message, body = read_body(body)
            visit = None
            if (
                headers.get(_VERSION, b"2025-03-26").decode("latin-1")
                in HANDSHAKE_PROTOCOL_VERSIONS
            ):
                visit = self._visit(message, given)
        except Refusal as refusal:
            await _answer(send, refusal.status, refusal.line)
            return
        exchange = _Exchange(send, visit, self._book, message, headers)
        scope = {**scope, VISIT: visit}
        await self._app(scope, replayed(body, receive), exchange.send)

    def _ended(self, session_id: str) -> bool:
        if not session_id:
            raise Refusal(INVALID_REQUEST, "the Mcp-Session-Id header names the session to end")
        return self._book.end(session_id)

    def _visit(self, message: JSONRPCMessage, session_id: str) -> Visit | None:
        """The session a request belongs to; a handshake begins a new one.

        Raises:
            Refusal: There is no such session, so that the client shakes hands again.
        """
        if _is_handshake(message) or not session_id:
            return None
        session = self._book.find(session_id)
        if session is None:
            number = message.id if isinstance(message, JSONRPCRequest) else None
            raise Refusal(
                INVALID_REQUEST,
                "there is no such session; initialize a new one",
                msgspec.json.encode(number),
                status=404,
            )
        return Visit(self._book, session_id, session)


class _Exchange:
    """The way back: what is known of a session goes with the SDK's answer, which is one JSON."""

    def __init__(
        self,
        send: Send,
        visit: Visit | None,
        book: SessionBook,
        message: JSONRPCMessage,
        headers: dict[bytes, bytes],
    ) -> None:
        self._send = send
        self._visit = visit
        self._book = book
        self._message = message
        self._headers = headers
        self._head: Message | None = None

    async def send(self, message: Message) -> None:
        """Pass on what the SDK sends, its head once the body is there."""
        if message["type"] == "http.response.start":
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            message = {**message, "body": self._dressed(head, message.get("body", b""))}
            await self._send(head)
        await self._send(message)

    def _dressed(self, head: Message, body: bytes) -> bytes:
        """The body as it is to be sent; the head is changed to fit."""
        more: list[tuple[bytes, bytes]] = []
        if _is_handshake(self._message) and b"protocolVersion" in body and head["status"] == 200:
            more.append((_SESSION_ID, self._book.begin(_client_of(self._message)).encode()))
        elif self._visit is not None:
            more.append((_SESSION_ID, self._visit.session_id.encode()))
            if self._visit.grew and b"text/event-stream" in self._headers.get(b"accept", b""):
                # A notification goes before the answer it belongs to, and both as events.
                body = b"".join(map(_event, (_CHANGED, one_line(body))))
                more += [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
                more.append((b"content-length", b"%d" % len(body)))
        ours = {name for name, _ in more}
        head["headers"] = [pair for pair in head["headers"] if pair[0].lower() not in ours] + more
        return body


def _is_handshake(message: JSONRPCMessage) -> bool:
    return isinstance(message, JSONRPCRequest) and message.method == "initialize"


def _client_of(message: JSONRPCMessage) -> str | None:
    """What a client calls itself in a handshake that the SDK has taken."""
    params = message.params if isinstance(message, JSONRPCRequest) else None
    info = (params or {}).get("clientInfo")
    name = info.get("name") if isinstance(info, dict) else None
    return name if isinstance(name, str) else None


def _event(data: bytes) -> bytes:
    return b"event: message\r\ndata: %b\r\n\r\n" % data


async def _body(receive: Receive) -> bytes:
    """The whole body.

    Raises:
        Refusal: It is too long.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > limits.HTTP_BODY_BYTES_MAX:
            text = f"a message exceeds {limits.HTTP_BODY_BYTES_MAX} bytes"
            raise Refusal(INVALID_REQUEST, text, status=413)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    if body:
        headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
