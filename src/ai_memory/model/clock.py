"""Instants, periods and the hybrid logical clock: pure arithmetic, no clock is read here."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from ai_memory import late
from ai_memory.errors import ValidationFailed

Micros: TypeAlias = int
"""Microseconds since 1970-01-01T00:00:00Z."""

HybridTime: TypeAlias = int
"""Hybrid logical clock reading: Unix milliseconds << 16 | counter; 63 bits last to year 6429."""

SECOND: Final = 1_000_000  # µs
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
INSTANT_MIN: Final[Micros] = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(
    microseconds=1
)
INSTANT_MAX: Final[Micros] = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(
    microseconds=1
)
"""What can be written: years 1 to 9999 in UTC. What enters is checked by it (`parse_period`)."""
_COUNTER_BITS: Final = 16
_DAY: Final = 86_400 * SECOND
_YEAR_CHARS: Final = 4  # 2026
_MONTH_CHARS: Final = 7  # 2026-11
_WEEKDAY_CHARS: Final = 8  # 2026W487; without the day it is the week
_CLOCK_LENGTHS: Final = {2: 3_600 * SECOND, 4: 60 * SECOND, 5: 60 * SECOND}  # 14, 1405, 14:05
# What stands between the date and the time is named: `2026-11-30+02:00` is a day with an offset,
# and would else be read as two o'clock.
_SHAPE: Final = late.pattern(
    r"(?P<day>\d{4}(?:-\d\d(?:-\d\d)?|\d{4}|-W\d\d(?:-\d)?|W\d\d\d?)?)"
    r"(?:[Tt ](?P<time>[\d:.,]{2,18}))?"
    r"(?P<zone>[Zz]|[+-]\d\d(?::?\d\d(?::?\d\d(?:\.\d+)?)?)?)?",
    re.ASCII,
)


def to_rfc3339(instant: Micros) -> str:
    """Print an instant as existing clients expect it: UTC, `+00:00`, fraction only if needed.

    What lies beyond the calendar, in a damaged row, is printed as its nearest end.
    """
    try:
        return (_EPOCH + timedelta(microseconds=instant)).isoformat()
    except OverflowError:
        return to_rfc3339(INSTANT_MIN if instant < 0 else INSTANT_MAX)


def in_calendar(instant: Micros | None) -> bool:
    """Whether an instant can be written; none at all can."""
    return instant is None or INSTANT_MIN <= instant <= INSTANT_MAX


class Period(NamedTuple):
    """What a text names: one instant, or all of the minute, hour, day, week, month or year it says.

    Attributes:
        start: Its first instant.
        last: Its last one, for a bound that includes what it names.
        end: When it is over, for a bound that excludes; of one instant, that instant.
    """

    start: Micros
    last: Micros
    end: Micros


def parse_period(text: str, *, field: str) -> Period:
    """Read an RFC 3339 instant with any offset, or one that leaves its smaller units away.

    `2026-11-30`, `2026-11`, `2026`, `2026-W48`, `2026-11-30T14` and `2026-11-30T14:05` name all of
    that time, in UTC unless an offset follows.

    Raises:
        ValidationFailed: The text is no instant, or its offset leads out of the years 1 to 9999;
            `field` names the culprit.
    """
    try:
        if text[13:14] == text[16:17] == ":" and text[10] in "T ":  # what everybody writes
            moment = datetime.fromisoformat(text)
            return _whole(_micros(moment.replace(tzinfo=moment.tzinfo or UTC)), 0)
        shape = _SHAPE.fullmatch(text)
        named, time, zone = shape.group("day", "time", "zone") if shape else (text, None, None)
        day = named
        if len(day) == _YEAR_CHARS:
            day += "-01-01"
        elif len(day) == _MONTH_CHARS and day[-3] == "-":
            day += "-01"
        moment = datetime.fromisoformat(f"{day}T{time or '00'}{(zone or 'Z').upper()}")
        length = _length(named, moment) if time is None else _CLOCK_LENGTHS.get(len(time), 0)
        return _whole(_micros(moment), length)
    except (ValueError, OverflowError) as cause:
        raise ValidationFailed(
            f"{field} is not an RFC 3339 timestamp",
            hint="Write it like 2026-01-02T03:04:05Z.",
            field=field,
        ) from cause


def parse_rfc3339(text: str, *, field: str) -> Micros:
    """The first instant of what `parse_period` reads; a date alone is midnight UTC.

    Raises:
        ValidationFailed: The text is no instant; `field` names the culprit.
    """
    return parse_period(text, field=field).start


def _micros(moment: datetime) -> Micros:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _whole(start: Micros, length: Micros) -> Period:
    """A period from its start; the last day there is has no day behind it.

    Raises:
        OverflowError: It begins beyond the calendar.
    """
    if not INSTANT_MIN <= start <= INSTANT_MAX:
        raise OverflowError
    return Period(start, start + max(length - 1, 0), min(start + length, INSTANT_MAX))


def _length(day: str, first: datetime) -> Micros:
    """How long what a text without a time names is, in microseconds."""
    if "W" in day:
        return _DAY if len(day.replace("-", "")) == _WEEKDAY_CHARS else 7 * _DAY
    if len(day) == _YEAR_CHARS:
        return (date(first.year, 12, 31) - date(first.year, 1, 1) + timedelta(days=1)).days * _DAY
    return _days_of(first.year, first.month) * _DAY if len(day) == _MONTH_CHARS else _DAY


def _days_of(year: int, month: int) -> int:
    """Of the month; `calendar` knows too, and takes longer to import than a command may."""
    return 31 if month == 12 else (date(year, month + 1, 1) - date(year, month, 1)).days


def next_hybrid_time(last: HybridTime, now: Micros) -> HybridTime:
    """Advance the clock: never backwards, never twice the same, close to physical time."""
    return max(last + 1, (now // 1_000) << _COUNTER_BITS)
