"""Browse the archive."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.clock import to_rfc3339
from ai_memory.model.command import Command
from ai_memory.model.field import given_instant
from ai_memory.model.memory import Archived
from ai_memory.model.query import ArchiveCursor, ArchiveFilter
from ai_memory.operations.cursor import decode_cursor, encode_cursor
from ai_memory.operations.room import first_that_fit
from ai_memory.operations.step import Context
from ai_memory.operations.total import total_of
from ai_memory.operations.view import MemoryView, glimpsed
from ai_memory.ports import Reader


class ListArchived(Command, frozen=True, kw_only=True):
    """List what was deleted, forgotten or has expired, last archived first."""

    namespace: field.OnlyNamespace | None = None
    reason: field.Reason | None = None
    since: field.Since | None = None
    until: field.Until | None = None
    limit: field.ListLimit = limits.LIST_LIMIT_DEFAULT
    offset: field.Offset = 0
    cursor: field.Cursor | None = None
    content: field.ContentShown = "passages"


class ArchivedView(MemoryView, kw_only=True, gc=False):
    """An archived memory: as it was, and when and why it left."""

    archived_at: str
    archive_reason: str


class ArchiveListResult(msgspec.Struct, kw_only=True):
    """One page; `total` counts all that match, up to 10,000 if `total_is_exact` is false."""

    archived: list[ArchivedView]
    count: int
    total: int
    total_is_exact: bool
    next_cursor: str | UnsetType = UNSET


def list_archived(command: ListArchived, rows: Reader, context: Context) -> ArchiveListResult:
    """Run ListArchived.

    Raises:
        ValidationFailed: The cursor is not ours.
    """
    where = ArchiveFilter(
        namespace=command.namespace,
        reason=command.reason,
        since=given_instant(command, "since"),
        until=given_instant(command, "until"),
    )
    after = None if command.cursor is None else decode_cursor(command.cursor, ArchiveCursor)
    limit = min(command.limit, limits.LIST_LIMIT_MAX)
    found = rows.list_archived(where, after=after, offset=command.offset, limit=limit + 1)
    seen = len(found) if after is None else limit + 1  # behind a cursor are not all
    total = total_of(
        seen, offset=command.offset, limit=limit, count=lambda: rows.count_archived(where)
    )
    page = [archived_view(archived, command.content) for archived in found[:limit]]
    page = first_that_fit(context.room, page)
    last = found[len(page) - 1] if page and len(found) > len(page) else None
    return ArchiveListResult(
        archived=page,
        count=len(page),
        total=total.value,
        total_is_exact=total.is_exact,
        next_cursor=(
            UNSET
            if last is None
            else encode_cursor(ArchiveCursor(last.archived_at, last.memory.id))
        ),
    )


def archived_view(archived: Archived, amount: field.ContentAmount = "full") -> ArchivedView:
    """An archived memory as the faces show it."""
    return ArchivedView(
        **glimpsed(archived.memory, amount),
        archived_at=to_rfc3339(archived.archived_at),
        archive_reason=archived.reason,
    )
