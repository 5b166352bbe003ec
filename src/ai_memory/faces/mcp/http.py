"""Streamable HTTP: the endpoint that the HTTP face puts at /mcp."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import Response

from ai_memory import limits
from ai_memory.faces.mcp.opening import Ready
from ai_memory.faces.mcp.server import build_server

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ai_memory.compose import OpenNode


def mcp_app(opened: OpenNode, profile: str) -> tuple[ASGIApp, AbstractAsyncContextManager[None]]:
    """The endpoint, and the context it serves in, to be entered once.

    Host, Origin and key are the HTTP face's to check; the SDK's own guard stays off. No session is
    kept in either era: any worker answers any request, and a restart costs a client nothing.

    Args:
        opened: The node; whoever opened it closes it, after leaving the context.
        profile: Profile or families, as in `operations.profile`.

    Raises:
        ConfigInvalid: There is no such profile or family.
    """
    manager = StreamableHTTPSessionManager(
        build_server(Ready(opened), profile),
        json_response=True,
        stateless=True,
        security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        max_request_body_size=limits.HTTP_BODY_BYTES_MAX,
    )
    return _PostOnly(manager.handle_request), manager.run()


class _PostOnly:
    """Refuse what would open an event stream.

    This server never speaks first, so a GET would wait for ever, and a server that is told to stop
    would wait with it. The specification wants 405 from a server without such a stream.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] != "POST":
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
        else:
            await self._app(scope, receive, send)
