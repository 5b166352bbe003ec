"""Moment: the days a question names, and how near to them a memory was made.

Reads dates the way people write them in English (16 June 2023, June 16th, in May, 2023-06-16, last
week, three days ago) and compares days only. Things are told on the day or soon after, so nearness
fades slowly behind the named days and quickly before them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import islice
from typing import Final, NamedTuple

from ai_memory import late, limits
from ai_memory.model.clock import SECOND, Micros

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_NUMBERS: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_UNIT_DAYS: Final = {"day": 1, "week": 7, "weekend": 7, "month": 31, "year": 366}
_DAYS_BEFORE_FADE: Final = 2.0
_DAYS_AFTER_FADE: Final = 7.0
_YEAR_DAYS: Final = 365.25
_AROUND_CHARS_MAX: Final = 48  # before a day; "weekends before the" has 20
_MICROS_PER_DAY: Final = 86_400 * SECOND
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()

_MONTH: Final = (
    "(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|"
    + "|".join(_MONTHS)
    + r")\b\.?"
)
_DAY: Final = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b"
_YEAR: Final = r"(?P<year>(?:19|20)\d\d)\b"
_CALENDAR: Final = tuple(
    late.pattern(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>(?:19|20)\d\d)[-/](?P<number>[01]?\d)(?:[-/](?P<day>[0-3]?\d))?\b",
        rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+(?:of\s+)?{_YEAR})?",
        rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}(?:,?\s+{_YEAR})?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}",
        rf"\b(?:in|on|during|since|of|by|until|till|before|after|from|last|this|early|late|mid)\s+{_MONTH}",
        rf"\b{_YEAR}",
    )
)
_RELATIVE: Final = late.pattern(
    r"\b(?:(?P<today>today|tonight|this\s+morning)|(?P<yesterday>yesterday)"
    r"|(?P<which>last|this|past)\s+(?P<span>week|weekend|month|year)"
    rf"|(?P<count>\d{{1,3}}|{'|'.join(_NUMBERS)})\s+(?P<unit>day|week|weekend|month|year)s?\s+ago)\b",
    re.IGNORECASE,
)
_AROUND: Final = late.pattern(
    r"\b(?P<unit>day|week|weekend|month|year)s?\s+(?P<side>before|after|of)\s*(?:the\s+)?$",
    re.IGNORECASE,
)


_CALENDAR_HINTS: Final = (*"0123456789", *(month[:3] for month in _MONTHS))
_RELATIVE_HINTS: Final = ("today", "tonight", "this", "yesterday", "last", "past", "ago")
"""One of these stands in whatever the patterns find."""


class Span(NamedTuple):
    """Days `first` to `last`, both included, counted from 0001-01-01 (`date.toordinal`).

    Attributes:
        yearly: No year was named: the same days of any year.
    """

    first: int
    last: int
    yearly: bool = False


def spans(query: str, now: Micros | None = None) -> list[Span]:
    """The days a question names, each once, in the order of the forms tried.

    Each form reads the question once, so the longest takes no longer than its length.

    Args:
        query: As the user typed it.
        now: The instant of the question, for "yesterday" and its kind; None: those are ignored.

    Returns:
        At most `limits.QUERY_DAYS_MAX`.
    """
    found: dict[Span, None] = {}
    rest = query
    for pattern in _CALENDAR if _may_name(_CALENDAR_HINTS, query) else ():
        kept: list[str] = []  # what later forms may read: all but the days found
        read = 0
        for match in pattern.finditer(rest):
            span = _calendar_span(match.groupdict())
            if span is not None:
                before = rest[max(read, match.start() - _AROUND_CHARS_MAX) : match.start()]
                found[_widened(span, before)] = None
            kept += (rest[read : match.start()], " " * len(match.group()))
            read = match.end()
        if kept:
            rest = "".join((*kept, rest[read:]))
    if now is not None and _may_name(_RELATIVE_HINTS, query):
        today = day_of(now)
        found.update((_relative_span(match, today), None) for match in _RELATIVE.finditer(rest))
    return list(islice(found, limits.QUERY_DAYS_MAX))


def _may_name(hints: Sequence[str], query: str) -> bool:
    """Whether the patterns are worth asking: most questions name no day, and they are long.

    Outside ASCII letters and digits have more forms than the hints know.
    """
    return not query.isascii() or any(hint in query.lower() for hint in hints)


def is_month(word: str) -> bool:
    """Whether the word is the full English name of a month."""
    return word.lower() in _MONTHS


def day_of(instant: Micros) -> int:
    """The UTC day of an instant, counted from 0001-01-01."""
    return instant // _MICROS_PER_DAY + _EPOCH_DAY


def nearness(asked: Sequence[Span], day: int) -> float:
    """How near a day is to the days asked for: 1 within, fading to 0 outside; the best of them."""
    return max((_fade(*_outside(span, day)) for span in asked), default=0.0)


def _calendar_span(parts: dict[str, str | None]) -> Span | None:
    year, day, name, number = (parts.get(key) for key in ("year", "day", "month", "number"))
    month = int(number) if number else _month_number(name) if name else None
    yearly = year is None
    anno = int(year) if year else 2000  # A leap year, so that every day of a year exists.
    try:
        if month is None:
            return Span(date(anno, 1, 1).toordinal(), date(anno, 12, 31).toordinal())
        if day is not None:
            exact = date(anno, month, int(day)).toordinal()
            return Span(exact, exact, yearly)
        after = date(anno + month // 12, month % 12 + 1, 1).toordinal()
        return Span(date(anno, month, 1).toordinal(), after - 1, yearly)
    except ValueError:  # No such day, 31 June: the words are still searched for.
        return None


def _month_number(name: str) -> int:
    return next(n for n, month in enumerate(_MONTHS, 1) if month.startswith(name.casefold()[:3]))


def _widened(span: Span, before: str) -> Span:
    """Reach back or on for "the week before <date>" and "the day after <date>"."""
    match = _AROUND.search(before)
    if match is None:
        return span
    reach = _UNIT_DAYS[match["unit"].casefold()]
    if match["side"].casefold() == "before":
        return span._replace(first=span.first - reach)
    return span._replace(last=span.last + reach)


def _relative_span(match: re.Match[str], today: int) -> Span:
    if match["today"]:
        return Span(today, today)
    if match["yesterday"]:
        return Span(today - 1, today - 1)
    if match["which"]:
        reach = _UNIT_DAYS[match["span"].casefold()]
        if match["which"].casefold() == "last":
            return Span(today - 2 * reach, today - reach // 2)
        return Span(today - reach, today)
    text = match["count"].casefold()
    count = int(text) if text.isdigit() else _NUMBERS[text]
    reach = _UNIT_DAYS[match["unit"].casefold()]
    middle = today - count * reach
    return Span(middle - reach // 2, middle + reach // 2)


def _outside(span: Span, day: int) -> tuple[float, float]:
    """Days by which a day lies before and behind a span."""
    before, after = float(span.first - day), float(day - span.last)
    if span.yearly:
        middle = (span.first + span.last) / 2
        turns = round((day - middle) / _YEAR_DAYS) * _YEAR_DAYS
        before, after = before + turns - 1, after - turns - 1  # leap years move a day by one
    return max(0.0, before), max(0.0, after)


def _fade(before: float, after: float) -> float:
    return float(0.5 ** (before / _DAYS_BEFORE_FADE + after / _DAYS_AFTER_FADE))
