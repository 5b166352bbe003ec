"""Read one memory."""

from __future__ import annotations

from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.operations.find import find
from ai_memory.operations.step import Context
from ai_memory.operations.view import LinkView, MemoryView, link_view, shown, view
from ai_memory.ports import Reader


class GetMemory(Command, frozen=True, kw_only=True):
    """Read one memory by id or unique id prefix, with its links. Does not count as a recall."""

    id: field.MemoryId


class GetResult(MemoryView, kw_only=True):
    """The memory's fields at the top level, and `memory` and `links` beside them."""

    memory: MemoryView
    links: list[LinkView]


def get_memory(command: GetMemory, rows: Reader, context: Context) -> GetResult:
    """Run GetMemory.

    Raises:
        NotFound: Nothing live has this id.
        AmbiguousId: The prefix fits several.
    """
    memory = find(rows, command.id, context.now)
    links = [link_view(link) for link in rows.links(memory.id)]
    return GetResult(**shown(memory), memory=view(memory), links=links)
