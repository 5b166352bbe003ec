"""The instants that fields name: which end of a day each means, and relative times settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import Micros, Period, parse_period, to_rfc3339

if TYPE_CHECKING:  # few commands have an instant, and most of those a date
    from ai_memory.model.relative_time import Side

_INCLUDES: Final = frozenset(("until", "valid_at", "as_of", "as_recorded_at", "at"))
_EXCLUDES: Final = frozenset(("valid_until", "expires_at"))


_SIDES: Final[Mapping[str, Side | None]] = {"expires_at": "future", "valid_until": None}
"""Where `7d` lies. Nothing is made to have expired; what was true may have ended or may end."""


def read_instant(text: str, *, field: str, now: Micros | None = None) -> Micros:
    """The instant that a field names, by what the field is: the one rule for times that are given.

    A text may name a whole day, month or year. `until` and what is asked "as of" mean its last
    instant; `valid_until` and `expires_at`, which name the first instant that does not count any
    more, the one behind it; every other field the first.

    Args:
        text: As `clock.parse_period` reads it, or `relative_time.read_relative`.
        field: What it is given for.
        now: What relative times are told from; None: a record, which is read at any time.

    Raises:
        ValidationFailed: The text is no instant; `field` names the culprit.
    """
    period = None if now is None else _relative(text, field, now)
    if period is None:
        try:
            period = parse_period(text, field=field)
        except ValidationFailed as cause:
            if now is None:
                raise
            from ai_memory.model.relative_time import EXAMPLES

            hint = f"Write it like 2026-01-02T03:04:05Z, 2026-01-02, {EXAMPLES}."
            raise ValidationFailed(f"{field} is not a time", hint=hint, field=field) from cause
    if field in _INCLUDES:
        return period.last
    return period.end if field in _EXCLUDES else period.start


def _relative(text: str, field: str, now: Micros) -> Period | None:
    if text[4:5] == "-":  # a date, as nearly always
        return None
    from ai_memory.model.relative_time import read_relative

    return read_relative(text, now, field=field, otherwise=_SIDES.get(field, "past"))


def settle_instant(text: str, *, field: str, now: Micros) -> str:
    """The same instant in a form that means it at any time; what is no relative time as it is.

    Raises:
        ValidationFailed: It is relative, and reaches further than a calendar does.
    """
    if _relative(text, field, now) is None:
        return text
    return to_rfc3339(read_instant(text, field=field, now=now))
