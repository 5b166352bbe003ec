"""What a newer memory may replace, as far as the words of the two show it: a guess, not a link.

A text is as old as its words: a memory that was revised speaks from the revision on that brought
what its content says now; another tag or title makes it no newer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ai_memory.model.clock import Micros
from ai_memory.model.memory import Memory
from ai_memory.ports import Reader
from ai_memory.retrieval.change import replacements

_VERSIONS_MAX: Final = 20  # looked through for the revision that brought the content


def may_replace(
    rows: Reader, memories: Sequence[Memory], known: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """For each memory that another of some may replace: the ids of those, the newest first.

    Memories of two namespaces replace nothing of each other: what holds for one project says
    nothing of another.

    Args:
        rows: Where to look when a text was written.
        memories: At most as many as an answer has.
        known: Id → ids of what supersedes it for certain; such pairs are no guess.
    """
    instants: dict[int, Micros] = {}

    def at(number: int) -> Micros:
        if number not in instants:
            instants[number] = said_at(rows, memories[number])
        return instants[number]

    found: dict[str, list[int]] = {}
    for older, newer in replacements([(one.title, one.content) for one in memories], at):
        old, new = memories[older], memories[newer]
        # What a link says for certain, of either, is no matter for a guess.
        if old.namespace == new.namespace and old.id not in known.get(new.id, ()):
            found.setdefault(old.id, []).append(newer)
    return {
        old: tuple(memories[number].id for number in sorted(numbers, key=at, reverse=True))
        for old, numbers in found.items()
        if old not in known  # what replaces it for certain is said already
    }


def said_at(rows: Reader, memory: Memory) -> Micros:
    """Since when the content of a memory is what it is."""
    if memory.version == 1:
        return memory.created_at
    since = memory.updated_at
    for version in rows.history(memory.id, limit=_VERSIONS_MAX, offset=0):
        if version.payload.content != memory.content:
            return since
        since = version.written_at
    return since if memory.version > _VERSIONS_MAX else memory.created_at
