"""A title that nobody holds, for a memory that comes from elsewhere."""

from __future__ import annotations

from typing import Final

from ai_memory import limits
from ai_memory.model.change import Change, MemoryDeleted
from ai_memory.model.clock import Micros
from ai_memory.model.memory import Memory
from ai_memory.ports import Transaction

_NUMBERS_TRIED: Final = 16


def free_title(
    rows: Transaction,
    draft: Memory,
    taken: set[tuple[str, str]],
    changes: list[Change],
    now: Micros,
) -> str:
    """The memory's own title, or a numbered one.

    Args:
        rows: Where it shall live.
        draft: The memory.
        taken: Titles (with their namespace) that others of the same transaction hold.
        changes: Gets the fact that a holder's time is over, where it is.
        now: The instant.
    """
    candidates = [draft.title, *(_suffixed(draft.title, str(n)) for n in range(2, _NUMBERS_TRIED))]
    for title in candidates:
        if (draft.namespace, title) in taken:
            continue
        holder = rows.memory_titled(draft.namespace, title)
        if holder is None or holder.id == draft.id:
            return title
        if holder.expired(now):
            changes.append(MemoryDeleted(memory_id=holder.id, at=now, reason="ttl_expired"))
            return title
    # A thousand conversations called "New chat": the id tells them apart.
    return _suffixed(draft.title, draft.id)


def _suffixed(title: str, suffix: str) -> str:
    ending = f" ({suffix})"
    return title[: limits.TITLE_CHARS_MAX - len(ending)] + ending
