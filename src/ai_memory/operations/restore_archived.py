"""Take a memory back from the archive."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET, UnsetType

from ai_memory.model import field
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Archived, Memory
from ai_memory.operations.embedding import embed_texts, vectors_pending
from ai_memory.operations.find import find_archived
from ai_memory.operations.step import Context, Outcome, Read, Steps, Windows, Write
from ai_memory.operations.view import MemoryView, shown
from ai_memory.operations.waking import OnTaken, woken
from ai_memory.ports import Lookups, Transaction


class RestoreArchived(Command, frozen=True, kw_only=True):
    """Bring an archived memory back as it was, with its history, links and counters.

    An expiry that has passed is cleared, or it would expire again at once.
    """

    action: ClassVar[Action] = "write"

    id: field.MemoryId
    on_conflict: OnTaken = "error"


class RestoreResult(MemoryView, kw_only=True):
    """The memory as it lives again.

    Attributes:
        vectors_pending: As in the answer to a store.
    """

    restored: bool
    archive_reason: str
    vectors_pending: bool | UnsetType = UNSET


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
        outcome = woken(rows, archived, context.now, command.on_conflict)
        memory: Memory = outcome.result
        windows: tuple[Windows, ...] = ()
        if embedded is not None and (memory.title, memory.content) == (title, content):
            (payload_hash,) = outcome.payloads
            windows = (Windows(memory.id, payload_hash, embedded[0][1]),)
        result = RestoreResult(
            **shown(memory),
            restored=True,
            archive_reason=archived.reason,
            vectors_pending=vectors_pending(embedded, context),
        )
        return outcome._replace(result=result, windows=windows)

    lookups = Lookups(
        ids=(before.memory.id,), titles=((before.memory.namespace, before.memory.title),)
    )
    restored: RestoreResult = yield Write(work, lookups, before.memory.namespace)
    return restored
