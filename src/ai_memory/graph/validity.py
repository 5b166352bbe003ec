"""When a link holds: what asserting it adds, and what invalidating it closes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ai_memory.model.clock import Micros
from ai_memory.model.link import Link


class Interval(NamedTuple):
    """From `start` on, until before `end`; None: for ever."""

    start: Micros
    end: Micros | None


def overlap(one: Interval, other: Interval) -> Interval | None:
    """The time that is in both; None: they share no instant."""
    start = max(one.start, other.start)
    ends = [end for end in (one.end, other.end) if end is not None]
    end = min(ends, default=None)
    return Interval(start, end) if end is None or start < end else None


def missing(believed: Sequence[Link], wanted: Interval) -> list[Interval]:
    """The parts of `wanted` over which none of the believed intervals holds, in order.

    Asserting a link again adds these and nothing else: what holds already is not said twice.
    """
    return remaining(wanted, [Interval(link.valid_from, link.valid_until) for link in believed])


def remaining(whole: Interval, cut: Iterable[Interval]) -> list[Interval]:
    """What some intervals leave of another one, in order."""
    parts: list[Interval] = []
    start = whole.start
    for taken in sorted(cut, key=lambda one: one.start):
        if whole.end is not None and taken.start >= whole.end:
            break
        if taken.end is not None and taken.end <= max(start, taken.start):
            continue  # over before it matters, or never held
        if taken.start > start:
            parts.append(Interval(start, taken.start))
        if taken.end is None:
            return parts
        start = taken.end
    if whole.end is None or start < whole.end:
        parts.append(Interval(start, whole.end))
    return parts


def latest(believed: Sequence[Link]) -> Link | None:
    """The interval that began last."""
    return max(believed, key=lambda link: (link.valid_from, link.created_at), default=None)


def closings(believed: Sequence[Link], until: Micros) -> list[Link]:
    """The intervals whose end must change for the link not to hold from `until` on.

    The latest one always ends there: to name another end for it is to correct the first.
    """
    last = latest(believed)
    return [
        link
        for link in believed
        if link.valid_until != until
        and (link is last or link.valid_until is None or link.valid_until > until)
    ]
