"""Streamable HTTP: the endpoint that the HTTP face puts at /mcp."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from mcp.server.streamable_http_manager import (
    StreamableHTTPASGIApp,
    StreamableHTTPSessionManager,
)
from mcp.server.transport_security import TransportSecuritySettings

from ai_memory import limits
from ai_memory.faces.mcp.opening import Ready
from ai_memory.faces.mcp.server import build_server

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from ai_memory.compose import OpenNode


def mcp_app(opened: OpenNode, profile: str) -> tuple[ASGIApp, AbstractAsyncContextManager[None]]:
    """The endpoint, and the context it serves in, to be entered once.

    Host, Origin, key and method are the HTTP face's to check: the SDK's own guard stays off, and a
    GET, which the SDK would answer with an event stream without end, must not come here. No session
    is kept in either era: any worker answers any request, and a restart costs a client nothing.

    Args:
        opened: The node; whoever opened it closes it, after leaving the context.
        profile: Profile or families, as in `operations.profile`.

    Raises:
        ConfigInvalid: There is no such profile or family.
    """
    manager = StreamableHTTPSessionManager(
        build_server(Ready(opened), profile, sessions=False),
        json_response=True,
        stateless=True,
        security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        max_request_body_size=limits.HTTP_BODY_BYTES_MAX,
    )
    return StreamableHTTPASGIApp(manager), manager.run()
