"""Browse memories, page by page, with an honest total."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.query import ListCursor
from ai_memory.operations.cursor import decode_cursor, encode_cursor
from ai_memory.operations.narrowing import exactly, narrowed
from ai_memory.operations.room import first_that_fit
from ai_memory.operations.step import Context
from ai_memory.operations.total import total_of
from ai_memory.operations.view import MemoryView, glimpsed
from ai_memory.ports import Reader


class ListMemories(Command, frozen=True, kw_only=True):
    """Browse memories by filters, most important and newest first, page by page."""

    namespace: field.OnlyNamespace | None = None
    tier: field.OnlyTier | None = None
    tags: field.Tag | None = None
    agent_id: field.OnlyAgent | None = None
    min_priority: field.MinPriority | None = None
    since: field.Since | None = None
    until: field.Until | None = None
    limit: field.ListLimit = limits.LIST_LIMIT_DEFAULT
    offset: field.Offset = 0
    cursor: field.Cursor | None = None
    content: field.ContentShown = "passages"


class ListResult(msgspec.Struct, kw_only=True):
    """One page. `total` counts all that match; `next_cursor` is there while more follow.

    With other filters than namespace and tier, counting stops at 10,000: there are more if
    `total_is_exact` is false.
    """

    memories: list[MemoryView]
    count: int
    total: int
    total_is_exact: bool
    next_cursor: str | UnsetType = UNSET


def list_memories(command: ListMemories, rows: Reader, context: Context) -> ListResult:
    """Run ListMemories.

    Raises:
        ValidationFailed: The cursor is not ours.
    """
    where = narrowed(command, context.now, exactly(command.namespace))
    after = None if command.cursor is None else decode_cursor(command.cursor, ListCursor)
    limit = min(command.limit, limits.LIST_LIMIT_MAX)
    found = rows.list_memories(where, after=after, offset=command.offset, limit=limit + 1)
    seen = len(found) if after is None else limit + 1  # behind a cursor are not all
    total = total_of(
        seen, offset=command.offset, limit=limit, count=lambda: rows.count_memories(where)
    )
    page = [MemoryView(**glimpsed(memory, command.content)) for memory in found[:limit]]
    page = first_that_fit(context.room, page)
    last = found[len(page) - 1] if page and len(found) > len(page) else None
    return ListResult(
        memories=page,
        count=len(page),
        total=total.value,
        total_is_exact=total.is_exact,
        next_cursor=(
            UNSET
            if last is None
            else encode_cursor(ListCursor(last.priority, last.updated_at, last.id))
        ),
    )
