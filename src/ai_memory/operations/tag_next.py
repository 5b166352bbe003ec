"""Take one text from the queue and tag it."""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

from ai_memory import limits
from ai_memory.errors import LanguageModelAnswerInvalid, LanguageModelUnavailable
from ai_memory.model.clock import SECOND, Micros
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Memory
from ai_memory.model.work import ModelWork
from ai_memory.operations.step import Context, Outcome, Read, Steps, Write
from ai_memory.operations.tagging import Tagged, land_tags, suggest_tags, text_hash
from ai_memory.ports import Lookups, Transaction

_PROBLEM_CHARS_MAX: Final = 300


class TagNext(Command, frozen=True, kw_only=True):
    """Tag the text that has waited longest. The curator's command; no face offers it."""

    action: ClassVar[Action] = "maintain"


class TagNextResult(msgspec.Struct, kw_only=True):
    """What happened.

    Attributes:
        outcome: tagged, stale (the text is gone or newer), failed, idle (nothing is due).
        problem: Why it failed.
    """

    outcome: str
    problem: str | None = None


def tag_next(command: TagNext, context: Context) -> Steps[TagNextResult]:  # noqa: ARG001
    """Run TagNext.

    The work is leased, not held: a process that dies over it leaves it to the next one. A failure
    is counted, put off with growing waits, and in the end given up, where doctor shows it.
    """
    lease = context.now + limits.MODEL_WORK_LEASE_SECS * SECOND
    work: ModelWork | None = yield Write(
        lambda rows: Outcome(rows.take_model_work(context.now, lease))
    )
    if work is None:
        return TagNextResult(outcome="idle")
    memory: Memory | None = yield Read(lambda rows: rows.memory(work.memory_id))
    if memory is None or memory.expired(context.now) or text_hash(memory).hex() != work.text_hash:
        yield Write(lambda rows: _end(rows, work))
        return TagNextResult(outcome="stale")
    try:
        tags = yield from suggest_tags(memory)
    except (LanguageModelUnavailable, LanguageModelAnswerInvalid) as failure:
        problem = failure.message[:_PROBLEM_CHARS_MAX]
        again_at = _again_at(work, failure, context.now)
        yield Write(lambda rows: _fail(rows, work, problem, again_at))
        return TagNextResult(outcome="failed", problem=problem)
    found = tags or ()

    def land(rows: Transaction) -> Outcome:
        rows.end_model_work(work)
        return land_tags(rows, work.memory_id, bytes.fromhex(work.text_hash), found)

    tagged: Tagged = yield Write(land, Lookups(ids=(memory.id,)), memory.namespace)
    return TagNextResult(outcome="stale" if tagged.memory is None else "tagged")


def _end(rows: Transaction, work: ModelWork) -> Outcome:
    rows.end_model_work(work)
    return Outcome(None)


def _fail(rows: Transaction, work: ModelWork, problem: str, again_at: Micros | None) -> Outcome:
    rows.fail_model_work(work, problem, again_at)
    return Outcome(None)


def _again_at(work: ModelWork, failure: Exception, now: Micros) -> Micros | None:
    """When to try again; None: it has been tried enough."""
    answered = isinstance(failure, LanguageModelAnswerInvalid)
    most = limits.MODEL_WORK_ANSWERS_MAX if answered else limits.MODEL_WORK_ATTEMPTS_MAX
    if work.attempts >= most:
        return None
    wait_secs: int = limits.MODEL_WORK_BACKOFF_SECS << (work.attempts - 1)
    return now + min(wait_secs, limits.MODEL_WORK_BACKOFF_SECS_MAX) * SECOND
