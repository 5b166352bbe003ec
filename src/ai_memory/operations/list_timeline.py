"""The timeline of a memory: its links in the order in which they began to hold."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.clock import to_rfc3339
from ai_memory.model.command import Command
from ai_memory.model.field import given_instant
from ai_memory.model.link import LinkCursor, LinkFilter
from ai_memory.model.query import Filter
from ai_memory.operations.cursor import decode_cursor, encode_cursor
from ai_memory.operations.lens import present
from ai_memory.operations.room import first_that_fit
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class ListTimeline(Command, frozen=True, kw_only=True):
    """List what a memory was linked to and when, invalidated links too, oldest first."""

    source_id: field.MemoryId
    since: field.Since | None = None
    until: field.Until | None = None
    relations: field.Relations = ()
    as_recorded_at: field.AsRecordedAt | None = None
    limit: field.GraphLimit = limits.GRAPH_LIMIT_DEFAULT
    cursor: field.Cursor | None = None


class TimelineEvent(msgspec.Struct, kw_only=True, gc=False):
    """An interval over which a link held, or holds while `valid_until` is null."""

    target_id: str
    relation: str
    valid_from: str
    valid_until: str | None
    observed_by: str | None
    title: str
    target_namespace: str


class TimelineResult(msgspec.Struct, kw_only=True):
    """One page; `total` counts all. A memory nobody knows has none."""

    source_id: str
    events: list[TimelineEvent]
    count: int
    total: int
    next_cursor: str | UnsetType = UNSET


def list_timeline(command: ListTimeline, rows: Reader, context: Context) -> TimelineResult:
    """Run ListTimeline.

    Raises:
        AmbiguousId: The prefix fits several memories.
        ValidationFailed: The cursor is not ours.
    """
    where = LinkFilter(
        known_at=given_instant(command, "as_recorded_at"),
        relations=command.relations or None,
        since=given_instant(command, "since"),
        until=given_instant(command, "until"),
    )
    live = Filter(now=context.now)
    after = None if command.cursor is None else decode_cursor(command.cursor, LinkCursor)
    source = present(rows, command.source_id, context.now, field="source_id")
    if source is None:
        return TimelineResult(source_id=command.source_id, events=[], count=0, total=0)
    limit = min(command.limit, limits.GRAPH_LIMIT_MAX)
    found = rows.links(source, where, live, direction="outbound", after=after, limit=limit + 1)
    labels = rows.labels([link.target_id for link in found[:limit]])
    page = [
        TimelineEvent(
            target_id=link.target_id,
            relation=link.relation,
            valid_from=to_rfc3339(link.valid_from),
            valid_until=None if link.valid_until is None else to_rfc3339(link.valid_until),
            observed_by=link.observed_by,
            title=labels[link.target_id].title,
            target_namespace=labels[link.target_id].namespace,
        )
        for link in found[:limit]
    ]
    page = first_that_fit(context.room, page)
    last = found[len(page) - 1] if page and len(found) > len(page) else None
    return TimelineResult(
        source_id=source,
        events=page,
        count=len(page),
        total=rows.count_links(source, where, live, direction="outbound"),
        next_cursor=UNSET if last is None else encode_cursor(LinkCursor.behind(last)),
    )
