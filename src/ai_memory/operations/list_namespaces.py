"""Which namespaces there are."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.query import NamespaceCursor
from ai_memory.operations.cursor import decode_cursor, encode_cursor
from ai_memory.operations.memory_stats import NamespaceCount
from ai_memory.operations.room import first_that_fit
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class ListNamespaces(Command, frozen=True, kw_only=True):
    """List the namespaces with their live memories counted, most populous first, page by page."""

    limit: field.ListLimit = limits.LIST_LIMIT_MAX
    cursor: field.Cursor | None = None


class NamespacesResult(msgspec.Struct, kw_only=True):
    """One page. `total` counts all namespaces that hold a live memory."""

    namespaces: list[NamespaceCount]
    count: int
    total: int
    next_cursor: str | UnsetType = UNSET


def list_namespaces(command: ListNamespaces, rows: Reader, context: Context) -> NamespacesResult:
    """Run ListNamespaces.

    Raises:
        ValidationFailed: The cursor is not ours.
    """
    after = None if command.cursor is None else decode_cursor(command.cursor, NamespaceCursor)
    limit = min(command.limit, limits.LIST_LIMIT_MAX)
    found, total = rows.namespaces(context.now, after=after, limit=limit + 1)
    page = [NamespaceCount(namespace=name, count=count) for name, count in found[:limit]]
    page = first_that_fit(context.room, page)
    last = found[len(page) - 1] if page and len(found) > len(page) else None
    return NamespacesResult(
        namespaces=page,
        count=len(page),
        total=total,
        next_cursor=(
            UNSET
            if last is None
            else encode_cursor(NamespaceCursor(count=last[1], namespace=last[0]))
        ),
    )
