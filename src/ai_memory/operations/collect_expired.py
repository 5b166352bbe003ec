"""Move what has expired into the archive."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from ai_memory.model.change import MemoryDeleted
from ai_memory.model.command import Action, Command
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.ports import Transaction


class CollectExpired(Command, frozen=True, kw_only=True):
    """Archive expired memories. The janitor's command; no face offers it yet."""

    action: ClassVar[Action] = "maintain"

    limit: Annotated[int, Meta(ge=1)] = 500


class CollectResult(msgspec.Struct, kw_only=True):
    """How many were archived."""

    collected: int


def collect_expired(command: CollectExpired, context: Context) -> Steps[CollectResult]:
    """Run CollectExpired."""

    def work(rows: Transaction) -> Outcome:
        ids = rows.expired(context.now, command.limit)
        facts = tuple(
            MemoryDeleted(memory_id=memory_id, at=context.now, reason="ttl_expired")
            for memory_id in ids
        )
        return Outcome(CollectResult(collected=len(ids)), facts)

    collected: CollectResult = yield Write(work)
    return collected
