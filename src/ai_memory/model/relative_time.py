"""Relative times: `7d`, `2 weeks ago`, `yesterday`, `last month`, read against an instant.

What names a day, week, month or year means all of it, in UTC, like `2026-11-30` does; a distance
(`7d`, `an hour ago`) means one instant. No clock is read here: whoever has one hands the instant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final, Literal, TypeAlias

from ai_memory import late
from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import SECOND, Micros, Period

Side: TypeAlias = Literal["past", "future"]
"""Where a distance or a weekday lies whose text does not say it."""

EXAMPLES: Final = "7d, 2 weeks ago, yesterday or last month"

_CHARS_MAX: Final = 64  # no relative time is longer
_DAY: Final = 86_400 * SECOND
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_COUNTS: Final[Mapping[str, int]] = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_LENGTHS: Final[Mapping[str, Micros]] = {
    "s": SECOND, "sec": SECOND, "second": SECOND,
    "m": 60 * SECOND, "min": 60 * SECOND, "minute": 60 * SECOND,
    "h": 3_600 * SECOND, "hr": 3_600 * SECOND, "hour": 3_600 * SECOND,
    "d": _DAY, "day": _DAY,
    "w": 7 * _DAY, "wk": 7 * _DAY, "week": 7 * _DAY,
}  # fmt: skip
_MONTHS: Final[Mapping[str, int]] = {"mo": 1, "month": 1, "y": 12, "yr": 12, "year": 12}
"""Units whose length depends on where one stands, in months."""
_DAYS: Final[Mapping[str, int]] = {"yesterday": -1, "today": 0, "tomorrow": 1}
_TURNS: Final[Mapping[str, int]] = {"last": -1, "this": 0, "next": 1}
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY: Final = (
    r"(?P<weekday>mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday"
    r"|sunday)"
)
_DISTANCE: Final = late.pattern(
    r"(?P<sign>[+-] ?|(?:in|next|last|past) )?"
    rf"(?:(?P<figures>\d{{1,12}}) ?|(?P<word>{'|'.join(_COUNTS)}) )"
    rf"(?P<unit>{'|'.join((*_LENGTHS, *_MONTHS))})s?"
    r"(?P<side> ago| from now)?",
    re.ASCII | re.IGNORECASE,
)
_CALENDAR: Final = late.pattern(
    rf"(?:(?P<day>{'|'.join(_DAYS)})"
    rf"|(?P<turn>last|this|next) (?P<span>week|month|year)|(?:(?P<side>last|next) )?{_WEEKDAY})",
    re.ASCII | re.IGNORECASE,
)
_SIDES: Final[Mapping[str, Side]] = {
    "-": "past", "last": "past", "past": "past", "ago": "past",
    "+": "future", "in": "future", "next": "future", "from now": "future",
}  # fmt: skip


def read_relative(
    text: str, now: Micros, *, field: str, otherwise: Side | None = "past"
) -> Period | None:
    """Read a time that is told by its distance from now.

    Args:
        text: Such as `now`, `7d`, `-24h`, `+3d`, `in 3 days`, `a month ago`, `last 90 minutes`,
            `yesterday`, `this week`, `last year`, `monday`, `next friday`. One letter is a unit in
            small letters only: `3M` is minutes to some and months to others.
        now: The instant it is told from.
        field: Names the culprit.
        otherwise: Where `7d` and `monday` lie; None: the text has to say it.

    Returns:
        None: the text is something else.

    Raises:
        ValidationFailed: The text does not say past or future, and `otherwise` neither; or no
            calendar reaches that far.
    """
    if len(text) > _CHARS_MAX:
        return None
    text = " ".join(text.split())
    if text.lower() == "now":
        return Period(now, now, now)
    try:
        if match := _DISTANCE.fullmatch(text):
            return _at_distance(match, now, otherwise)
        if match := _CALENDAR.fullmatch(text):
            return _in_calendar(match, now, otherwise)
    except _Ambiguous:
        raise ValidationFailed(
            f"{field} does not say whether '{text}' is past or to come",
            hint="Write it like -7d or +7d, last monday or next monday.",
            field=field,
        ) from None
    except (ValueError, OverflowError) as cause:
        raise ValidationFailed(
            f"{field} is further away than any calendar reaches", field=field
        ) from cause
    return None


class _Ambiguous(Exception):
    """Neither the text nor the field says on which side of now it is."""


def _at_distance(match: re.Match[str], now: Micros, otherwise: Side | None) -> Period | None:
    before, after = (match[name] and match[name].strip().lower() for name in ("sign", "side"))
    if (before and after) or match["unit"] == "M":
        return None
    said = before or after
    side = _SIDES[said] if said else otherwise
    if side is None:
        raise _Ambiguous
    count = int(match["figures"]) if match["figures"] else _COUNTS[match["word"].lower()]
    count = -count if side == "past" else count
    unit = match["unit"].lower()
    months = _MONTHS.get(unit)
    at = now + count * _LENGTHS[unit] if months is None else _months_on(now, count * months)
    date.fromordinal(_day_of(at))  # ValueError, where a timestamp could not print it
    return Period(at, at, at)


def _in_calendar(match: re.Match[str], now: Micros, otherwise: Side | None) -> Period:
    today = _day_of(now)
    if name := match["day"]:
        return _days(today + _DAYS[name.lower()], 1)
    weekday = date.fromordinal(today).weekday()
    if name := match["weekday"]:
        side = _SIDES[match["side"].lower()] if match["side"] else otherwise
        if side is None:
            raise _Ambiguous
        wanted = _WEEKDAYS.index(name[:3].lower())
        # Today is called today: on a Monday, `monday` is another one.
        if side == "past":
            return _days(today - ((weekday - wanted - 1) % 7 + 1), 1)
        return _days(today + ((wanted - weekday - 1) % 7 + 1), 1)
    turn = _TURNS[match["turn"].lower()]
    span = match["span"].lower()
    if span == "week":
        return _days(today - weekday + 7 * turn, 7)
    here = date.fromordinal(today)
    year, month = here.year, here.month
    if span == "year":
        first, after = date(year + turn, 1, 1), date(year + turn + 1, 1, 1)
    else:
        first, after = _first_of(year, month + turn), _first_of(year, month + turn + 1)
    return _days(first.toordinal(), (after - first).days)


def _day_of(instant: Micros) -> int:
    """The UTC day, counted from 0001-01-01."""
    return instant // _DAY + _EPOCH_DAY


def _days(first: int, count: int) -> Period:
    start = (first - _EPOCH_DAY) * _DAY
    end = start + count * _DAY
    return Period(start, end - 1, end)


def _first_of(year: int, month: int) -> date:
    """The first of a month; 0 is December of the year before, 13 January of the next."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _months_on(now: Micros, months: int) -> Micros:
    """The same day and time so many months on; the month's last day, where it has no such day."""
    moment = date.fromordinal(_day_of(now))
    place = moment.year * 12 + moment.month - 1 + months
    first = _first_of(place // 12, place % 12 + 1)
    length = (_first_of(first.year, first.month + 1) - first).days
    day = first.toordinal() + min(moment.day, length) - 1
    return (day - _EPOCH_DAY) * _DAY + now % _DAY
