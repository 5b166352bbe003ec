"""Undo a consolidation: the sources live again, what they became is archived."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ai_memory.model import field
from ai_memory.model.command import Action, Command
from ai_memory.operations.consolidation import Restored, consolidated_id, undone
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.operations.waking import OnTaken
from ai_memory.ports import Transaction


class UndoConsolidation(Command, frozen=True, kw_only=True):
    """Take a consolidation back: its sources live again as they were, its result is archived."""

    action: ClassVar[Action] = "write"

    id: field.MemoryId
    on_conflict: OnTaken = "error"


class UndoneResult(msgspec.Struct, kw_only=True):
    """What lives again.

    Attributes:
        restored: Ids of the sources.
        missing: Sources that were restored before, or purged: they stay as they are.
    """

    undone: bool
    id: str
    restored: list[str]
    missing: list[str]
    count: int


def undo_consolidation(command: UndoConsolidation, context: Context) -> Steps[UndoneResult]:
    """Run UndoConsolidation.

    Raises:
        NotFound, AmbiguousId: No consolidation made it, or nothing is left to take back.
        Conflict: A source's title is taken meanwhile, and on_conflict is error.
    """

    def work(rows: Transaction) -> Outcome:
        memory_id = consolidated_id(rows, command.id)
        outcome = undone(rows, memory_id, context, command.on_conflict)
        back: Restored = outcome.result
        result = UndoneResult(
            undone=True,
            id=memory_id,
            restored=[memory.id for memory in back.memories],
            missing=back.missing,
            count=len(back.memories),
        )
        return outcome._replace(result=result)

    # The janitor makes the vectors: a hundred texts are more than anybody waits for.
    done: UndoneResult = yield Write(work)
    return done
