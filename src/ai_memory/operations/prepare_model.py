"""Make vectors of a new model beside those that serve."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.model.command import Action, Command
from ai_memory.operations.embedding import embed_waiting
from ai_memory.operations.serving import own_model
from ai_memory.operations.step import Context, Outcome, Read, Steps, Write
from ai_memory.ports import EmbeddingModel, Lookups, Reader, Transaction, Unprepared


class PrepareModel(Command, frozen=True, kw_only=True):
    """Embed some memories with this node's model, so that it can serve later. The reembedder's.

    The first of these begins the change, or gives up another that was begun.
    """

    action: ClassVar[Action] = "maintain"

    limit: Annotated[int, Meta(ge=1, le=1_000)] = limits.REEMBED_BATCH


class PrepareResult(msgspec.Struct, kw_only=True):
    """How many were embedded now; whether the model serves already, so that none need be."""

    embedded: int
    serves: bool


def prepare_model(command: PrepareModel, context: Context) -> Steps[PrepareResult]:
    """Run PrepareModel.

    Raises:
        EmbedderUnavailable: This node has no embedder, or it does not answer.
    """
    model = own_model(context)
    under_way: bool = yield Read(lambda rows: rows.coming_model() == model)
    if not under_way:
        serves: bool = yield Write(lambda rows: Outcome(rows.begin_model(model)))
        if serves:
            return PrepareResult(embedded=0, serves=True)
    found: Unprepared = yield Read(lambda rows: _unprepared(rows, model, command.limit))
    groups = yield from embed_waiting(found.memories, context)

    def work(rows: Transaction) -> Outcome:
        # What got another text meanwhile has been noted as waiting: it may be passed.
        if not rows.reach(model, found):
            return Outcome(PrepareResult(embedded=0, serves=rows.embedding_model() == model))
        return Outcome(PrepareResult(embedded=len(groups), serves=False), windows=groups)

    ids = tuple(memory.id for memory in found.memories)
    done: PrepareResult = yield Write(work, Lookups(ids=ids))
    return done


def _unprepared(rows: Reader, model: EmbeddingModel, limit: int) -> Unprepared:
    return rows.unprepared(limit) if rows.coming_model() == model else Unprepared([], 0, 0)
