"""Sending an answer: JSON, or an error in its one shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory.errors import (
    AiMemoryError,
    BodyTooLarge,
    MethodNotAllowed,
    RequestTimeout,
    Unauthorized,
)
from ai_memory.faces import problems
from ai_memory.faces.codec import error_json
from ai_memory.faces.hint import hint_on
from ai_memory.faces.http.body import Body

if TYPE_CHECKING:
    from starlette.types import Send

JSON: Final = b"application/json"
TEXT: Final = b"text/plain; version=0.0.4; charset=utf-8"


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    body: bytes
    media_type: bytes = JSON


async def send_reply(
    send: Send,
    reply: Reply,
    *,
    headers: Iterable[tuple[bytes, bytes]] = (),
    last: bool = True,
) -> None:
    """Send an answer; `last=False` keeps the exchange open although the client has it all."""
    status, body, media_type = reply
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", media_type),
                (b"content-length", b"%d" % len(body)),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": not last})


async def refuse(send: Send, error: AiMemoryError, body: Body) -> None:
    """Answer with an error at once, also to a client that is still sending.

    A server that closes while bytes are on their way resets the connection, and the client may
    never read the answer. So the answer goes out first, then what still comes is read and dropped,
    within bounds; a body that is long or of unknown length ends the connection.
    """
    reply = Reply(problems.status_of(error), error_body(error))
    headers = _headers(error)
    if not body.unread:
        await send_reply(send, reply, headers=headers)
        return
    if isinstance(error, BodyTooLarge | RequestTimeout) or body.held_back or not body.short:
        headers.append((b"connection", b"close"))
    await send_reply(send, reply, headers=headers, last=False)
    # Who waits for `100 Continue` has sent nothing yet and will send nothing now.
    if not (body.held_back or isinstance(error, RequestTimeout)):
        await body.drain()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def error_body(error: AiMemoryError) -> bytes:
    """The error as JSON, whatever text it quotes."""
    error.hint = hint_on("http", error.hint)
    try:
        return error_json(error)
    except (UnicodeEncodeError, TypeError, ValueError):
        return error_json(type(error)("the request cannot be read", hint=error.hint))


def _headers(error: AiMemoryError) -> list[tuple[bytes, bytes]]:
    """Headers a status must carry."""
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", ", ".join(error.details["allow"]).encode())]
    if isinstance(error, Unauthorized):
        return [(b"www-authenticate", b'Bearer realm="ai-memory"')]
    return []
