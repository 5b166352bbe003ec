"""Resolve a contradiction: one memory supersedes the other, and both stay readable."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ai_memory.errors import ValidationFailed
from ai_memory.graph.validity import Interval, missing
from ai_memory.model import field
from ai_memory.model.change import Change, LinkPut
from ai_memory.model.clock import Micros
from ai_memory.model.command import Action, Command
from ai_memory.model.link import Link
from ai_memory.operations.lens import required
from ai_memory.operations.step import Context, Outcome, Steps, Touch, Write
from ai_memory.operations.succession import LinkChange, ended, overruled
from ai_memory.ports import Lookups, Transaction


class ResolveContradiction(Command, frozen=True, kw_only=True):
    """Say which of two memories is right: it supersedes the other, which stays readable.

    Recall then puts the winner above the loser and marks the loser. What linked the two as
    contradicting ends now; to decide otherwise, resolve again the other way round.
    """

    action: ClassVar[Action] = "write"

    winner: field.MemoryId
    loser: field.MemoryId
    agent_id: field.AgentId | None = None


class ResolveResult(msgspec.Struct, kw_only=True):
    """Who won.

    Attributes:
        ended: Links that said otherwise and no longer hold: contradictions, and the loser's claim,
            its own or through others.
    """

    resolved: bool
    winner: str
    loser: str
    ended: int


def resolve_contradiction(command: ResolveContradiction, context: Context) -> Steps[ResolveResult]:
    """Run ResolveContradiction.

    Raises:
        NotFound, AmbiguousId: A memory is not there; `field` names it.
        ValidationFailed: Both are the same memory.
    """
    observer = command.agent_id or context.caller.agent_id

    def work(rows: Transaction) -> Outcome:
        winner = required(rows, command.winner, context.now, field="winner")
        loser = required(rows, command.loser, context.now, field="loser")
        if winner == loser:
            raise ValidationFailed(
                "a memory cannot supersede itself", hint="Name two memories.", field="loser"
            )
        believed = rows.believed_links([(winner, loser), (loser, winner)])
        known_at = max([context.now, *(link.recorded_at for link in believed)])
        standing = [
            link for link in believed if (link.source_id, link.relation) == (winner, "supersedes")
        ]
        said = tuple(
            LinkPut.said(
                winner,
                loser,
                "supersedes",
                at=known_at,
                by=observer,
                since=part.start,
                until=part.end,
            )
            for part in missing(standing, Interval(context.now, None))
        )
        denying = [one for one in believed if _denies(one, loser, context.now)]
        over: list[LinkChange] = [ended(link, context.now, known_at) for link in denying]
        # The loser's claim may be an indirect one: it supersedes what supersedes the winner.
        wanted = Link(
            source_id=winner,
            target_id=loser,
            relation="supersedes",
            valid_from=context.now,
            recorded_at=known_at,
            created_at=known_at,
        )
        over += [
            change
            for change in overruled(rows, wanted, known_at)
            if (change.source_id, change.target_id) != (loser, winner)
        ]
        changes: tuple[Change, ...] = (*over, *said)
        result = ResolveResult(resolved=True, winner=winner, loser=loser, ended=len(over))
        return Outcome(result, changes)

    pair = (command.winner, command.loser)
    done: ResolveResult = yield Write(work, Lookups(ids=pair, pairs=(pair, pair[::-1])))
    yield Touch((done.winner,))
    return done


def _denies(link: Link, loser: str, now: Micros) -> bool:
    """Whether a link says, now or later, that both hold, or that the loser does."""
    if link.valid_until is not None and link.valid_until <= now:
        return False
    return link.relation == "contradicts" or (
        link.relation == "supersedes" and link.source_id == loser
    )
