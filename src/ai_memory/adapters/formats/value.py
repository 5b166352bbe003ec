"""JSON values from files nobody vouches for: decoded leniently, taken apart without surprises."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

import msgspec

from ai_memory.adapters.formats import bound
from ai_memory.adapters.formats.text import clean, verbatim

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LENIENT: Final = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


class Malformed(ValueError):
    """The bytes are no JSON, not even leniently read."""


def decode(data: bytes | bytearray | memoryview) -> Any:
    """Decode one JSON value.

    What strict JSON forbids but real files contain is repaired, not refused: broken UTF-8, lone
    surrogates, raw control characters in strings, NaN and infinities (null).

    Raises:
        Malformed: The bytes are no JSON, or nest too deep.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return _mended(_LENIENT.decode(bytes(data).decode("utf-8", "replace")))
    except json.JSONDecodeError as cause:
        raise Malformed(f"not valid JSON: {cause.msg} (character {cause.pos + 1})") from None
    except RecursionError:
        raise Malformed("the JSON nests too deep") from None
    except ValueError as cause:  # a number of thousands of digits
        raise Malformed(f"not valid JSON: {cause}") from None


def decode_from(text: str, start: int) -> tuple[Any, int]:
    """Decode the JSON value that begins at `start`, and tell where it ends.

    Raises:
        Malformed: None begins there.
    """
    try:
        value, end = _LENIENT.raw_decode(text, start)
        return _mended(value), end
    except json.JSONDecodeError as cause:
        raise Malformed(f"not valid JSON: {cause.msg}") from None
    except (ValueError, RecursionError):
        raise Malformed("not readable JSON") from None


def _mended(value: Any) -> Any:
    """The value without lone surrogates and infinities, which no store can hold."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def text_of(value: object) -> str:
    """The value as clean text without outer blanks; empty when it is none."""
    return clean(value).strip() if isinstance(value, str) else ""


def name_of(value: object) -> str:
    """A name or number that identifies something, as text; empty when it is neither."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return text_of(value)


def body_of(value: object) -> str:
    """The value as text that is kept as it is; empty when it is none, or blank."""
    text = verbatim(value) if isinstance(value, str) else ""
    return text if text.strip() else ""


def flat(value: object) -> list[str]:
    """The names within a value, however they are nested; no more than a note could mean."""
    names: list[str] = []
    pending: list[tuple[object, int]] = [(value, 0)]
    while pending and len(names) < bound.FLAT_NAMES_MAX:
        item, depth = pending.pop()
        inner: list[object] = []
        if isinstance(item, list):
            inner = item
        elif isinstance(item, dict):
            inner = [part for pair in item.items() for part in pair]
        elif isinstance(item, bool):
            names.append(str(item).lower())
        elif name := name_of(item):
            names.append(name)
        if depth < bound.NESTING_MAX:
            pending += [(one, depth + 1) for one in reversed(inner)]
    return names


def list_of(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def dict_of(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
