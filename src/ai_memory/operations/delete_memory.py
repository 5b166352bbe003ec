"""Delete a memory: it leaves the live set and is kept in the archive."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ai_memory.model import field
from ai_memory.model.change import MemoryDeleted
from ai_memory.model.command import Action, Command
from ai_memory.operations.find import find
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.ports import Lookups, Transaction


class DeleteMemory(Command, frozen=True, kw_only=True):
    """Delete a memory by id or unique id prefix; the archive keeps it. It is no longer found."""

    action: ClassVar[Action] = "delete"

    id: field.MemoryId


class DeleteResult(msgspec.Struct, kw_only=True):
    """What was deleted."""

    deleted: bool
    id: str


def delete_memory(command: DeleteMemory, context: Context) -> Steps[DeleteResult]:
    """Run DeleteMemory.

    Raises:
        NotFound, AmbiguousId: See `find`.
    """

    def work(rows: Transaction) -> Outcome:
        memory = find(rows, command.id, context.now)
        fact = MemoryDeleted(memory_id=memory.id, at=context.now, reason="delete")
        return Outcome(DeleteResult(deleted=True, id=memory.id), (fact,))

    deleted: DeleteResult = yield Write(work, Lookups(ids=(command.id,)))
    return deleted
