"""Delete a link that should never have been recorded."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ai_memory.model import field
from ai_memory.model.change import LinkDeleted
from ai_memory.model.command import Action, Command
from ai_memory.operations.lens import present
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.ports import Lookups, Transaction


class DeleteLink(Command, frozen=True, kw_only=True):
    """Take a link back: it never held. Without a relation, every link from source to target.

    What was believed until now can still be asked for with as_recorded_at. A link that held once
    and no longer does is better invalidated.
    """

    action: ClassVar[Action] = "delete"

    source_id: field.MemoryId
    target_id: field.MemoryId
    relation: field.RelationField | None = None


class DeleteLinkResult(msgspec.Struct, kw_only=True):
    """Whether there was such a link; `count` intervals were taken back."""

    deleted: bool
    count: int


def delete_link(command: DeleteLink, context: Context) -> Steps[DeleteLinkResult]:
    """Run DeleteLink.

    Raises:
        AmbiguousId: An id prefix fits several memories.
    """

    def work(rows: Transaction) -> Outcome:
        # A link may outlive its memories: ids of what is gone are taken as they are.
        source = present(rows, command.source_id, context.now, field="source_id")
        target = present(rows, command.target_id, context.now, field="target_id")
        pair = (source or command.source_id, target or command.target_id)
        facts = tuple(
            LinkDeleted(
                source_id=link.source_id,
                target_id=link.target_id,
                relation=link.relation,
                valid_from=link.valid_from,
                at=max(context.now, link.recorded_at),
            )
            for link in rows.believed_links([pair])
            if command.relation in (None, link.relation)
        )
        return Outcome(DeleteLinkResult(deleted=bool(facts), count=len(facts)), facts)

    pair = (command.source_id, command.target_id)
    deleted: DeleteLinkResult = yield Write(work, Lookups(ids=pair, pairs=(pair,)))
    return deleted
