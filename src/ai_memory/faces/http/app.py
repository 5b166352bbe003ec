"""The ASGI application: from a request to the node and back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ai_memory.errors import AiMemoryError, NodeClosed
from ai_memory.faces import problems
from ai_memory.faces.codec import to_json
from ai_memory.faces.http.body import Body, Headers
from ai_memory.faces.http.guard import Guard
from ai_memory.faces.http.reply import TEXT, Reply, error_body, refuse, send_reply
from ai_memory.faces.http.request import Request, caller_of, command_of
from ai_memory.faces.http.router import Router
from ai_memory.faces.http.routes import MCP_PATHS, METRICS_PATHS, OPENAPI_PATH, ROUTES, Route
from ai_memory.faces.http.stream import Stream, Streamer
from ai_memory.operations.memory_stats import MemoryStats, StatsResult
from ai_memory.operations.registry import Operation, command_type, operations_on, runner

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ai_memory.compose import OpenNode
    from ai_memory.faces.http.metrics import Metrics
    from ai_memory.faces.http.mount import Mount
    from ai_memory.model.command import Caller

Endpoint: TypeAlias = Callable[[Request], Awaitable[Reply | Stream]]

_LOG: Final = logging.getLogger(__name__)
_BODILESS: Final = ("GET", "HEAD")
_LONG_BODY_BYTES: Final = 8_192  # to check and cut it takes some milliseconds


def create_app(
    opened: OpenNode, *, mcp: Mount | None = None, metrics: Metrics | None = None
) -> ASGIApp:
    """The whole application behind its guard.

    Args:
        opened: The node that answers; its config says who is let in.
        mcp: The MCP endpoint, run by the app's lifespan; without it there is no /mcp.
        metrics: The node's observer; without it there is no /metrics.
    """
    return Guard(App(opened, mcp=mcp, metrics=metrics), opened.config)


class App:
    """Answers what the guard lets in."""

    def __init__(self, opened: OpenNode, *, mcp: Mount | None, metrics: Metrics | None) -> None:
        self._opened = opened
        self._node = opened.node
        self._mcp = mcp
        self._metrics = metrics
        self._openapi: bytes | None = None
        self._streamer = Streamer()
        operations = {operation.name: operation for operation in operations_on("http")}
        for operation in operations.values():
            runner(command_type(operation))  # imported now, not while a first caller waits
        table: list[tuple[str, str, Endpoint]] = [
            (route.method, route.path, partial(self._operate, operations[route.operation], route))
            for route in ROUTES
        ]
        table.append(("GET", OPENAPI_PATH, self._describe))
        if metrics is not None:
            table += [("GET", path, partial(self._measure, metrics)) for path in METRICS_PATHS]
        self._router = Router(table)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong is answered in the one shape."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        headers = dict(scope["headers"])
        body = Body(headers, receive)
        try:
            if self._mcp is not None and scope["path"] in MCP_PATHS:
                await self._mcp.answer(scope, body, receive, send)
                return
            reply = await self._answer(scope, headers, body)
            if isinstance(reply, Stream):
                await self._streamer.send(reply, receive, send)
                return
        except AiMemoryError as error:
            await refuse(send, error, body)
        except asyncio.CancelledError:
            # The server stops, and its patience is over: also with a body that never ended.
            given_up = _given_up()
            await send_reply(send, Reply(problems.status_of(given_up), error_body(given_up)))
        except Exception as failure:  # noqa: BLE001 - the client gets a clear error, the log the rest
            _LOG.exception("%s %r failed", scope["method"], scope["path"])
            await refuse(send, problems.unforeseen(failure), body)
        else:
            if reply is not None:
                await send_reply(send, reply)

    async def _answer(self, scope: Scope, headers: Headers, body: Body) -> Reply | Stream | None:
        """The reply, or None when the client went away before it had said everything.

        Raises:
            AiMemoryError: What the request or the operation is refused for.
        """
        path = scope.get("raw_path") or scope["path"].encode()
        endpoint, params = self._router.find(scope["method"], path)
        content = b""
        if scope["method"] not in _BODILESS:
            body.require_json(scope["method"])
            sent = await body.read()
            if sent is None:
                return None
            content = sent
        return await endpoint(Request(headers, scope["query_string"], params, content))

    async def _operate(
        self, operation: Operation, route: Route, request: Request
    ) -> Reply | Stream:
        """Run an operation."""
        caller = caller_of(request.headers, self._opened.config.namespace)
        if operation.streams:
            return Stream(partial(self._node.stream, caller, command_of(operation, route, request)))
        if len(request.body) > _LONG_BODY_BYTES:
            result = await asyncio.to_thread(self._work, operation, route, request, caller)
        else:
            command = command_of(operation, route, request)
            result = await self._node.execute_async(caller, command)
        again = (route.repeated is not None and getattr(result, route.repeated) is True) or (
            route.made is not None and getattr(result, route.made) is False
        )
        return Reply(200 if again else route.status, to_json(result))

    def _work(self, operation: Operation, route: Route, request: Request, caller: Caller) -> Any:
        """The same in a thread: reading a long text would hold up every other request."""
        return self._node.execute(caller, command_of(operation, route, request))

    async def _describe(self, request: Request) -> Reply:  # noqa: ARG002 - as every endpoint
        """The OpenAPI document, made when first asked for."""
        from ai_memory.faces.http.openapi import openapi_json

        if self._openapi is None:
            version, key = self._node.facts.version, self._opened.config.api_key
            document = await asyncio.to_thread(openapi_json, version, guarded=key is not None)
            self._openapi = document
            return Reply(200, document)
        return Reply(200, self._openapi)

    async def _measure(self, metrics: Metrics, request: Request) -> Reply:
        """The figures; a store that does not answer costs its gauges, not the counters."""
        gauges: dict[str, tuple[str, float]] = {}
        try:
            stats: StatsResult = await self._node.execute_async(
                caller_of(request.headers, self._opened.config.namespace), MemoryStats()
            )
        except AiMemoryError:
            pass
        else:
            gauges = {
                "ai_memory_memories": ("Live memories.", stats.total),
                "ai_memory_hnsw_size": ("Vectors that the index finds.", stats.vectors_count),
                "ai_memory_unembedded": ("Memories without vectors yet.", stats.unembedded),
                "ai_memory_db_size_bytes": ("Size of the database file.", stats.db_size_bytes),
            }
        mode = "keyword" if self._node.facts.embedder is None else "hybrid"
        return Reply(200, metrics.text(mode=mode, gauges=gauges), TEXT)

    async def _live(self, receive: Receive, send: Send) -> None:
        """The ASGI lifespan: the MCP endpoint becomes ready while requests are served already."""
        await receive()
        running = None if self._mcp is None else asyncio.create_task(self._mcp.run())
        await send({"type": "lifespan.startup.complete"})
        with suppress(asyncio.CancelledError):  # a second signal: nobody waits for the rest
            await receive()
            if self._mcp is not None and running is not None:
                self._mcp.end()
                await running
            self._streamer.close()
            await send({"type": "lifespan.shutdown.complete"})


def _given_up() -> NodeClosed:
    return NodeClosed(
        "the node stopped before this was answered",
        hint="It may or may not have been stored; look before you send it again.",
    )
