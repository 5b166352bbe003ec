"""One stretch of one of the curator's passes."""

from __future__ import annotations

from operator import methodcaller
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from ai_memory.errors import LanguageModelAnswerInvalid, LanguageModelUnavailable
from ai_memory.model.command import Action as PolicyAction
from ai_memory.model.command import Command
from ai_memory.model.memory import Memory
from ai_memory.operations.curation import PASSES, Action, PassName, Round
from ai_memory.operations.step import Context, Read, Steps


class CurateMemories(Command, frozen=True, kw_only=True):
    """Work on the next memories of a pass. The curator's command; no face offers it."""

    action: ClassVar[PolicyAction] = "maintain"

    curation_pass: PassName
    run_id: str
    after: str = ""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 1
    dry_run: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class CurateResult(msgspec.Struct, kw_only=True):
    """What came of it.

    Attributes:
        scanned: Memories that were looked at.
        attempted: Memories that were worked on.
        last: The id to go on behind; None: the pass is through.
        problem: Why the language model did not answer.
        unavailable: It is not worth asking it again in this round.
    """

    scanned: int
    attempted: int
    actions: list[Action]
    last: str | None
    problem: str | None = None
    unavailable: bool = False


def curate_memories(command: CurateMemories, context: Context) -> Steps[CurateResult]:
    """Run CurateMemories."""
    kind = next(one for one in PASSES if one.name == command.curation_pass)
    ids: list[str] = yield Read(
        lambda rows: kind.find(rows, command.after, command.limit, context.now)
    )
    result = CurateResult(scanned=len(ids), attempted=0, actions=[], last=ids[-1] if ids else None)
    turn = Round(command.run_id, command.dry_run, context)
    for memory_id in ids:
        memory: Memory | None = yield Read(methodcaller("memory", memory_id))
        if memory is None or not _wanted(memory, command) or not kind.fit(memory):
            continue
        result.attempted += 1
        try:
            result.actions += yield from kind.work(memory, turn)
        except (LanguageModelUnavailable, LanguageModelAnswerInvalid) as failure:
            # The message may repeat a text that the endpoint was sent; the report is kept.
            result.problem = f"{kind.name}: {failure.code}. {failure.hint}"
            result.unavailable = isinstance(failure, LanguageModelUnavailable)
            if result.unavailable:
                break
    return result


def _wanted(memory: Memory, command: CurateMemories) -> bool:
    if command.include and memory.namespace not in command.include:
        return False
    return memory.namespace not in command.exclude
