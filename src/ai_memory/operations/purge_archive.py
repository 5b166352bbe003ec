"""Remove archived memories for good."""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.change import MemoryPurged
from ai_memory.model.clock import SECOND
from ai_memory.model.command import Action, Command
from ai_memory.model.query import ArchiveFilter
from ai_memory.operations.step import Context, Outcome, Read, Scrub, Scrubbed, Steps, Write
from ai_memory.ports import Transaction

_DAY: Final = 86_400 * SECOND


class PurgeArchive(Command, frozen=True, kw_only=True):
    """Remove archived memories for good, with their history and links. There is no way back.

    The files are rewritten: afterwards no file holds their text. Without older_than_days and
    namespace the whole archive goes: say dry_run first.
    """

    action: ClassVar[Action] = "delete"

    older_than_days: field.OlderThanDays | None = None
    namespace: field.OnlyNamespace | None = None
    dry_run: field.DryRun = False


class PurgeResult(msgspec.Struct, kw_only=True):
    """How many were removed, or in a dry run would be.

    While `complete` is false, the janitor goes on removing traces from files that somebody else
    still uses (`waits_for`).
    """

    purged: int
    dry_run: bool
    complete: bool | UnsetType = UNSET
    waits_for: list[str] | UnsetType = UNSET


def purge_archive(command: PurgeArchive, context: Context) -> Steps[PurgeResult]:
    """Run PurgeArchive."""
    # Never what is archived after this command began: the loop below ends.
    until = context.now - (command.older_than_days or 0) * _DAY
    where = ArchiveFilter(namespace=command.namespace, until=until)
    if command.dry_run:
        due: int = yield Read(lambda rows: len(rows.archived_ids(where, limits.OFFSET_MAX)))
        return PurgeResult(purged=due, dry_run=True)

    def work(rows: Transaction) -> Outcome:
        ids = rows.archived_ids(where, limits.SWEEP_BATCH)
        facts = tuple(MemoryPurged(memory_id=memory_id, at=context.now) for memory_id in ids)
        return Outcome(len(ids), facts)

    purged = 0
    while True:
        removed: int = yield Write(work, namespace=command.namespace)
        purged += removed
        if removed < limits.SWEEP_BATCH:
            break
    if not purged:
        return PurgeResult(purged=0, dry_run=False)
    # Once for all of them: what was removed is only unlinked, and would stay until overwritten.
    scrubbed: Scrubbed = yield Scrub()
    return PurgeResult(
        purged=purged,
        dry_run=False,
        complete=not scrubbed.waits_for,
        waits_for=list(scrubbed.waits_for) or UNSET,
    )
