"""The MCP endpoint inside the HTTP server.

Its SDK takes half a second to import, so that happens behind the listening socket, in a thread, and
the first MCP request waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final, TypeAlias

from ai_memory.errors import MethodNotAllowed, NodeClosed
from ai_memory.faces.http.body import Body, replayed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    Endpoint: TypeAlias = tuple[ASGIApp, AbstractAsyncContextManager[None]]
    """An ASGI app, and the context it must be called in."""

_METHODS: Final = ["DELETE", "POST"]
_LOG: Final = logging.getLogger(__name__)


class Mount:
    """Makes the endpoint ready, passes requests to it, and ends it."""

    def __init__(self, make: Callable[[], Endpoint]) -> None:
        """Take what makes the endpoint; it is called once, in a thread, when the server runs."""
        self._make = make
        self._app: ASGIApp | None = None
        self._settled = asyncio.Event()
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Keep the endpoint until `end`; its context is entered and left in this one task."""
        try:
            app, context = await asyncio.to_thread(self._make)
            async with context:
                self._app = app
                self._settled.set()
                await self._ended.wait()
        except Exception:  # noqa: BLE001 - the rest of the server goes on
            _LOG.exception("the MCP endpoint failed")
        finally:
            self._app = None
            self._settled.set()

    def end(self) -> None:
        """Leave the endpoint's context."""
        self._ended.set()

    async def answer(self, scope: Scope, body: Body, receive: Receive, send: Send) -> None:
        """Pass a request on, once its body is there.

        Raises:
            MethodNotAllowed: It is neither a POST nor a DELETE; there is no event stream to GET.
            UnsupportedMediaType, BodyTooLarge: See `Body`.
            NodeClosed: The endpoint could not be made, or has ended.
        """
        if scope["method"] not in _METHODS:
            raise MethodNotAllowed("MCP takes POST, and DELETE to end a session", allow=_METHODS)
        body.require_json(scope["method"])
        content = await body.read()
        if content is None:
            return
        await self._settled.wait()
        if self._app is None:
            raise NodeClosed("MCP is not available", hint="The log on stderr tells why.")
        await self._app(scope, replayed(content, receive), send)
