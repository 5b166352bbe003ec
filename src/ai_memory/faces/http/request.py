"""A request → a Command: the fields from path, query, body and headers, put together once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ai_memory.adapters.project import own_project
from ai_memory.adapters.system import SystemEntropy
from ai_memory.errors import ValidationFailed
from ai_memory.faces.claim import claimed_namespace
from ai_memory.faces.codec import read_fields, to_command
from ai_memory.faces.http.body import Headers
from ai_memory.faces.http.query import decoded, read_query
from ai_memory.faces.http.routes import accepted_version
from ai_memory.model.command import Caller, Command
from ai_memory.model.field import check_agent_id

if TYPE_CHECKING:
    from ai_memory.faces.http.routes import Route
    from ai_memory.operations.registry import Operation

_ENTROPY: Final = SystemEntropy()


class Request(NamedTuple):
    """What a request says, once its body is there.

    Attributes:
        headers: By name in lower case.
        query: Behind the question mark, still encoded.
        params: The path's parameters, decoded.
        body: Empty for a GET, whatever it carried.
    """

    headers: Headers
    query: bytes
    params: dict[str, str]
    body: bytes


def command_of(operation: Operation, route: Route, request: Request) -> Command:
    """What the request wants.

    Raises:
        ValidationFailed: A field is unknown, missing, malformed or given in two places.
    """
    if route.takes_query:
        fields = read_query(request.query, aliases=route.aliases, lists=route.lists)
        if route.accept is not None and b"accept-capabilities" in request.headers:
            header = request.headers[b"accept-capabilities"].decode("latin-1")
            fields.setdefault(route.accept, accepted_version(header))
    else:
        if request.query and not route.query_too:
            name = decoded(request.query.partition(b"=")[0][:80])
            raise ValidationFailed(
                f"unknown query parameter '{name}'", hint="Send fields in the JSON body."
            )
        fields = read_fields(request.body, array=route.array) if request.body else {}
        if request.query:
            asked = read_query(request.query, aliases=route.aliases, lists=route.lists)
            for name in asked.keys() & fields.keys():
                raise ValidationFailed(
                    f"{name} stands in the query and in the body", hint="Give it once.", field=name
                )
            fields |= asked
    for name, value in request.params.items():
        if fields.setdefault(name, value) != value:
            raise ValidationFailed(
                f"{name} differs from the one in the path",
                hint="Leave it out of the body.",
                field=name,
            )
    return to_command(operation, fields, text=route.takes_query or bool(request.query))


def caller_of(headers: Headers, configured: str) -> Caller:
    """Who asks, and from which project.

    The X-Agent-Id header, else somebody unknown, anew for each request; the X-Namespace header,
    else the node's setting. Where the node itself runs says nothing about its clients.

    Args:
        headers: Of the request.
        configured: The node's setting `namespace`.

    Raises:
        ValidationFailed: A header is no agent id, or no namespace.
    """
    given: Any = headers.get(b"x-agent-id", b"").strip()
    if given:
        agent_id = given.decode("latin-1")
        check_agent_id(agent_id)
    else:
        agent_id = f"anonymous:req-{_ENTROPY.new_id()[:8]}"
    named = headers.get(b"x-namespace")
    claimed = None if named is None else claimed_namespace(named.decode("latin-1"))
    return Caller(agent_id=agent_id, face="http", project=own_project(configured, claimed=claimed))
