"""A node that runs elsewhere, over its HTTP API: the same commands, results and errors."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from ai_memory import limits
from ai_memory.adapters.system import own_agent_id
from ai_memory.config import require_safe_key
from ai_memory.errors import AiMemoryError, ConfigInvalid, Internal, Unreachable, ValidationFailed
from ai_memory.faces.codec import to_builtins, to_json
from ai_memory.faces.http.routes import ROUTES, Route
from ai_memory.model.field import check_agent_id
from ai_memory.version import __version__

if TYPE_CHECKING:
    from ai_memory.config import Config
    from ai_memory.model.command import Command
    from ai_memory.operations.registry import Operation

CONNECT_SECS: Final = 5.0
ANSWER_SECS: Final = limits.BUSY_WAIT_SECS + 60.0  # the node itself may wait that long, then embed
_PIECE_BYTES: Final = 256 * 1024
_EXCERPT_CHARS: Final = 120
_HEADER_TEXT: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to call, not to listen
"""Addresses a server listens on and nobody can call → the loopback that answers for them."""


class Place(NamedTuple):
    """Where a node listens."""

    secure: bool
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.path}"


class RemoteDoor:
    """Sends each command as one request."""

    def __init__(self, url: str, config: Config, project: str | None = None) -> None:
        """Take the node's address, and the project it is called from; nothing is sent yet.

        Raises:
            ValidationFailed: The address or the agent id is none.
            ConfigInvalid: The key cannot stand in a header, or would go out unencrypted.
        """
        self.place = read_url(url)
        agent_id = config.agent_id or own_agent_id(anonymize=config.anonymize)
        check_agent_id(agent_id)
        self._headers = {
            "Accept": "application/json",
            "User-Agent": f"ai-memory/{__version__}",
            "X-Agent-Id": agent_id,
            # Said in any case: the folder that counts is ours, not the node's.
            "X-Namespace": quote(project or "", safe="/"),
        }
        if config.api_key is not None:
            if not _HEADER_TEXT.fullmatch(config.api_key):
                raise ConfigInvalid(
                    "api_key holds characters a header cannot carry",
                    hint="Use printable ASCII.",
                    setting="api_key",
                )
            require_safe_key(config, "api_key", str(self.place), "url")
            self._headers["X-API-Key"] = config.api_key

    def execute(self, operation: Operation, command: Command) -> dict[str, Any]:
        """See Door.

        Raises:
            Unreachable: The node does not answer, or what answers is no node.
        """
        return self._ask(*_request_of(operation, command))

    def stream(self, operation: Operation, command: Command) -> Generator[bytes, None, None]:
        """See Door.

        Raises:
            Unreachable: The node does not answer, or breaks off.
        """
        with self._opened(*_request_of(operation, command)) as response:
            if response.status != 200:
                self._read(response.status, response.read())
            while piece := response.read1(_PIECE_BYTES):
                yield piece

    def close(self) -> None:
        """See Door; every request has its own connection."""

    def _ask(self, method: str, target: str, body: bytes | None) -> dict[str, Any]:
        with self._opened(method, target, body) as response:
            status, data = response.status, response.read()
        return self._read(status, data)

    def _read(self, status: int, data: bytes) -> dict[str, Any]:
        """What a node answered, or the error it answered with."""
        try:
            answer = msgspec.json.decode(data)
        except msgspec.DecodeError:
            answer = None
        if 200 <= status < 300 and isinstance(answer, dict):
            return answer
        if isinstance(answer, dict) and isinstance(answer.get("code"), str):
            raise error_of(answer)
        excerpt = data[:_EXCERPT_CHARS].decode("utf-8", "replace")
        raise Unreachable(
            f"what answers at {self.place} is no ai-memory node (status {status}: {excerpt!r})",
            hint="Check the address and the port.",
        )

    @contextmanager
    def _opened(self, method: str, target: str, body: bytes | None) -> Iterator[HTTPResponse]:
        """The answer to a request, its body not yet read."""
        kind = HTTPSConnection if self.place.secure else HTTPConnection
        connection = kind(self.place.host, self.place.port, timeout=CONNECT_SECS)
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            try:
                connection.connect()
            except (OSError, UnicodeError) as cause:
                raise Unreachable(f"no node answers at {self.place} ({cause})") from cause
            connection.sock.settimeout(ANSWER_SECS)
            try:
                connection.request(method, self.place.path + target, body, headers)
                yield connection.getresponse()
            except (OSError, HTTPException) as cause:
                raise Unreachable(
                    f"the node at {self.place} broke off before it answered "
                    f"({type(cause).__name__})",
                    hint="It may have done what was asked: look before you repeat it."
                    if method != "GET"
                    else None,
                ) from cause
        finally:
            connection.close()


def read_url(text: str) -> Place:
    """Where a URL points; `http` and port 9077 unless it says otherwise.

    Raises:
        ValidationFailed: It is no address of a node.
    """
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.query:
        raise ValidationFailed(
            f"'{text[:80]}' is not the address of a node",
            hint="Write it like http://127.0.0.1:9077.",
            field="url",
        )
    if port is None:
        port = 443 if parts.scheme == "https" else limits.HTTP_PORT
    path = quote(parts.path.rstrip("/"), safe="/%")
    return Place(parts.scheme == "https", _ANYWHERE.get(host, host), port, path)


def route_of(operation: Operation) -> Route:
    """Where the operation stands; of several, one that takes a body of any length."""
    routes = [route for route in ROUTES if route.operation == operation.name]
    return next((route for route in routes if not route.takes_query), routes[0])


def _request_of(operation: Operation, command: Command) -> tuple[str, str, bytes | None]:
    """Method, path with query, and body."""
    route = route_of(operation)
    fields = given_fields(command)
    path = route.path
    for name in route.path_fields:
        path = path.replace(f"{{{name}}}", quote(str(fields.pop(name)), safe=""))
    if not route.takes_query:
        return route.method, path, to_json(fields)
    query = urlencode({name: _query_text(value) for name, value in fields.items()})
    return route.method, f"{path}?{query}" if query else path, None


def given_fields(command: Command) -> dict[str, Any]:
    """The fields that differ from their default: the node knows its defaults itself."""
    names, defaults = command.__struct_fields__, command.__struct_defaults__
    by_default = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    values = to_builtins(command)
    return {
        name: value
        for name, value in values.items()
        if name not in by_default or getattr(command, name) != by_default[name]
    }


def _query_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)


def error_of(answer: dict[str, Any]) -> AiMemoryError:
    """The error a node answered, as if it had happened here."""
    code = answer["code"]
    kinds = {kind.code: kind for kind in AiMemoryError.__subclasses__()}
    kind = kinds.get(code)
    if kind is None:
        # A newer node may know more errors than we do.
        kind = type("Remote", (Internal,), {"code": code})
    details = {
        name: value
        for name, value in answer.items()
        if name not in ("error", "code", "message", "hint")
    }
    message = answer.get("message", answer.get("error"))
    return kind(str(message), hint=str(answer.get("hint", "")), **details)
