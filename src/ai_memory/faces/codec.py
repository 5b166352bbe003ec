"""JSON in, JSON out: bytes → Command, result → bytes. The same for every face."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from ai_memory import late
from ai_memory.errors import AiMemoryError, ValidationFailed
from ai_memory.model.command import Command
from ai_memory.model.decode import decode_fields
from ai_memory.operations.registry import Operation, command_type

_DECODER: Final = msgspec.json.Decoder()
_SURROGATE: Final = late.bytes_pattern(
    rb"(?<!\\)(?P<before>(?:\\\\)*+)"  # an even number of backslashes escapes nothing
    rb"(?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
_ENCODER: Final = msgspec.json.Encoder()


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object from bytes.

    Raises:
        ValidationFailed: The bytes are no JSON, or JSON but no object.
    """
    value = _decoded(body)
    if not isinstance(value, dict):
        raise ValidationFailed("the body is not a JSON object", hint="Send one JSON object.")
    return value


def _decoded(body: bytes) -> Any:
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = well_formed(body)
    hint = "Send one JSON object in UTF-8."
    try:
        return _DECODER.decode(body)
    except UnicodeDecodeError as cause:
        where = not_utf8_at(body)
        raise ValidationFailed(f"the body is not UTF-8 (byte {where})", hint=hint) from cause
    except RecursionError as cause:
        raise ValidationFailed("the body nests too deep", hint="Flatten it.") from cause
    except msgspec.DecodeError as cause:
        raise ValidationFailed(f"the body is not valid JSON: {cause}", hint=hint) from cause


def not_utf8_at(data: bytes) -> int:
    """Where bytes cease to be UTF-8; their number if they do not."""
    try:
        data.decode()
    except UnicodeDecodeError as cause:
        return cause.start
    return len(data)


def well_formed(data: bytes) -> bytes:
    """JSON in which no text holds half of a character.

    Text cut within an emoji ends in half of a surrogate pair, which JSON can spell and UTF-8 cannot
    hold: a decoder refuses the whole message for it. The half becomes U+FFFD, as everywhere
    (JavaScript's toWellFormed); nothing is lost that said something. A byte-order mark goes.
    """
    return _SURROGATE.sub(_whole, data.removeprefix(b"\xef\xbb\xbf"))


def _whole(match: re.Match[bytes]) -> bytes:
    return match[0] if match["half"] is None else match["before"] + rb"\ufffd"


def read_fields(body: bytes, *, array: str | None = None) -> dict[str, Any]:
    """The fields of a command from bytes: an object, or the array that is its one field.

    Raises:
        ValidationFailed: The bytes are neither.
    """
    if array is not None and body.lstrip(b" \t\r\n").startswith(b"["):
        return {array: _decoded(body)}
    return read_object(body)


def to_command(operation: Operation, fields: dict[str, Any], *, text: bool = False) -> Command:
    """The command of an operation from its fields.

    Args:
        operation: Which.
        fields: By name.
        text: Values are text (a query string, flags).

    Raises:
        ValidationFailed: A field is unknown, missing or malformed.
    """
    return decode_fields(command_type(operation), fields, text=text)


def to_json(result: Any) -> bytes:
    """A result as compact JSON."""
    return _ENCODER.encode(result)


def to_builtins(result: Any) -> Any:
    """A result as plain JSON values."""
    return msgspec.to_builtins(result)


def error_json(error: AiMemoryError) -> bytes:
    """An error in its one shape."""
    return _ENCODER.encode(error.as_dict())
