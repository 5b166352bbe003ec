"""The time and filter fields of a graph query, as one LinkFilter: they mean the same everywhere."""

from __future__ import annotations

from typing import Any

from ai_memory.errors import AiMemoryError, NotFound, ValidationFailed
from ai_memory.model.clock import Micros
from ai_memory.model.command import Command
from ai_memory.model.field import given_instant
from ai_memory.model.link import LinkFilter
from ai_memory.operations.find import find
from ai_memory.ports import Reader


def lens(command: Command, now: Micros) -> LinkFilter:
    """What the time fields, `relations` and `allowed_agents` of a command leave.

    A query about what was known at an instant is, unless it says otherwise, one about what held
    at that instant: it answers what the same query answered then.

    Args:
        command: Has some of those fields; one it lacks narrows nothing.
        now: The instant of the query.

    Raises:
        ValidationFailed: `as_of` and `valid_at` name two instants.
    """
    valid_at = given_instant(command, "valid_at")
    as_of = given_instant(command, "as_of")
    known_at = given_instant(command, "as_recorded_at")
    if valid_at is not None and as_of is not None and valid_at != as_of:
        raise ValidationFailed(
            "as_of and valid_at name two instants",
            hint="They are two names of one thing: give one.",
            field="as_of",
        )
    for default in (as_of, known_at, now):
        valid_at = default if valid_at is None else valid_at

    def given(name: str) -> Any:
        return getattr(command, name, None)

    return LinkFilter(
        valid_at=valid_at,
        invalidated=bool(given("include_invalidated")),
        known_at=known_at,
        relations=given("relations") or None,
        observers=given("allowed_agents"),
    )


def present(rows: Reader, memory_id: str, now: Micros, *, field: str) -> str | None:
    """The full id of a live memory; None when nothing live is called so.

    Raises:
        AmbiguousId: The prefix fits several.
    """
    try:
        return required(rows, memory_id, now, field=field)
    except NotFound:
        return None


def required(rows: Reader, memory_id: str, now: Micros, *, field: str) -> str:
    """The full id of a live memory.

    Raises:
        NotFound, AmbiguousId: See `find`; `field` says which field named it.
    """
    try:
        return find(rows, memory_id, now).id
    except AiMemoryError as error:
        error.details["field"] = field
        raise
