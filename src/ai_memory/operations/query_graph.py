"""Query the graph: what a memory is related to, near and far, now or at another time."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory import limits
from ai_memory.graph.traverse import Reached, walk
from ai_memory.model import field
from ai_memory.model.clock import to_rfc3339
from ai_memory.model.command import Command
from ai_memory.model.link import Link
from ai_memory.model.query import Filter
from ai_memory.operations.cursor import decode_cursor, encode_cursor
from ai_memory.operations.lens import lens, present
from ai_memory.operations.room import first_that_fit
from ai_memory.operations.step import Context
from ai_memory.operations.view import LinkView, link_view
from ai_memory.ports import Reader
from ai_memory.ports.graph import Label


class QueryGraph(Command, frozen=True, kw_only=True):
    """Find what a memory is related to, hop by hop: each memory once, on a shortest path.

    By default what holds now; valid_at asks for another time, as_recorded_at for what was known.
    """

    source_id: field.MemoryId
    max_depth: Annotated[
        int, Meta(ge=1, le=limits.WALK_DEPTH_MAX, description="Links in a row.")
    ] = 1
    direction: field.DirectionField = "outbound"
    relations: field.Relations = ()
    valid_at: field.ValidAt | None = None
    as_of: field.AsOf | None = None
    as_recorded_at: field.AsRecordedAt | None = None
    include_invalidated: field.IncludeInvalidated = False
    allowed_agents: field.Observers | None = None
    limit: field.GraphLimit = limits.GRAPH_LIMIT_DEFAULT
    cursor: field.Cursor | None = None
    with_links: Annotated[bool, Meta(description="Links among these memories, too.")] = False


class RelatedView(msgspec.Struct, kw_only=True, gc=False):
    """A memory and the link that led to it.

    Attributes:
        target_id: The memory reached; `direction` says which way the link points.
        path: Ids from the start, joined by `->`.
    """

    target_id: str
    relation: str
    valid_from: str
    valid_until: str | None
    observed_by: str | None
    title: str
    target_namespace: str
    depth: int
    path: str
    direction: str


class GraphResult(msgspec.Struct, kw_only=True):
    """One page, nearest first; `paths` has the path of each, `links` what was asked for.

    Attributes:
        total: All there are; at least so many when `truncated`.
        truncated: The walk met more links than it may look at.
    """

    source_id: str
    max_depth: int
    memories: list[RelatedView]
    paths: list[str]
    count: int
    total: int
    truncated: bool
    links: list[LinkView] | UnsetType = UNSET
    next_cursor: str | UnsetType = UNSET


def query_graph(command: QueryGraph, rows: Reader, context: Context) -> GraphResult:
    """Run QueryGraph.

    Raises:
        AmbiguousId: The prefix fits several memories.
        ValidationFailed: The cursor is not ours, or as_of and valid_at differ.
    """
    where, live = lens(command, context.now), Filter(now=context.now)
    begin = 0 if command.cursor is None else decode_cursor(command.cursor, int)
    source = present(rows, command.source_id, context.now, field="source_id")
    reached: list[Reached] = []
    truncated = False
    if source is not None:
        reached, truncated = walk(
            source,
            lambda ids, most: rows.links_at(
                ids, where, live, direction=command.direction, limit=most
            ),
            direction=command.direction,
            depth=command.max_depth,
            links_max=limits.WALK_LINKS_MAX,
        )
    page = reached[begin : begin + min(command.limit, limits.GRAPH_LIMIT_MAX)]
    labels = rows.labels([step.memory_id for step in page])
    related = [_related(step, labels[step.memory_id]) for step in page]
    # Each path stands in the answer twice.
    fitting = first_that_fit(context.room, [(memory, memory.path) for memory in related])
    memories = [memory for memory, _path in fitting]
    page = page[: len(memories)]
    end = begin + len(page)
    among: list[Link] | None = None
    if command.with_links:
        shown = {step.memory_id for step in page} | ({source} if source is not None else set())
        among = [
            link
            for link in rows.links_at(
                sorted(shown), where, live, direction="outbound", limit=limits.WALK_LINKS_MAX
            )
            if link.target_id in shown
        ]
    return GraphResult(
        source_id=source or command.source_id,
        max_depth=command.max_depth,
        memories=memories,
        paths=[memory.path for memory in memories],
        count=len(memories),
        total=len(reached),
        truncated=truncated,
        links=UNSET if among is None else [link_view(link) for link in among],
        next_cursor=encode_cursor(end) if end < len(reached) else UNSET,
    )


def _related(step: Reached, label: Label) -> RelatedView:
    link = step.link
    return RelatedView(
        target_id=step.memory_id,
        relation=link.relation,
        valid_from=to_rfc3339(link.valid_from),
        valid_until=None if link.valid_until is None else to_rfc3339(link.valid_until),
        observed_by=link.observed_by,
        title=label.title,
        target_namespace=label.namespace,
        depth=step.depth,
        path="->".join(step.path),
        direction="outbound" if step.outbound else "inbound",
    )
