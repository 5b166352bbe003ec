"""Read one memory."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from ai_memory import limits
from ai_memory.errors import ValidationFailed
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.link import LinkFilter
from ai_memory.model.memory import Memory
from ai_memory.model.query import Filter
from ai_memory.operations.find import find
from ai_memory.operations.room import Room
from ai_memory.operations.step import Context
from ai_memory.operations.succession import successors
from ai_memory.operations.view import LinkView, MemoryView, excerpted, link_view, shown
from ai_memory.ports import Reader
from ai_memory.retrieval.passage import Passage, whole_cluster


class GetMemory(Command, frozen=True, kw_only=True):
    """Read one memory by id or unique id prefix, with its links. Does not count as a recall.

    The first hundred links that hold now; memory_get_links has all. Of content too long for the
    answer it shows the beginning; `start` reads on.
    """

    id: field.MemoryId
    start: Annotated[
        int, Meta(ge=0, le=limits.CONTENT_BYTES_MAX, description="Read on from this character.")
    ] = 0
    end: (
        Annotated[
            int,
            Meta(ge=1, le=limits.CONTENT_BYTES_MAX, description="Up to this character."),
        ]
        | None
    ) = None


class GetResult(MemoryView, kw_only=True):
    """The memory's fields at the top level, and `memory` and `links` beside them.

    Attributes:
        superseded_by: Ids of the memories that replace it, the newest first.
        left_out: How to read the rest of the content, where more follows than was asked for.
    """

    memory: MemoryView
    links: list[LinkView]
    superseded_by: list[str] | UnsetType = UNSET
    left_out: str | UnsetType = UNSET


def get_memory(command: GetMemory, rows: Reader, context: Context) -> GetResult:
    """Run GetMemory.

    Raises:
        NotFound: Nothing live has this id.
        AmbiguousId: The prefix fits several.
        ValidationFailed: The content has no such range.
    """
    memory = find(rows, command.id, context.now)
    links = rows.links(
        memory.id,
        LinkFilter(valid_at=context.now),
        Filter(now=context.now),
        direction="both",
        after=None,
        limit=limits.LINKS_SHOWN_MAX,
    )
    newer: tuple[str, ...] = ()
    if links:  # what supersedes it is linked to it
        newer = successors(rows, [memory.id], Filter(now=context.now)).get(memory.id, ())
    fields = _read(memory, command.start, command.end, context.room)
    stop = fields["passages"][-1].end if "passages" in fields else len(memory.content)
    asked = len(memory.content) if command.end is None else min(command.end, len(memory.content))
    return GetResult(
        **fields,
        memory=MemoryView(**fields),
        left_out=f"The content goes on: start={stop} reads on." if stop < asked else UNSET,
        links=[link_view(link) for link in links],
        superseded_by=list(newer) or UNSET,
    )


def _read(memory: Memory, start: int, end: int | None, room: Room | None) -> dict[str, Any]:
    """The fields of the memory, with the asked range of its content as far as it fits."""
    content = memory.content
    past = start > 0 and start >= len(content)  # a damaged row may have no content at all
    if past or (end is not None and end <= start):
        raise ValidationFailed(
            f"start {start} is past the end of the content"
            if past
            else f"end {end} is not behind start {start}",
            hint=f"The content has {len(content)} characters, counted from 0; end is not included.",
            field="start" if past else "end",
        )
    stop = len(content) if end is None else min(end, len(content))
    if room is not None:
        most = start + room.characters(content[start:stop])
        stop = stop if most >= stop else whole_cluster(content, start, most)
    if stop - start == len(content):
        return shown(memory)
    return excerpted(memory, (Passage(start, stop),), content[start:stop])
