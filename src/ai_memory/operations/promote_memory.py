"""Promote a memory: keep it for good, or lift a copy to a higher namespace."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory.errors import ValidationFailed
from ai_memory.model import field
from ai_memory.model.change import Change, LinkPut, MemoryPut
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Memory, payload_of
from ai_memory.operations.find import find
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.operations.title import live_holder, title_taken
from ai_memory.ports import Lookups, Transaction


class PromoteMemory(Command, frozen=True, kw_only=True):
    """Keep a memory for good (tier long, no expiry), or copy it to an ancestor namespace.

    With to_namespace the memory stays and a copy, linked derived_from, appears there.
    """

    action: ClassVar[Action] = "promote"

    id: field.MemoryId
    to_namespace: (
        Annotated[field.Namespace, Meta(description="Namespace above its own to copy it to.")]
        | None
    ) = None


class PromoteResult(msgspec.Struct, kw_only=True):
    """What was promoted; the keys depend on `mode`."""

    promoted: bool
    mode: str
    id: str
    tier: str
    source_id: str | UnsetType = UNSET
    clone_id: str | UnsetType = UNSET
    to_namespace: str | UnsetType = UNSET


def promote_memory(command: PromoteMemory, context: Context) -> Steps[PromoteResult]:
    """Run PromoteMemory.

    Raises:
        NotFound, AmbiguousId: See `find`.
        ValidationFailed: to_namespace is no proper ancestor.
        Conflict: The title is taken there.
    """

    def work(rows: Transaction) -> Outcome:
        memory = find(rows, command.id, context.now)
        payload = payload_of(memory)
        payload_hash = payload.hash()
        if command.to_namespace is None:
            kept = msgspec.structs.replace(memory, tier="long", expires_at=None)
            result = PromoteResult(promoted=True, mode="tier", id=memory.id, tier="long")
            facts = () if kept == memory else (MemoryPut.of(kept, payload_hash),)
            return Outcome(result, facts, {payload_hash: payload})
        clone = msgspec.structs.replace(
            memory,
            id=context.new_id(),
            namespace=command.to_namespace,
            created_at=context.now,
            updated_at=context.now,
            version=1,
            access_count=0,
            last_accessed_at=None,
        )
        changes = _make_room(rows, memory, clone, context)
        changes.append(MemoryPut.of(clone, payload_hash))
        changes.append(
            LinkPut.said(
                clone.id, memory.id, "derived_from", at=context.now, by=context.caller.agent_id
            )
        )
        result = PromoteResult(
            promoted=True,
            mode="vertical",
            id=clone.id,
            tier=clone.tier,
            source_id=memory.id,
            clone_id=clone.id,
            to_namespace=clone.namespace,
        )
        return Outcome(result, tuple(changes), {payload_hash: payload})

    promoted: PromoteResult = yield Write(work, Lookups(ids=(command.id,)), command.to_namespace)
    return promoted


def _make_room(rows: Transaction, memory: Memory, clone: Memory, context: Context) -> list[Change]:
    """Check the target, and collect an expired memory that holds the title."""
    if not memory.namespace.startswith(clone.namespace + "/"):
        raise ValidationFailed(
            f"'{clone.namespace}' is not an ancestor of '{memory.namespace}'",
            hint="Promote to a namespace above the memory's own, such as its parent.",
            field="to_namespace",
        )
    holder, changes = live_holder(rows, clone.namespace, clone.title, context.now)
    if holder is not None:
        raise title_taken(holder, "Rename one of the two, or delete the one that is there.")
    return changes
