"""A message of the protocol from bytes; and what to answer when there is none in them.

Whoever sent a request waits for an answer under its id. So a request that cannot be read is refused
under the id that can still be seen in it; only where there is none does the answer carry null.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from mcp.types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from ai_memory import limits
from ai_memory.errors import AiMemoryError
from ai_memory.faces.codec import not_utf8_at, read_object, well_formed

_TOKEN: Final = re.compile(
    rb'"(?:[^"\\]|\\.)*+"?'  # an end that is missing does not send the search back to the beginning
    rb"|[{}\[\]:,]"
    rb'|[^\s"{}\[\]:,]+',
    re.DOTALL,
)
_LAST_FIELD: Final = re.compile(
    rb'"id"\s{0,9}:\s{0,9}(?P<id>"[^"\\]{1,200}"|-?\d{1,20})\s{0,9}\}\s{0,9}\Z'
)
_SEEN_BYTES_MAX: Final = 16_384
_NULL: Final = b"null"


class Refusal(Exception):
    """Bytes that are no message of the protocol.

    Attributes:
        line: The answer, JSON on one line.
        status: Its status over HTTP.
    """

    def __init__(
        self, code: int, text: str, request_id: bytes = _NULL, *, status: int = 400
    ) -> None:
        """Take the error, and the id as it stood in the request."""
        super().__init__(text)
        self.status = status
        error = msgspec.json.encode({"code": code, "message": text})
        self.line = b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (request_id, error)


def read_message(line: bytes | None) -> JSONRPCMessage:
    """The message on a line.

    Args:
        line: None: it was too long to be kept.

    Raises:
        Refusal: There is no message on it.
    """
    if line is None:
        raise Refusal(INVALID_REQUEST, f"a message exceeds {limits.HTTP_BODY_BYTES_MAX} bytes")
    message = _at_once(line) or _mended(line)
    _open_arguments(message)
    return message


def read_body(body: bytes) -> tuple[JSONRPCMessage, bytes]:
    """The message in a body, and the body as every JSON reader understands it.

    Raises:
        Refusal: There is no message in it.
    """
    message = _at_once(body)
    if message is not None and not _open_arguments(message):
        return message, body
    message = message or _mended(body)
    _open_arguments(message)
    try:
        return message, message.model_dump_json(by_alias=True, exclude_unset=True).encode()
    except ValueError:  # it was read, and nests deeper than it can be written
        raise Refusal(PARSE_ERROR, "the message nests too deep", _id_in(body)) from None


def _at_once(data: bytes) -> JSONRPCMessage | None:
    """The message in well-formed bytes."""
    try:
        message = jsonrpc_message_adapter.validate_json(data, by_name=False)
    except ValidationError:
        return None
    # A request whose id is malformed reads as a notification, and would never be answered.
    unsure = isinstance(message, JSONRPCNotification) and b'"id"' in data
    return None if unsure else message


def _open_arguments(message: JSONRPCMessage) -> bool:
    """Take arguments that a client sent as the text of an object for that object; whether it did.

    The protocol's own check would refuse them, and say no more than that.
    """
    if not isinstance(message, JSONRPCRequest) or message.method != "tools/call":
        return False
    params = message.params or {}
    if not isinstance(params.get("arguments"), str):
        return False
    try:
        params["arguments"] = read_object(params["arguments"].encode())
    except AiMemoryError:
        return False
    return True


def _mended(data: bytes) -> JSONRPCMessage:
    """The message in bytes that say it clumsily.

    Raises:
        Refusal: There is none.
    """
    try:
        value = msgspec.json.decode(well_formed(data))
    except UnicodeDecodeError:
        text = f"the message is not UTF-8 (byte {not_utf8_at(data)})"
        raise Refusal(PARSE_ERROR, text, _id_in(data)) from None
    except RecursionError:
        raise Refusal(PARSE_ERROR, "the message nests too deep", _id_in(data)) from None
    except msgspec.DecodeError as cause:
        raise Refusal(PARSE_ERROR, f"the message is not JSON: {cause}", _id_in(data)) from None
    if isinstance(value, dict) and _has_usable_id(value):
        try:
            return jsonrpc_message_adapter.validate_python(value, by_name=False)
        except ValidationError:
            pass
    raise Refusal(INVALID_REQUEST, "this is not one JSON-RPC 2.0 message", _id_in(data))


def _has_usable_id(value: dict[str, Any]) -> bool:
    """Whether an id, if there is one, is a text or a whole number; 1.0 is made 1.

    A text with a replacement in it is none: the answer would go to an id that nobody waits for.
    """
    given = value.get("id", 0)
    if isinstance(given, float) and given.is_integer():
        value["id"] = int(given)
        return True
    if isinstance(given, str):
        return "\ufffd" not in given
    return isinstance(given, int) and not isinstance(given, bool)


def _id_in(data: bytes) -> bytes:
    """The id of a request, as it stands in bytes that may be no JSON; null if none can be seen.

    What answers is no request: our error might be taken for the answer to another one. Of a long
    message only both ends are looked at: that is where clients write ids, and the time is bounded.
    """
    found, answers = _id_in_head(data[:_SEEN_BYTES_MAX])
    if found == _NULL and len(data) > _SEEN_BYTES_MAX:
        match = _LAST_FIELD.search(data[-_SEEN_BYTES_MAX:])
        if match is not None and _is_id(match["id"]):
            found = match["id"]
    return _NULL if answers else found


def _id_in_head(data: bytes) -> tuple[bytes, bool]:
    """The id at the top level, and whether there is what only an answer has."""
    found = _NULL
    answers = False
    depth = 0
    key = before = b""
    for match in _TOKEN.finditer(data):
        token = match[0]
        if token in b"{[":
            if depth == 0 and token == b"[":
                return _NULL, answers
            depth += 1
        elif token in b"}]":
            depth -= 1
        elif depth == 1 and before == b":":
            found = token if key == b'"id"' and _is_id(token) else found
        elif depth == 1 and token != b":":
            key = token
            answers = answers or key in (b'"result"', b'"error"')
        before = token
    return found, answers


def _is_id(token: bytes) -> bool:
    """Whether a token is a text or a number that can be said again."""
    try:
        value = msgspec.json.decode(well_formed(token))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return isinstance(value, str | int | float) and not isinstance(value, bool)
