"""Make the vectors that are missing: text stored without an embedder, or beside a switch."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Memory
from ai_memory.operations.embedding import embed_waiting
from ai_memory.operations.serving import own_model, serves
from ai_memory.operations.step import Context, Outcome, Read, Steps, Write
from ai_memory.ports import Lookups, Reader, Transaction


class EmbedMemories(Command, frozen=True, kw_only=True):
    """Embed some of the memories that have no vectors. The janitor's command.

    Does nothing where another model serves: see PrepareModel.
    """

    action: ClassVar[Action] = "maintain"

    limit: Annotated[int, Meta(ge=1, le=1_000)] = limits.BACKFILL_BATCH


class EmbedResult(msgspec.Struct, kw_only=True):
    """How many were embedded now, how many still wait."""

    embedded: int
    remaining: int


def embed_memories(command: EmbedMemories, context: Context) -> Steps[EmbedResult]:
    """Run EmbedMemories.

    Raises:
        EmbedderUnavailable: This node has no embedder, or it does not answer.
    """
    model = own_model(context)

    def missing(rows: Reader) -> list[Memory]:
        return rows.unembedded(command.limit) if serves(rows, model) else []

    waiting: list[Memory] = yield Read(missing)
    groups = yield from embed_waiting(waiting, context)

    def work(rows: Transaction) -> Outcome:
        made = groups if serves(rows, model) else ()
        remaining = max(0, rows.count_unembedded() - len(made))
        return Outcome(EmbedResult(embedded=len(made), remaining=remaining), windows=made)

    done: EmbedResult = yield Write(work, Lookups(ids=tuple(memory.id for memory in waiting)))
    return done
