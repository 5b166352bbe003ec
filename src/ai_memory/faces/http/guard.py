"""The door: which requests are let in at all. Host, then Origin, then key.

A memory on a laptop listens on loopback, where every web page the owner opens can send requests
too, those of other programs on other ports among them. Three things keep pages out: the Host they
name must be ours (or a page rebinds its own name to 127.0.0.1); the Origin a browser adds must be
this very node, port and all, and Sec-Fetch-Site must not name another one; and what may change
something needs a JSON body or a header that a page cannot send elsewhere without asking first
(`body.py`).
"""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ai_memory.config import Config, is_loopback
from ai_memory.errors import AiMemoryError, Forbidden, Unauthorized, ValidationFailed
from ai_memory.faces.http.body import Body, Headers
from ai_memory.faces.http.reply import refuse
from ai_memory.faces.http.routes import HEALTH_PATH

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_SINGLE: Final = frozenset(
    (
        b"host", b"origin", b"sec-fetch-site", b"x-api-key", b"authorization", b"content-type",
        b"content-length", b"content-encoding", b"x-agent-id", b"accept-capabilities",
        b"x-namespace",
    )
)  # fmt: skip
_HOST: Final = re.compile(
    r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[^\s:/@\[\]]+))(?::(?P<port>\d{1,5}))?"
)
_HOSTS_CACHED: Final = 256
_PORTS: Final = {"http": 80, "https": 443}
_FOREIGN_SITES: Final = (b"cross-site", b"same-site")
"""What a browser says of a page elsewhere: another port of this machine is the same site."""


class Guard:
    """Pure ASGI middleware around everything the server answers."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        """Let in what `config` allows: its bind address, its allowed_hosts, its api_key."""
        self._app = app
        self._names = frozenset(_host_name(name) for name in (config.host, *config.allowed_hosts))
        self._pages = frozenset(map(_place, config.allowed_hosts))
        self._key = None if config.api_key is None else config.api_key.strip().encode()
        self._is_ours = lru_cache(_HOSTS_CACHED)(self._named)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer why not."""
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            try:
                self._check(scope, headers)
            except AiMemoryError as error:
                await refuse(send, error, Body(headers, receive))
                return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        """Raise unless the request may come in.

        Raises:
            ValidationFailed: A header that must stand once stands twice.
            Forbidden: Host or Origin is not ours.
            Unauthorized: A key is configured and not given.
        """
        if len(headers) != len(scope["headers"]):
            _require_single(scope)
        host = headers.get(b"host")
        if host is None or not (self._is_ours(host) or _is_own_address(host, scope)):
            raise Forbidden("the Host header names no host of this node")
        origin = headers.get(b"origin")
        if origin is not None:
            if not self._serves(origin, host):
                raise Forbidden("requests from this Origin are not accepted")
        elif headers.get(b"sec-fetch-site") in _FOREIGN_SITES:
            raise Forbidden("requests from another site's page are not accepted")
        if self._key is not None and not self._has_key(headers) and not _is_health(scope):
            raise Unauthorized("missing or invalid API key")

    def _serves(self, origin: bytes, host: bytes) -> bool:
        """Whether a page of this origin came from here: from where it now calls, or as configured.

        A proxy in front may call us by another name than the page does; then that name, or
        `name:port` where it is no default port, is among the allowed hosts.
        """
        place = _origin_place(origin)
        if place is None:
            return False
        scheme, name, port = place
        called, called_port = _place(host.decode("latin-1"))
        default = port == _PORTS[scheme]
        if name == called and (port == called_port or (called_port is None and default)):
            return True
        return (name, port) in self._pages or (default and (name, None) in self._pages)

    def _named(self, host: bytes) -> bool:
        """Whether this machine's loopback or the configuration has the name; the port is free."""
        name = _host_name(host.decode("latin-1"))
        return name in self._names or is_loopback(name)

    def _has_key(self, headers: Headers) -> bool:
        assert self._key is not None
        given = headers.get(b"x-api-key")
        if given is None:
            # What MCP clients and Prometheus can send.
            scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
            if scheme.lower() != b"bearer":
                return False
        return hmac.compare_digest(given.strip(), self._key)


def _is_health(scope: Scope) -> bool:
    return scope["path"] == HEALTH_PATH and scope["method"] in ("GET", "HEAD")


def _require_single(scope: Scope) -> None:
    """Two Hosts or two keys: one would be checked, the other believed.

    Raises:
        ValidationFailed: A header that decides something stands twice.
    """
    seen: set[bytes] = set()
    for name, _value in scope["headers"]:
        if name in seen and name in _SINGLE:
            raise ValidationFailed(
                f"the header {name.decode()} is given twice", hint="Give it once."
            )
        seen.add(name)


def _host_name(text: str) -> str:
    """The host of `host`, `host:port`, `[v6]`, `[v6]:port` or a bare v6 address, lower case."""
    text = text.strip().lower()
    match = _HOST.fullmatch(text)
    return text if match is None else match["six"] or match["name"]


def _is_own_address(host: bytes, scope: Scope) -> bool:
    """Whether the host is the address this very connection was made to; no page can fake that."""
    server = scope.get("server")
    return server is not None and _host_name(host.decode("latin-1")) == server[0]


def _place(text: str) -> tuple[str, int | None]:
    """Host and port of a Host header or an allowed host; no port where none is given."""
    match = _HOST.fullmatch(text.strip().lower())
    port = match["port"] if match else None
    return _host_name(text), int(port) if port else None


def _origin_place(origin: bytes) -> tuple[str, str, int] | None:
    """Scheme, host and port of an Origin, None for `null` and other opaque ones."""
    try:
        parts = urlsplit(origin.decode("ascii"))
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not name:
        return None
    return parts.scheme, name, _PORTS[parts.scheme] if port is None else port
