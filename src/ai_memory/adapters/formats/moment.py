"""Instants as foreign files write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import SECOND, Micros
from ai_memory.model.instant import read_instant as field_instant

_EARLIEST: Final = -62_135_596_800 * SECOND  # 0001-01-01, the first a timestamp can print
_LATEST: Final = 253_402_300_800 * SECOND - 1  # the last microsecond of 9999
_SECONDS_MAX: Final = 100_000_000_000  # the year 5138; larger numbers are milliseconds
_SHORT_TIME: Final = 100_000_000  # as Unix time: before 1973
_DATE_CHARS_MAX: Final = 64
_DAY: Final = 86_400 * SECOND
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FORMS: Final = (  # with whether it names a day and no more
    ("%d %B %Y", True), ("%d %b %Y", True), ("%B %d, %Y", True), ("%b %d, %Y", True),
    ("%Y.%m.%d", True), ("%A, %B %d, %Y", True),
    ("%B %d, %Y %I:%M %p", False), ("%b %d, %Y %I:%M %p", False), ("%d %B %Y %H:%M", False),
    ("%B %d, %Y %H:%M", False), ("%a, %d %b %Y %H:%M:%S %z", False),
    ("%a, %d %b %Y %H:%M:%S %Z", False),
)  # fmt: skip
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


def guess_date(value: object, *, until: bool = False) -> Micros | None:
    """Read a date as people and note programs write it: ISO, YAML, RFC 2822, `3 May 2024`.

    Days and months in figures of unknown order are not guessed.

    Args:
        value: Text or a Unix time; anything else is no date.
        until: The date bounds something: a day alone means its end.
    """
    if isinstance(value, int) and abs(value) < _SHORT_TIME:
        value = str(value)  # 20240203 is a day, 2024 a year
    if not isinstance(value, str):
        return guess_instant(value)
    text = " ".join(value.strip().strip("[]\"'").split())[:_DATE_CHARS_MAX]
    if text.isdigit() and len(text) not in (8, 14):
        return guess_instant(int(text)) if len(text) > 8 else None
    for written in (text, text.replace("/", "-"), _yaml_zone(text)):
        instant = guess_instant(written) if written else None
        if instant is not None:
            day_alone = len(written) in (8, 10) and ":" not in written
            return instant + _DAY if until and day_alone else instant
    for form, day_alone in _FORMS:
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007  (UTC is put in below)
        except ValueError:
            continue
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        instant = (moment - _EPOCH) // timedelta(microseconds=1)
        return instant + _DAY if until and day_alone else instant
    return None


def _yaml_zone(text: str) -> str:
    """`2001-12-14 21:59:43.10 -5` with a zone that ISO knows; other text as it is."""
    moment, _, zone = text.rpartition(" ")
    if not moment or zone[:1] not in "+-" or not zone[1:].isdigit() or len(zone) > 3:
        return text.replace(" UTC", "Z").replace(" +", "+").replace(" -", "-")
    return f"{moment}{zone[0]}{zone[1:]:0>2}:00"


def _micros(value: float) -> Micros:
    size = abs(value)
    if size < _SECONDS_MAX:
        return round(value * SECOND)
    if size < _MILLISECONDS_MAX:
        return round(value * 1_000)
    return round(value)
