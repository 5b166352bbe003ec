"""Finding one live memory by what a caller calls it."""

from __future__ import annotations

from ai_memory import limits
from ai_memory.errors import AmbiguousId, NotFound
from ai_memory.model.clock import Micros
from ai_memory.model.memory import Archived, Memory
from ai_memory.ports import Reader


def find(rows: Reader, memory_id: str, now: Micros) -> Memory:
    """The live memory with this full id, or the only one whose id begins with it.

    Raises:
        NotFound: Nothing live fits.
        AmbiguousId: Several fit; the error lists some.
    """
    exact = rows.memory(memory_id)
    if exact is not None and not exact.expired(now):
        return exact
    most = limits.ID_MATCHES_SHOWN_MAX + 1
    ids = rows.ids_with_prefix(memory_id, most, now) if exact is None else []
    live = rows.memories(ids)
    if not live:
        raise NotFound(f"memory not found: {memory_id}", id=memory_id)
    if len(live) > 1:
        matches = sorted(memory.id for memory in live)[: limits.ID_MATCHES_SHOWN_MAX]
        raise AmbiguousId(
            f"ambiguous ID prefix '{memory_id}': {len(live)} matches", id=memory_id, matches=matches
        )
    return live[0]


def find_archived(rows: Reader, memory_id: str) -> Archived:
    """The archived memory with this full id, or the only one whose id begins with it.

    Raises:
        NotFound: Nothing in the archive fits.
        AmbiguousId: Several fit; the error lists some.
    """
    ids = [memory_id]
    found = rows.archived(ids)
    if not found:
        ids = rows.archived_with_prefix(memory_id, limits.ID_MATCHES_SHOWN_MAX + 1)
        if len(ids) > 1:
            raise AmbiguousId(
                f"ambiguous ID prefix '{memory_id}' in the archive",
                id=memory_id,
                matches=ids[: limits.ID_MATCHES_SHOWN_MAX],
            )
        found = rows.archived(ids)
    if not found:
        raise NotFound(
            f"not found in archive: {memory_id}",
            hint="List the archive with memory_archive_list.",
            id=memory_id,
        )
    return found[0]


def find_history(rows: Reader, memory_id: str) -> str:
    """The full id of a memory that has versions, live or not, or of the only live one so begun.

    Raises:
        NotFound: There is none.
    """
    if rows.count_history(memory_id):
        return memory_id
    ids = rows.ids_with_prefix(memory_id, 2)
    if len(ids) != 1:
        raise NotFound(
            f"memory not found: {memory_id}",
            hint="Give the full id, or more of it.",
            id=memory_id,
        )
    return ids[0]
