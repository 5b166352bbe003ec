"""The links of one memory."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.link import LinkCursor
from ai_memory.model.query import Filter
from ai_memory.operations.cursor import decode_cursor, encode_cursor
from ai_memory.operations.lens import lens, present
from ai_memory.operations.room import first_that_fit
from ai_memory.operations.step import Context
from ai_memory.operations.view import LinkView, link_view
from ai_memory.ports import Reader


class GetLinks(Command, frozen=True, kw_only=True):
    """List the links of a memory, to it and from it, that hold now or at a given instant."""

    id: field.MemoryId
    direction: field.DirectionField = "both"
    relations: field.Relations = ()
    valid_at: field.ValidAt | None = None
    as_recorded_at: field.AsRecordedAt | None = None
    include_invalidated: field.IncludeInvalidated = False
    limit: field.GraphLimit = limits.GRAPH_LIMIT_DEFAULT
    cursor: field.Cursor | None = None


class LinksResult(msgspec.Struct, kw_only=True):
    """One page, oldest first; `total` counts all. A memory nobody knows has none."""

    links: list[LinkView]
    count: int
    total: int
    next_cursor: str | UnsetType = UNSET


def get_links(command: GetLinks, rows: Reader, context: Context) -> LinksResult:
    """Run GetLinks.

    Raises:
        AmbiguousId: The prefix fits several memories.
        ValidationFailed: The cursor is not ours.
    """
    where, live = lens(command, context.now), Filter(now=context.now)
    after = None if command.cursor is None else decode_cursor(command.cursor, LinkCursor)
    memory_id = present(rows, command.id, context.now, field="id")
    if memory_id is None:
        return LinksResult(links=[], count=0, total=0)
    limit = min(command.limit, limits.GRAPH_LIMIT_MAX)
    found = rows.links(
        memory_id, where, live, direction=command.direction, after=after, limit=limit + 1
    )
    page = first_that_fit(context.room, [link_view(link) for link in found[:limit]])
    last = found[len(page) - 1] if page and len(found) > len(page) else None
    return LinksResult(
        links=page,
        count=len(page),
        total=rows.count_links(memory_id, where, live, direction=command.direction),
        next_cursor=UNSET if last is None else encode_cursor(LinkCursor.behind(last)),
    )
