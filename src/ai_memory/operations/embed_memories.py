"""Make the vectors that are missing: text stored without an embedder, or under another model."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.errors import EmbedderUnavailable
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Memory, payload_of
from ai_memory.operations.embedding import embed_texts
from ai_memory.operations.step import Context, Outcome, Read, Steps, Windows, Write
from ai_memory.ports import Lookups, Transaction


class EmbedMemories(Command, frozen=True, kw_only=True):
    """Embed some of the memories that have no vectors. The janitor's command.

    With `replace_model`, the store's vectors of another model are dropped first.
    """

    action: ClassVar[Action] = "maintain"

    limit: Annotated[int, Meta(ge=1, le=1_000)] = limits.BACKFILL_BATCH
    replace_model: bool = False


class EmbedResult(msgspec.Struct, kw_only=True):
    """How many were embedded now, how many still wait, how many old vectors were dropped."""

    embedded: int
    remaining: int
    dropped: int


def embed_memories(command: EmbedMemories, context: Context) -> Steps[EmbedResult]:
    """Run EmbedMemories.

    Raises:
        EmbedderUnavailable: This node has no embedder, or it does not answer.
    """
    model = context.facts.embedder
    if model is None:
        raise EmbedderUnavailable(context.facts.embedder_problem or "this node has no embedder")
    dropped = 0
    if command.replace_model:
        dropped = yield Write(lambda rows: Outcome(_replace_model(rows, context)))
    waiting: list[Memory] = yield Read(lambda rows: rows.unembedded(command.limit))
    groups: tuple[Windows, ...] = ()
    if waiting:
        embedded = yield from embed_texts(
            [(memory.title, memory.content) for memory in waiting], context, bulk=True
        )
        if embedded is None:
            raise EmbedderUnavailable("the embedder does not answer")
        groups = tuple(
            Windows(memory.id, payload_of(memory).hash(), vectors)
            for memory, (_matrix, vectors) in zip(waiting, embedded, strict=True)
        )

    def work(rows: Transaction) -> Outcome:
        remaining = max(0, rows.count_unembedded() - len(groups))
        result = EmbedResult(embedded=len(groups), remaining=remaining, dropped=dropped)
        return Outcome(result, windows=groups)

    done: EmbedResult = yield Write(work, Lookups(ids=tuple(memory.id for memory in waiting)))
    return done


def _replace_model(rows: Transaction, context: Context) -> int:
    model = context.facts.embedder
    assert model is not None
    return 0 if rows.adopt_model(model) else rows.drop_windows(model)
