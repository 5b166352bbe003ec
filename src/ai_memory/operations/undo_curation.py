"""Undo what the curator did."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory.errors import Conflict, Internal, NotFound
from ai_memory.model import field
from ai_memory.model.change import MemoryPut
from ai_memory.model.clock import Micros
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Memory, payload_of
from ai_memory.model.work import Curation
from ai_memory.operations.consolidation import undone
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.operations.succession import ended
from ai_memory.operations.tagging import revised
from ai_memory.ports import Transaction


class UndoCuration(Command, frozen=True, kw_only=True):
    """Undo one action of the curator; the curator's report names them.

    What somebody changed since then stays as they left it.
    """

    action: ClassVar[Action] = "write"

    id: field.MemoryId


class UndoResult(msgspec.Struct, kw_only=True):
    """Whether something was undone; `reason` says why not."""

    id: str
    undone: bool
    action: str
    memory_id: str
    reason: str | UnsetType = UNSET


def undo_curation(command: UndoCuration, context: Context) -> Steps[UndoResult]:
    """Run UndoCuration.

    Raises:
        NotFound: The curator of this node did nothing of that name.
    """

    def work(rows: Transaction) -> Outcome:
        found = rows.curations(curation_id=command.id, limit=1)
        if not found:
            raise NotFound(
                f"the curator's action was not found: {command.id}",
                hint="`ai-memory curator report` lists its actions.",
                id=command.id,
            )
        curation = found[0]
        if curation.undone_at is not None:
            return Outcome(_result(curation, "it is undone already"))
        memory = rows.memory(curation.memory_id)
        if memory is None:
            return Outcome(_result(curation, "the memory is not live"))
        try:
            outcome = _undone(rows, curation, memory, context)
        except (Conflict, NotFound) as refusal:
            return Outcome(_result(curation, refusal.message))
        if isinstance(outcome, str):
            return Outcome(_result(curation, outcome))
        rows.mark_undone(curation.id, context.now)
        return outcome._replace(result=_result(curation, None))

    done: UndoResult = yield Write(work)
    return done


def _result(curation: Curation, reason: str | None) -> UndoResult:
    return UndoResult(
        id=curation.id,
        undone=reason is None,
        action=curation.action,
        memory_id=curation.memory_id,
        reason=reason or UNSET,
    )


def _undone(
    rows: Transaction, curation: Curation, memory: Memory, context: Context
) -> Outcome | str:
    """What undoes an action, or why nothing does."""
    match curation.action:
        case "tag":
            return _untag(rows, curation, memory)
        case "contradiction":
            return _unlink(rows, curation, memory, context.now)
        case "consolidation":
            return undone(rows, memory.id, context, "error")
        case "priority":
            return _restore_priority(curation, memory)
    raise Internal("the curator's book names an action that nobody does")


def _untag(rows: Transaction, curation: Curation, memory: Memory) -> Outcome | str:
    """Take the added tags away; the mark that a model has read it stays, so it is not repeated."""
    texts = [
        rows.payload(memory.id, number, bytes.fromhex(payload_hash))
        for number, payload_hash in (curation.undo["before"], curation.undo["after"])
    ]
    before, after = texts
    if before is None or after is None:
        return "the versions it compares are erased"
    added = set(after.tags) - set(before.tags)
    marks = memory.metadata.get("auto_tags")
    kept = [mark for mark in marks if mark not in added] if isinstance(marks, list) else []
    metadata: dict[str, Any] = {**memory.metadata, "auto_tags": kept}
    return revised(memory, tuple(tag for tag in memory.tags if tag not in added), metadata)


def _unlink(rows: Transaction, curation: Curation, memory: Memory, now: Micros) -> Outcome:
    """End the link's time, unless it is over; that it was thought to hold stays on record."""
    return Outcome(
        None,
        tuple(
            ended(link, now, max(now, link.recorded_at))
            for link in rows.believed_links([(memory.id, curation.undo["target_id"])])
            if link.relation == "contradicts"
            and link.valid_from == curation.undo["created_at"]
            and (link.valid_until is None or link.valid_until > now)
        ),
    )


def _restore_priority(curation: Curation, memory: Memory) -> Outcome | str:
    if memory.priority != curation.undo["after"]:
        return "the priority was changed since then"
    after = msgspec.structs.replace(memory, priority=curation.undo["before"])
    payload = payload_of(after)
    payload_hash = payload.hash()
    return Outcome(None, (MemoryPut.of(after, payload_hash),), {payload_hash: payload})
