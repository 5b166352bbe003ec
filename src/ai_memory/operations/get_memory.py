"""Read one memory."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.link import LinkFilter
from ai_memory.model.query import Filter
from ai_memory.operations.find import find
from ai_memory.operations.step import Context
from ai_memory.operations.succession import successors
from ai_memory.operations.view import LinkView, MemoryView, link_view, shown, view
from ai_memory.ports import Reader


class GetMemory(Command, frozen=True, kw_only=True):
    """Read one memory by id or unique id prefix, with its links. Does not count as a recall.

    The first hundred links that hold now; memory_get_links has all.
    """

    id: field.MemoryId


class GetResult(MemoryView, kw_only=True):
    """The memory's fields at the top level, and `memory` and `links` beside them.

    Attributes:
        superseded_by: Ids of the memories that replace it, the newest first.
    """

    memory: MemoryView
    links: list[LinkView]
    superseded_by: list[str] | UnsetType = UNSET


def get_memory(command: GetMemory, rows: Reader, context: Context) -> GetResult:
    """Run GetMemory.

    Raises:
        NotFound: Nothing live has this id.
        AmbiguousId: The prefix fits several.
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
    return GetResult(
        **shown(memory),
        memory=view(memory),
        links=[link_view(link) for link in links],
        superseded_by=list(newer) or UNSET,
    )
