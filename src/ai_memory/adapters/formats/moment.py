"""Instants as foreign files write them."""

from __future__ import annotations

from typing import Final

from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import SECOND, Micros
from ai_memory.model.field import read_instant as field_instant

_EARLIEST: Final = -62_135_596_800 * SECOND  # 0001-01-01, the first a timestamp can print
_LATEST: Final = 253_402_300_800 * SECOND - 1  # the last microsecond of 9999
_SECONDS_MAX: Final = 100_000_000_000  # the year 5138; larger numbers are milliseconds
_MILLISECONDS_MAX: Final = 100_000_000_000_000  # still the year 5138; larger are microseconds


def read_instant(value: object, *, field: str) -> Micros | None:
    """Read RFC 3339 text, or a Unix time in seconds, milliseconds or microseconds by its size.

    Args:
        value: None and blank text are no instant.
        field: Whose it is, as our commands call it: a day as `valid_until` ends with it.

    Raises:
        ValidationFailed: The value is something else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return field_instant(value.strip(), field=field)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        micros = _micros(value) if abs(value) <= _LATEST else None  # false for NaN
        if micros is not None and _EARLIEST <= micros <= _LATEST:
            return micros
    raise ValidationFailed(
        f"{field} is not a timestamp",
        hint="Write it like 2026-01-02T03:04:05Z, or as Unix seconds.",
        field=field,
    )


def guess_instant(value: object, *, field: str = "instant") -> Micros | None:
    """Read an instant where a memory can do without: None when it cannot be read."""
    try:
        return read_instant(value, field=field)
    except ValidationFailed:
        return None


def _micros(value: float) -> Micros:
    size = abs(value)
    if size < _SECONDS_MAX:
        return round(value * SECOND)
    if size < _MILLISECONDS_MAX:
        return round(value * 1_000)
    return round(value)
