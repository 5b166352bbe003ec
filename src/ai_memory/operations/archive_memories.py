"""Archive memories by id."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ai_memory.model import field
from ai_memory.model.change import MemoryDeleted
from ai_memory.model.command import Action, Command
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.ports import Lookups, Transaction


class ArchiveMemories(Command, frozen=True, kw_only=True):
    """Move memories into the archive, whatever their expiry; unknown ids are reported."""

    action: ClassVar[Action] = "delete"

    ids: field.MemoryIds
    reason: field.Reason = "archive"


class ArchivedResult(msgspec.Struct, kw_only=True):
    """Which were archived, and which ids are not live."""

    archived: list[str]
    missing: list[str]
    count: int
    reason: str


def archive_memories(command: ArchiveMemories, context: Context) -> Steps[ArchivedResult]:
    """Run ArchiveMemories."""
    ids = tuple(dict.fromkeys(command.ids))

    def work(rows: Transaction) -> Outcome:
        live = {memory.id for memory in rows.memories(ids)}
        archived = [memory_id for memory_id in ids if memory_id in live]
        facts = tuple(
            MemoryDeleted(memory_id=memory_id, at=context.now, reason=command.reason)
            for memory_id in archived
        )
        result = ArchivedResult(
            archived=archived,
            missing=[memory_id for memory_id in ids if memory_id not in live],
            count=len(archived),
            reason=command.reason,
        )
        return Outcome(result, facts)

    archived: ArchivedResult = yield Write(work, Lookups(ids=ids))
    return archived
