"""Revise a memory; the older version stays in history."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory.model import field
from ai_memory.model.change import Change, MemoryPut
from ai_memory.model.clock import Micros
from ai_memory.model.command import Action, Command
from ai_memory.model.instant import read_instant
from ai_memory.model.memory import TIER_RANK, Memory, payload_of
from ai_memory.operations.embedding import embed_texts, vectors_pending
from ai_memory.operations.find import find
from ai_memory.operations.step import Context, Outcome, Read, Steps, Windows, Write
from ai_memory.operations.title import live_holder, title_taken
from ai_memory.operations.view import MemoryView, shown, view
from ai_memory.ports import Lookups, Transaction


class UpdateMemory(Command, frozen=True, kw_only=True):
    """Change fields of a memory; what is left out stays. The older version stays in history.

    A tier is only ever raised; raising it to long clears the expiry unless expires_at is given.
    """

    action: ClassVar[Action] = "write"

    id: field.MemoryId
    title: field.Title | UnsetType = UNSET
    content: field.Content | UnsetType = UNSET
    namespace: field.Namespace | UnsetType = UNSET
    tier: field.TierField | UnsetType = UNSET
    tags: field.Tags | UnsetType = UNSET
    priority: field.Priority | UnsetType = UNSET
    confidence: field.Confidence | UnsetType = UNSET
    metadata: field.MetadataField | UnsetType = UNSET
    expires_at: (
        Annotated[str, Meta(description="RFC 3339, or empty: it never expires.")] | UnsetType | None
    ) = UNSET


class UpdateResult(MemoryView, kw_only=True):
    """The memory as it stands now, at the top level and under `memory`.

    Attributes:
        vectors_pending: As in the answer to a store.
    """

    updated: bool
    memory: MemoryView
    vectors_pending: bool | UnsetType = UNSET


def update_memory(command: UpdateMemory, context: Context) -> Steps[UpdateResult]:
    """Run UpdateMemory.

    Raises:
        NotFound, AmbiguousId: See `find`.
        Conflict: Another memory holds the new title in the namespace.
    """
    before: Memory = yield Read(lambda rows: find(rows, command.id, context.now))
    draft = revise(before, command, context.now)
    vectors = None
    pending: bool | UnsetType = UNSET
    if (draft.title, draft.content) != (before.title, before.content):
        embedded = yield from embed_texts([(draft.title, draft.content)], context)
        vectors = None if embedded is None else embedded[0][1]
        pending = vectors_pending(embedded, context)

    def work(rows: Transaction) -> Outcome:
        # The row may have moved on while the text was being embedded.
        old = find(rows, before.id, context.now)
        new = revise(old, command, context.now)
        changes: list[Change] = []
        if (new.namespace, new.title) != (old.namespace, old.title):
            holder, changes = live_holder(rows, new.namespace, new.title, context.now)
            if holder is not None:
                raise title_taken(holder, "Choose another title, or update that memory instead.")
        payload = payload_of(new)
        payload_hash = payload.hash()
        if new != old:
            changes.append(MemoryPut.of(new, payload_hash))
        result = UpdateResult(**shown(new), updated=True, memory=view(new), vectors_pending=pending)
        windows: tuple[Windows, ...] = ()
        if vectors is not None and (new.title, new.content) == (draft.title, draft.content):
            windows = (Windows(new.id, payload_hash, vectors),)
        return Outcome(result, tuple(changes), {payload_hash: payload}, windows)

    lookups = Lookups(ids=(before.id,), titles=((draft.namespace, draft.title),))
    updated: UpdateResult = yield Write(work, lookups, draft.namespace)
    return updated


def revise(old: Memory, command: UpdateMemory, now: Micros) -> Memory:
    """The memory as the command wants it."""
    fields: dict[str, Any] = {
        name: value
        for name in ("title", "content", "namespace", "tags", "priority", "confidence")
        if (value := getattr(command, name)) is not UNSET
    }
    if command.metadata is not UNSET:
        fields["metadata"] = dict(command.metadata)
        if old.agent_id is not None:
            fields["metadata"]["agent_id"] = old.agent_id
    if command.tier is not UNSET and TIER_RANK[command.tier] > TIER_RANK[old.tier]:
        fields["tier"] = command.tier
        if command.tier == "long":
            fields["expires_at"] = None
    if command.expires_at is not UNSET:
        fields["expires_at"] = (
            None
            if command.expires_at is None
            else read_instant(command.expires_at, field="expires_at")
        )
    new = msgspec.structs.replace(old, **fields)
    if payload_of(new) == payload_of(old):
        return new
    return msgspec.structs.replace(
        new, version=old.version + 1, updated_at=max(now, old.updated_at)
    )
