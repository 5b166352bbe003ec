"""Every version a memory ever had."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.clock import to_rfc3339
from ai_memory.model.command import Command
from ai_memory.operations.cursor import decode_cursor, encode_cursor
from ai_memory.operations.find import find_history
from ai_memory.operations.room import first_that_fit
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class MemoryHistory(Command, frozen=True, kw_only=True):
    """Show every version of a memory, newest first; works for deleted memories too."""

    id: field.MemoryId
    limit: field.ListLimit = limits.LIST_LIMIT_DEFAULT
    cursor: field.Cursor | None = None


class VersionView(msgspec.Struct, kw_only=True):
    """One version."""

    version: int
    current: bool
    written_at: str
    title: str
    content: str
    tags: tuple[str, ...]
    metadata: dict[str, Any]


class HistoryResult(msgspec.Struct, kw_only=True):
    """One page of versions, newest first."""

    id: str
    versions: list[VersionView]
    count: int
    total: int
    next_cursor: str | UnsetType = UNSET


def memory_history(command: MemoryHistory, rows: Reader, context: Context) -> HistoryResult:
    """Run MemoryHistory.

    Raises:
        NotFound: No memory, live or deleted, has this id or is the only live one with the prefix.
        ValidationFailed: The cursor is not ours.
    """
    memory_id = find_history(rows, command.id)
    total = rows.count_history(memory_id)
    offset = 0 if command.cursor is None else max(0, decode_cursor(command.cursor, int))
    limit = min(command.limit, limits.LIST_LIMIT_MAX)
    versions = rows.history(memory_id, limit=limit, offset=offset)
    page = [
        VersionView(
            version=version.number,
            current=version.current,
            written_at=to_rfc3339(version.written_at),
            title=version.payload.title,
            content=version.payload.content,
            tags=version.payload.tags,
            metadata=version.payload.metadata,
        )
        for version in versions
    ]
    page = first_that_fit(context.room, page)
    behind = offset + len(page)
    return HistoryResult(
        id=memory_id,
        versions=page,
        count=len(page),
        total=total,
        next_cursor=encode_cursor(behind) if page and behind < total else UNSET,
    )
