"""What an answer says of itself: whether it is sure, and which memories are not true any more."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ai_memory.adapters.formats import Question
from ai_memory.measure.metric import distinct
from ai_memory.operations.recall_memories import RecalledView, RecallResult

_MARKS: Final = ("superseded_by", "supersedes", "may_be_superseded_by", "may_supersede")
"""Fields of a recalled memory that name others with which it cannot be true at once."""


class Mark(NamedTuple):
    """One answer.

    Attributes:
        answered: Something came back.
        confident: The answer says that it is about the question; an answer that says nothing of it
            is taken to mean it.
        current_first: What is true now came back, and before what was true once; where the question
            has such a pair.
        told: The two are marked as replacing one another, where the question has such a pair.
        mistold: What answers the question is marked as replacing, or being replaced by, something
            else.
    """

    answered: bool
    confident: bool
    current_first: bool
    told: bool
    mistold: bool


def unit_of(memory: RecalledView, key: str) -> str:
    """The unit a memory belongs to; a memory without one takes up a rank as well."""
    unit = memory.metadata.get(key)
    return f"memory {memory.id}" if unit is None else str(unit)


def read_mark(result: RecallResult, question: Question) -> Mark:
    """What the answer to a question says of itself."""
    units = {memory.id: unit_of(memory, question.key) for memory in result.memories}
    ranking = distinct(units.values())
    places = {unit: place for place, unit in enumerate(ranking)}
    gold, stale = frozenset(question.gold), frozenset(question.avoid)
    best = min((places[unit] for unit in gold if unit in places), default=None)
    worst = min((places[unit] for unit in stale if unit in places), default=len(ranking))
    others = {
        other
        for memory in result.memories
        for name in _MARKS
        for named in _ids(getattr(memory, name, None))
        for own, other in (
            (units[memory.id], units.get(named, named)),
            (units.get(named, named), units[memory.id]),
        )
        if own in gold
    }
    return Mark(
        answered=bool(result.memories),
        confident=bool(result.memories) and getattr(result, "confident", True) is not False,
        current_first=best is not None and best < worst,
        told=bool(others & stale),
        mistold=bool(others - stale - gold),
    )


def _ids(value: Any) -> list[str]:
    """Ids of a field that names some; none where it is left out."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
