"""Who holds a title: one live memory of a namespace, or nobody."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from ai_memory import limits
from ai_memory.errors import Conflict, ValidationFailed
from ai_memory.model.change import Change, MemoryDeleted
from ai_memory.model.clock import Micros
from ai_memory.model.memory import Memory
from ai_memory.ports import Transaction

_NUMBERS_TRIED: Final = 16


def live_holder(
    rows: Transaction, namespace: str, title: str, now: Micros, leaving: Collection[str] = ()
) -> tuple[Memory | None, list[Change]]:
    """The live memory with this title; and where its time is over, the fact that it goes.

    Those of the ids in `leaving` leave in the same transaction, and hold nothing any more.
    """
    holder = rows.memory_titled(namespace, title)
    if holder is not None and holder.id in leaving:
        return None, []
    if holder is not None and holder.expired(now):
        return None, [MemoryDeleted(memory_id=holder.id, at=now, reason="ttl_expired")]
    return holder, []


def title_taken(holder: Memory, hint: str | None = None) -> Conflict:
    """The error that this memory holds the title.

    Args:
        holder: The memory.
        hint: What the caller may do; None: choose an on_conflict.
    """
    return Conflict(
        f"memory with title '{holder.title}' already exists in namespace '{holder.namespace}'",
        hint=hint,
        existing_id=holder.id,
    )


def numbered_title(rows: Transaction, namespace: str, title: str) -> str:
    """The title with the least number behind it that nobody holds.

    Raises:
        ValidationFailed: Too many numbers are taken.
    """
    for number in range(2, limits.VERSIONED_TITLES_MAX + 1):
        candidate = _suffixed(title, str(number))
        if rows.memory_titled(namespace, candidate) is None:
            return candidate
    raise ValidationFailed(
        f"{limits.VERSIONED_TITLES_MAX} versions of this title exist",
        hint="Choose another title, or on_conflict=merge.",
        field="title",
    )


def free_title(
    rows: Transaction,
    draft: Memory,
    taken: set[tuple[str, str]],
    changes: list[Change],
    now: Micros,
) -> str:
    """The title of a memory that comes from elsewhere: its own, or a numbered one.

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


def is_numbered(title: str, wanted: str) -> bool:
    """Whether a title is the wanted one, or that with what `free_title` puts behind it."""
    if title == wanted:
        return True
    base, opened, _suffix = title.rpartition(" (")
    whole = len(base) == len(wanted) or len(title) == limits.TITLE_CHARS_MAX
    return bool(opened) and title.endswith(")") and whole and wanted.startswith(base)


def _suffixed(title: str, suffix: str) -> str:
    ending = f" ({suffix})"
    return title[: limits.TITLE_CHARS_MAX - len(ending)] + ending
