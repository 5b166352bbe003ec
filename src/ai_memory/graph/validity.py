"""When a link holds: what asserting it adds, and what invalidating it closes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ai_memory.model.clock import Micros
from ai_memory.model.link import Link


class Interval(NamedTuple):
    """From `start` on, until before `end`; None: for ever."""

    start: Micros
    end: Micros | None


def missing(believed: Sequence[Link], wanted: Interval) -> list[Interval]:
    """The parts of `wanted` over which none of the believed intervals holds, in order.

    Asserting a link again adds these and nothing else: what holds already is not said twice.
    """
    parts: list[Interval] = []
    start = wanted.start
    for link in sorted(believed, key=lambda link: link.valid_from):
        if wanted.end is not None and link.valid_from >= wanted.end:
            break
        if link.valid_until is not None and link.valid_until <= max(start, link.valid_from):
            continue  # over before it matters, or never held
        if link.valid_from > start:
            parts.append(Interval(start, link.valid_from))
        if link.valid_until is None:
            return parts
        start = link.valid_until
    if wanted.end is None or start < wanted.end:
        parts.append(Interval(start, wanted.end))
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
