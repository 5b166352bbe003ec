"""Bring an older version back, as a new one."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory.model import field
from ai_memory.model.change import MemoryPut
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Memory, Version, payload_of
from ai_memory.operations.diff_versions import version_of
from ai_memory.operations.embedding import embed_texts, vectors_pending
from ai_memory.operations.find import find
from ai_memory.operations.step import Context, Outcome, Read, Steps, Windows, Write
from ai_memory.operations.title import live_holder, title_taken
from ai_memory.operations.view import MemoryView, shown
from ai_memory.ports import Lookups, Reader, Transaction


class RestoreVersion(Command, frozen=True, kw_only=True):
    """Make an older version of a live memory its newest: title, content, tags and metadata."""

    action: ClassVar[Action] = "write"

    id: field.MemoryId
    version: field.VersionNumber


class RestoredVersion(MemoryView, kw_only=True):
    """The memory as it stands now, and the version its text came from.

    Attributes:
        vectors_pending: As in the answer to a store.
    """

    restored_from: int
    vectors_pending: bool | UnsetType = UNSET


def restore_version(command: RestoreVersion, context: Context) -> Steps[RestoredVersion]:
    """Run RestoreVersion. What already says the same gets no new version.

    Raises:
        NotFound, AmbiguousId: See `find`; or there is no such version.
        Conflict: Another memory holds the title of that version.
    """

    def known(rows: Reader) -> tuple[Memory, Version]:
        memory = find(rows, command.id, context.now)
        return memory, version_of(rows, memory.id, command.version)

    before: tuple[Memory, Version] = yield Read(known)
    memory_id, old = before[0].id, before[1].payload
    embedded = yield from embed_texts([(old.title, old.content)], context)

    def work(rows: Transaction) -> Outcome:
        memory = find(rows, memory_id, context.now)
        version_of(rows, memory_id, command.version)  # it may have been erased meanwhile
        metadata = dict(old.metadata)
        if memory.agent_id is not None:
            metadata["agent_id"] = memory.agent_id
        new = msgspec.structs.replace(
            memory, title=old.title, content=old.content, tags=old.tags, metadata=metadata
        )
        payload = payload_of(new)
        if payload == payload_of(memory):
            return Outcome(RestoredVersion(**shown(memory), restored_from=command.version))
        holder, changes = live_holder(rows, new.namespace, new.title, context.now)
        if holder is not None and holder.id != new.id:
            raise title_taken(holder, "Rename or archive the other memory first.")
        new = msgspec.structs.replace(
            new, version=memory.version + 1, updated_at=max(context.now, memory.updated_at)
        )
        payload_hash = payload.hash()
        windows = () if embedded is None else (Windows(new.id, payload_hash, embedded[0][1]),)
        result = RestoredVersion(
            **shown(new),
            restored_from=command.version,
            vectors_pending=vectors_pending(embedded, context),
        )
        changes.append(MemoryPut.of(new, payload_hash))
        return Outcome(result, tuple(changes), {payload_hash: payload}, windows)

    lookups = Lookups(ids=(memory_id,), titles=((before[0].namespace, old.title),))
    restored: RestoredVersion = yield Write(work, lookups, before[0].namespace)
    return restored
