"""A query string → text by name. What is malformed or ambiguous is refused, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from ai_memory.errors import ValidationFailed

_BAD_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def decoded(text: bytes, *, plus: bool = True) -> str:
    """Percent-decode.

    Args:
        text: ASCII with percent escapes.
        plus: Whether `+` is a space, as in a query.

    Raises:
        ValidationFailed: An escape is malformed, or the bytes are no UTF-8 or hold a NUL.
    """
    if plus and b"+" in text:
        text = text.replace(b"+", b" ")
    if b"%" in text:
        if _BAD_PERCENT.search(text):
            raise ValidationFailed(
                "the address holds a malformed percent escape", hint="Write a percent sign as %25."
            )
        text = unquote_to_bytes(text)
    try:
        value = text.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise ValidationFailed(
            "the address is not valid UTF-8", hint="Percent-encode text as UTF-8."
        ) from cause
    if "\x00" in value:
        raise ValidationFailed("the address holds a NUL", hint="Remove %00.")
    return value


def read_query(
    query: bytes, *, aliases: Mapping[str, str], lists: tuple[str, ...]
) -> dict[str, Any]:
    """The fields a query string gives.

    Args:
        query: Without the question mark.
        aliases: Parameter → field, where they differ.
        lists: Fields whose value is a comma-separated list.

    Raises:
        ValidationFailed: It cannot be decoded, or names a field twice.
    """
    fields: dict[str, Any] = {}
    for part in query.split(b"&"):
        if not part:
            continue
        key, _, value = part.partition(b"=")
        given = decoded(key)
        name = aliases.get(given, given)
        if name in fields:
            raise ValidationFailed(
                f"{given[:80]} is given twice", hint="Give it once.", field=given[:80]
            )
        text = decoded(value)
        fields[name] = [item for item in text.split(",") if item] if name in lists else text
    return fields
