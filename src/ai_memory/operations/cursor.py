"""Opaque page cursors: base64 of a small JSON array; a foreign one is refused, not guessed at."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from ai_memory import limits, typed
from ai_memory.errors import ValidationFailed

T = TypeVar("T")


def encode_cursor(value: object) -> str:
    """What a client hands back to get the next page."""
    return urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


def decode_cursor(text: str, kind: type[T]) -> T:
    """Where the previous page ended.

    Raises:
        ValidationFailed: This is no cursor of ours.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        value = typed.decode_json(urlsafe_b64decode(padded), kind)
        if isinstance(value, int) and not 0 <= value <= limits.OFFSET_MAX:
            raise ValueError("no page begins there")  # noqa: TRY301 - refused like the others
        return value
    except (msgspec.MsgspecError, binascii.Error, ValueError) as cause:
        raise ValidationFailed(
            "cursor is not valid",
            hint="Pass next_cursor exactly as it was returned.",
            field="cursor",
        ) from cause
