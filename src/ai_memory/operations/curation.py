"""The curator's passes: what each looks for, what it does about it, and what undoes that.

A pass is an entry of PASSES: a query that finds candidates by ascending id, and a piece of an
operation that works on one. It writes its change and the note that undoes it in one transaction. A
note holds ids, numbers and hashes and never text, so that erasing a memory stays whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

from ai_memory import limits
from ai_memory.errors import Conflict, NotFound, ValidationFailed
from ai_memory.model.change import LinkPut, MemoryPut
from ai_memory.model.clock import SECOND, Micros
from ai_memory.model.link import LinkFilter
from ai_memory.model.memory import Memory, payload_of
from ai_memory.model.query import Filter
from ai_memory.model.work import Curation
from ai_memory.operations.consolidation import consolidate_group
from ai_memory.operations.detect_contradiction import Verdict, compare
from ai_memory.operations.grouping import consolidable, group_around
from ai_memory.operations.step import Context, Outcome, Read, Steps, Write
from ai_memory.operations.tagging import (
    Tagged,
    land_tags,
    suggest_tags,
    text_hash,
    unfit_for_tags,
)
from ai_memory.ports import Lookups, Reader, Transaction, WordsAsk
from ai_memory.retrieval.expression import hint_terms

PassName: TypeAlias = Literal["tags", "contradictions", "consolidation", "priority"]

_PARTNERS_MAX: Final = 3  # memories with similar titles that one is compared with


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What the curator did, or would do.

    Attributes:
        id: Names it for undoing; None in a dry run.
        detail: What exactly; may hold text, so it is told and not kept.
    """

    action: str
    memory_id: str
    detail: dict[str, Any]
    id: str | None = None


class Round(NamedTuple):
    """What one memory's turn may know."""

    run_id: str
    dry_run: bool
    context: Context


class Pass(NamedTuple):
    """One pass.

    Attributes:
        needs_model: It can do nothing without a language model.
        find: Ids greater than `after`, ascending: (rows, after, limit, now).
        fit: Whether it is worth an attempt.
        work: Acts on one memory; the actions taken.
    """

    name: PassName
    needs_model: bool
    find: Callable[[Reader, str, int, Micros], list[str]]
    fit: Callable[[Memory], bool]
    work: Callable[[Memory, Round], Steps[list[Action]]]


# -- tags ------------------------------------------------------------------------------------------


def _tag(memory: Memory, turn: Round) -> Steps[list[Action]]:
    tags = yield from suggest_tags(memory)
    new = tags or ()
    if turn.dry_run:
        return [Action(action="tag", memory_id=memory.id, detail={"tags": list(new)})]
    text = text_hash(memory)

    def land(rows: Transaction) -> Outcome:
        before = rows.memory(memory.id)
        outcome = land_tags(rows, memory.id, text, new)
        tagged: Tagged = outcome.result
        if tagged.memory is None or before is None or tagged.before == tagged.after:
            return outcome._replace(result=None)
        undo = {
            "before": [before.version, tagged.before.hex()],
            "after": [tagged.memory.version, tagged.after.hex()],
        }
        noted = _note(rows, turn, "tag", memory.id, undo)
        detail = {"tags": list(tagged.new_tags)}
        return outcome._replace(
            result=Action(id=noted, action="tag", memory_id=memory.id, detail=detail)
        )

    done: Action | None = yield Write(land, Lookups(ids=(memory.id,)), memory.namespace)
    return [] if done is None else [done]


# -- contradictions --------------------------------------------------------------------------------


def _contradict(memory: Memory, turn: Round) -> Steps[list[Action]]:
    """Compare with memories of similar titles; each pair once, when its greater id has its turn."""
    now = turn.context.now
    partners: list[Memory] = yield Read(lambda rows: _partners(rows, memory, now))
    actions: list[Action] = []
    for other in partners:
        verdict: Verdict = yield from compare(memory, other)
        if not verdict.contradicts:
            continue
        newer, older = sorted((memory, other), key=lambda one: (one.updated_at, one.id))[::-1]
        detail = {"target_id": older.id, "method": verdict.method, "kind": verdict.kind}
        action = Action(action="contradiction", memory_id=newer.id, detail=detail)
        if not turn.dry_run:
            done: Action | None = yield Write(
                _linking(action, newer, older, turn),
                Lookups(ids=(newer.id, older.id)),
                newer.namespace,
            )
            if done is None:
                continue
            action = done
        actions.append(action)
    return actions


def _partners(rows: Reader, memory: Memory, now: Micros) -> list[Memory]:
    ask = WordsAsk(memory.namespace, hint_terms(memory.title))
    ids = rows.similar_texts([ask], 2 * _PARTNERS_MAX, now)[0]
    taken = _judged(rows, memory.id)
    wanted = [other for other in ids if other < memory.id and other not in taken]
    return [one for one in rows.memories(wanted[:_PARTNERS_MAX]) if not one.expired(now)]


def _judged(rows: Reader, memory_id: str) -> set[str]:
    """Memories that are linked as contradicting or superseding already, even if no longer."""
    links = rows.links_at(
        [memory_id],
        LinkFilter(relations=("contradicts", "supersedes")),
        Filter(now=0),  # expired ones too
        direction="both",
        limit=limits.GRAPH_LIMIT_MAX,
    )
    return {end for link in links for end in (link.source_id, link.target_id)}


def _linking(
    action: Action, newer: Memory, older: Memory, turn: Round
) -> Callable[[Transaction], Outcome]:
    def work(rows: Transaction) -> Outcome:
        now_newer, now_older = rows.memory(newer.id), rows.memory(older.id)
        if (
            now_newer is None
            or now_older is None
            or text_hash(now_newer) != text_hash(newer)
            or text_hash(now_older) != text_hash(older)
            or older.id in _judged(rows, newer.id)
        ):
            return Outcome(None)
        link = LinkPut.said(
            newer.id, older.id, "contradicts", at=turn.context.now, by=turn.context.caller.agent_id
        )
        undo = {
            "target_id": older.id,
            "created_at": link.created_at,
            "observed_by": link.observed_by,
        }
        noted = _note(rows, turn, "contradiction", newer.id, undo)
        return Outcome(msgspec.structs.replace(action, id=noted), (link,))

    return work


# -- consolidation ---------------------------------------------------------------------------------


def _consolidate(memory: Memory, turn: Round) -> Steps[list[Action]]:
    """Make one of the memory and those most like it, if they are enough."""
    context = turn.context
    where = Filter(now=context.now, namespaces=(memory.namespace,))
    group: list[Memory] = yield Read(lambda rows: group_around(rows, memory, where, context))
    if len(group) < limits.CURATED_GROUP_MIN:
        return []
    ids = [one.id for one in group]
    detail = {"ids": ids, "titles": [one.title for one in group]}
    if turn.dry_run:
        return [Action(action="consolidation", memory_id=memory.id, detail=detail)]

    def note(rows: Transaction, made: Memory) -> str:
        return _note(rows, turn, "consolidation", made.id, {"sources": ids})

    try:
        made, noted = yield from consolidate_group(group, context, note)
    except (NotFound, Conflict, ValidationFailed):
        return []  # somebody works on one of them at this moment
    return [Action(id=noted, action="consolidation", memory_id=made.id, detail=detail)]


# -- priority --------------------------------------------------------------------------------------


def drifted(memory: Memory, now: Micros) -> int:
    """The priority a memory drifts to: up while it is used, down when it never was.

    Used: ten recalls, the last within a week. Never: none within its first thirty days.
    """
    used = memory.access_count >= limits.DRIFT_UP_ACCESS_COUNT
    last = memory.last_accessed_at
    if used and last is not None and now - last <= limits.DRIFT_UP_SECS * SECOND:
        return min(limits.PRIORITY_MAX, memory.priority + 1)
    if memory.access_count == 0 and now - memory.created_at >= limits.DRIFT_DOWN_SECS * SECOND:
        return max(limits.PRIORITY_MIN, memory.priority - 1)
    return memory.priority


def _drift(memory: Memory, turn: Round) -> Steps[list[Action]]:
    now = turn.context.now
    planned = {"before": memory.priority, "after": drifted(memory, now)}
    if planned["before"] == planned["after"]:
        return []
    if turn.dry_run:
        return [Action(action="priority", memory_id=memory.id, detail=planned)]

    def work(rows: Transaction) -> Outcome:
        current = rows.memory(memory.id)
        if current is None or drifted(current, now) == current.priority:
            return Outcome(None)
        numbers = {"before": current.priority, "after": drifted(current, now)}
        after = msgspec.structs.replace(current, priority=numbers["after"])
        noted = _note(rows, turn, "priority", memory.id, numbers)
        payload = payload_of(after)
        payload_hash = payload.hash()
        return Outcome(
            Action(id=noted, action="priority", memory_id=memory.id, detail=numbers),
            (MemoryPut.of(after, payload_hash),),
            {payload_hash: payload},
        )

    done: Action | None = yield Write(work, Lookups(ids=(memory.id,)), memory.namespace)
    return [] if done is None else [done]


def _find_drifting(rows: Reader, after: str, limit: int, now: Micros) -> list[str]:
    return rows.drifting(after, limit, now)


def _note(rows: Transaction, turn: Round, action: str, memory_id: str, undo: dict[str, Any]) -> str:
    """Write down what was done; its id."""
    noted = turn.context.new_id()
    rows.put_curation(
        Curation(
            id=noted,
            run_id=turn.run_id,
            action=action,
            memory_id=memory_id,
            at=turn.context.now,
            undo=undo,
        )
    )
    return noted


PASSES: Final = (
    Pass(
        "tags",
        True,
        lambda rows, after, limit, now: rows.untagged(after, limit, now),
        lambda memory: unfit_for_tags(memory) is None,
        _tag,
    ),
    Pass(
        "contradictions",
        False,
        lambda rows, after, limit, now: rows.lasting(after, limit, now),
        lambda memory: not memory.namespace.startswith("_"),
        _contradict,
    ),
    Pass(
        "consolidation",
        False,
        lambda rows, after, limit, now: rows.lasting(after, limit, now),
        consolidable,
        _consolidate,
    ),
    Pass("priority", False, _find_drifting, lambda _memory: True, _drift),
)
