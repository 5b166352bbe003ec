"""Take a memory back from the archive."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from ai_memory.model import field
from ai_memory.model.change import MemoryPut
from ai_memory.model.clock import Micros
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Archived, Memory, payload_of
from ai_memory.operations.embedding import embed_texts
from ai_memory.operations.find import find_archived
from ai_memory.operations.step import Context, Outcome, Read, Steps, Windows, Write
from ai_memory.operations.title import live_holder, numbered_title, title_taken
from ai_memory.operations.view import MemoryView, shown
from ai_memory.ports import Lookups, Transaction


class RestoreArchived(Command, frozen=True, kw_only=True):
    """Bring an archived memory back as it was, with its history, links and counters.

    An expiry that has passed is cleared, or it would expire again at once.
    """

    action: ClassVar[Action] = "write"

    id: field.MemoryId
    on_conflict: Annotated[
        Literal["error", "version"],
        Meta(
            description="If the title is taken meanwhile: error refuses, version restores under "
            "a numbered title."
        ),
    ] = "error"


class RestoreResult(MemoryView, kw_only=True):
    """The memory as it lives again."""

    restored: bool
    archive_reason: str


def restore_archived(command: RestoreArchived, context: Context) -> Steps[RestoreResult]:
    """Run RestoreArchived.

    Raises:
        NotFound, AmbiguousId: See `find_archived`.
        Conflict: The title is taken, and on_conflict is error.
    """
    before: Archived = yield Read(lambda rows: find_archived(rows, command.id))
    title, content = before.memory.title, before.memory.content
    embedded = yield from embed_texts([(title, content)], context)

    def work(rows: Transaction) -> Outcome:
        archived = find_archived(rows, before.memory.id)
        memory = _awake(archived.memory, context.now)
        holder, changes = live_holder(rows, memory.namespace, memory.title, context.now)
        if holder is not None:
            if command.on_conflict == "error":
                raise title_taken(
                    holder, "Use on_conflict=version to restore it under a numbered title."
                )
            memory = msgspec.structs.replace(
                memory,
                title=numbered_title(rows, memory.namespace, memory.title),
                version=memory.version + 1,
                updated_at=max(context.now, memory.updated_at),
            )
        payload = payload_of(memory)
        payload_hash = payload.hash()
        changes.append(MemoryPut.of(memory, payload_hash))
        windows: tuple[Windows, ...] = ()
        if embedded is not None and (memory.title, memory.content) == (title, content):
            windows = (Windows(memory.id, payload_hash, embedded[0][1]),)
        result = RestoreResult(**shown(memory), restored=True, archive_reason=archived.reason)
        return Outcome(result, tuple(changes), {payload_hash: payload}, windows)

    lookups = Lookups(
        ids=(before.memory.id,), titles=((before.memory.namespace, before.memory.title),)
    )
    restored: RestoreResult = yield Write(work, lookups, before.memory.namespace)
    return restored


def _awake(memory: Memory, now: Micros) -> Memory:
    """The memory with an expiry it can live with."""
    return msgspec.structs.replace(memory, expires_at=None) if memory.expired(now) else memory
