"""Invalidate a link: it no longer holds, and what was believed before stays to be asked for."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory.errors import ValidationFailed
from ai_memory.graph.validity import closings, latest
from ai_memory.model import field
from ai_memory.model.change import Change, LinkInvalidated
from ai_memory.model.clock import Micros, to_rfc3339
from ai_memory.model.command import Action, Command
from ai_memory.model.field import given_instant
from ai_memory.model.link import Link
from ai_memory.operations.lens import present
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.operations.succession import overruled
from ai_memory.ports import Lookups, Transaction


class InvalidateLink(Command, frozen=True, kw_only=True):
    """End a link: it does not hold any more. What held before stays in the timeline.

    An end given for a link that has one corrects it.
    """

    action: ClassVar[Action] = "write"

    source_id: field.MemoryId
    target_id: field.MemoryId
    relation: field.RelationField
    valid_until: (
        Annotated[
            str, Meta(description="When it ceased to hold; now unless given or ended already.")
        ]
        | None
    ) = None


class InvalidateResult(msgspec.Struct, kw_only=True):
    """`found`, and since when the link no longer holds; null: it had no end before."""

    found: bool
    source_id: str
    target_id: str
    relation: str
    valid_until: str | UnsetType = UNSET
    previous_valid_until: str | UnsetType | None = UNSET


def invalidate_link(command: InvalidateLink, context: Context) -> Steps[InvalidateResult]:
    """Run InvalidateLink.

    Raises:
        AmbiguousId: An id prefix fits several memories.
        ValidationFailed: It would end before it begins.
    """
    given = given_instant(command, "valid_until")

    def work(rows: Transaction) -> Outcome:
        source = present(rows, command.source_id, context.now, field="source_id")
        target = present(rows, command.target_id, context.now, field="target_id")
        believed = [
            link
            for link in (
                rows.believed_links([(source, target)])
                if source is not None and target is not None
                else ()
            )
            if link.relation == command.relation
        ]
        last = latest(believed)
        answer = InvalidateResult(
            found=last is not None,
            source_id=source or command.source_id,
            target_id=target or command.target_id,
            relation=command.relation,
        )
        if last is None:
            return Outcome(answer)
        until = given
        if until is None:
            # "No longer" said of what is over already is true, and changes nothing.
            over = last.valid_until is not None and last.valid_until <= context.now
            until = last.valid_until if over and last.valid_until is not None else context.now
        answer.valid_until = to_rfc3339(until)
        answer.previous_valid_until = (
            None if last.valid_until is None else to_rfc3339(last.valid_until)
        )
        if until <= last.valid_from:
            raise _never(last, until)
        known_at = max([context.now, *(link.recorded_at for link in believed)])
        facts: tuple[Change, ...] = tuple(
            LinkInvalidated.of(link, until, known_at) for link in closings(believed, until)
        )
        if last.valid_until is not None and last.valid_until < until:
            # It holds for longer than was said, and meanwhile something may say the opposite.
            longer = msgspec.structs.replace(
                last, valid_from=last.valid_until, valid_until=until, recorded_at=known_at
            )
            facts = (*overruled(rows, longer, known_at), *facts)
        return Outcome(answer, facts)

    pair = (command.source_id, command.target_id)
    ended: InvalidateResult = yield Write(work, Lookups(ids=pair, pairs=(pair,)))
    return ended


def _never(link: Link, until: Micros) -> ValidationFailed:
    """What ends where it begins, or before, would hold at no instant, not even a past one."""
    return ValidationFailed(
        f"the link begins at {to_rfc3339(link.valid_from)}, and would end at {to_rfc3339(until)}",
        hint="Give a later valid_until; a link that never held is deleted (unlink).",
        field="valid_until",
    )
