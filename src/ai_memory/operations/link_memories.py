"""Link two memories."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory.errors import ValidationFailed
from ai_memory.graph.validity import Interval, latest, missing
from ai_memory.model import field
from ai_memory.model.change import LinkPut
from ai_memory.model.clock import Micros, to_rfc3339
from ai_memory.model.command import Action, Command
from ai_memory.model.instant import read_instant
from ai_memory.model.link import Link
from ai_memory.operations.lens import required
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.operations.succession import overruled
from ai_memory.ports import Lookups, Transaction


class LinkMemories(Command, frozen=True, kw_only=True):
    """Say how one memory relates to another. Saying again what holds already changes nothing.

    After an invalidation it begins a new interval; the old one stays in the timeline. To say that
    the superseded supersedes ends the older link.
    """

    action: ClassVar[Action] = "write"

    source_id: field.MemoryId
    target_id: field.MemoryId
    relation: field.RelationField = "related_to"
    valid_from: (
        Annotated[str, Meta(description="Since when it holds; now unless given.")] | None
    ) = None
    valid_until: (
        Annotated[str, Meta(description="When it ceases to hold; never unless given.")] | None
    ) = None
    agent_id: field.AgentId | None = None


class LinkResult(msgspec.Struct, kw_only=True):
    """The link; `duplicate` when it held already.

    Attributes:
        attest_level: Who vouches for it: `unsigned`, nobody but the store.
        ended: So many older links said the opposite, directly or through others, and no longer
            hold: what supersedes cannot be superseded by the same.
    """

    linked: bool
    source_id: str
    target_id: str
    relation: str
    valid_from: str
    observed_by: str
    attest_level: str
    valid_until: str | UnsetType = UNSET
    duplicate: bool | UnsetType = UNSET
    ended: int | UnsetType = UNSET


def link_memories(command: LinkMemories, context: Context) -> Steps[LinkResult]:
    """Run LinkMemories.

    Raises:
        NotFound, AmbiguousId: A memory is not there; `field` names it.
        ValidationFailed: It links a memory to itself, or ends before it begins.
    """
    wanted = _interval(command, context.now)
    observer = command.agent_id or context.caller.agent_id

    def work(rows: Transaction) -> Outcome:
        source = required(rows, command.source_id, context.now, field="source_id")
        target = required(rows, command.target_id, context.now, field="target_id")
        if source == target:
            raise ValidationFailed(
                "cannot link a memory to itself", hint="Name two memories.", field="target_id"
            )
        believed = [
            link
            for link in rows.believed_links([(source, target)])
            if link.relation == command.relation
        ]
        # A clock that was set back must not make a belief end before it began.
        known_at = max([context.now, *(link.recorded_at for link in believed)])
        parts = missing(believed, wanted)
        facts = tuple(
            LinkPut.said(
                source,
                target,
                command.relation,
                at=known_at,
                by=observer,
                since=part.start,
                until=part.end,
            )
            for part in parts
        )
        shown = (
            facts[-1].link()
            if facts
            else latest([link for link in believed if link.holds(wanted.start)])
        )
        assert shown is not None  # nothing is missing, so something holds at the start
        # Of what is wanted, not of what is missing: saying it again mends an older ring, too.
        over = overruled(
            rows,
            Link(
                source_id=source,
                target_id=target,
                relation=command.relation,
                valid_from=wanted.start,
                valid_until=wanted.end,
                recorded_at=known_at,
                created_at=known_at,
            ),
            known_at,
        )
        result = LinkResult(
            linked=True,
            source_id=source,
            target_id=target,
            relation=command.relation,
            valid_from=to_rfc3339(shown.valid_from),
            valid_until=UNSET if shown.valid_until is None else to_rfc3339(shown.valid_until),
            observed_by=shown.observed_by or observer,
            attest_level="unsigned",
            duplicate=UNSET if facts else True,
            ended=sum(not isinstance(change, LinkPut) for change in over) or UNSET,
        )
        return Outcome(result, (*over, *facts))

    pair = (command.source_id, command.target_id)
    linked: LinkResult = yield Write(work, Lookups(ids=pair, pairs=(pair,)))
    return linked


def _interval(command: LinkMemories, now: Micros) -> Interval:
    start = (
        now if command.valid_from is None else read_instant(command.valid_from, field="valid_from")
    )
    if command.valid_until is None:
        return Interval(start, None)
    end = read_instant(command.valid_until, field="valid_until")
    if end <= start:
        raise ValidationFailed(
            "valid_until is not after valid_from",
            hint="Give a later instant, or valid_from too.",
            field="valid_until",
        )
    return Interval(start, end)
