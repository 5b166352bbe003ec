"""Move what has expired into the archive."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.change import MemoryDeleted
from ai_memory.model.command import Action, Command
from ai_memory.operations.step import Context, Outcome, Read, Steps, Write
from ai_memory.ports import Transaction


class CollectExpired(Command, frozen=True, kw_only=True):
    """Archive what has expired now; a running server does it by itself every minute."""

    action: ClassVar[Action] = "maintain"

    dry_run: field.DryRun = False


class CollectResult(msgspec.Struct, kw_only=True):
    """How many were archived, or in a dry run would be; `expired_deleted` is what left."""

    collected: int
    expired_deleted: int
    dry_run: bool


def collect_expired(command: CollectExpired, context: Context) -> Steps[CollectResult]:
    """Run CollectExpired."""
    due: int = yield Read(lambda rows: rows.count_expired(context.now))
    if command.dry_run or not due:
        return CollectResult(collected=due, expired_deleted=0, dry_run=command.dry_run)

    def work(rows: Transaction) -> Outcome:
        ids = rows.expired(context.now, limits.SWEEP_BATCH)
        facts = tuple(
            MemoryDeleted(memory_id=memory_id, at=context.now, reason="ttl_expired")
            for memory_id in ids
        )
        return Outcome(len(ids), facts)

    collected = 0
    for _batch in range(due // limits.SWEEP_BATCH + 1):
        moved: int = yield Write(work)
        collected += moved
        if moved < limits.SWEEP_BATCH:
            break
    return CollectResult(collected=collected, expired_deleted=collected, dry_run=False)
