"""Erase a memory: no trace of its text stays, and a receipt says what was touched."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ai_memory.errors import NotFound
from ai_memory.model import field
from ai_memory.model.change import MemoryErased
from ai_memory.model.clock import to_rfc3339
from ai_memory.model.command import Action, Command
from ai_memory.model.trace import Traces
from ai_memory.operations.step import Context, Outcome, Read, Scrub, Scrubbed, Steps, Write
from ai_memory.ports import Lookups, Transaction


class EraseMemory(Command, frozen=True, kw_only=True):
    """Erase a memory for good, by full id: every version, its words, vectors, links, its traces.

    The files are rewritten, which takes a while. The log keeps hashes. Say dry_run first.
    """

    action: ClassVar[Action] = "delete"

    id: field.MemoryId
    dry_run: field.DryRun = False


class EraseResult(msgspec.Struct, kw_only=True):
    """The receipt. `version_hashes` name each erased text (SHA-256), as the log does.

    `copies` are memories derived from it, which may repeat it. While `complete` is false, the
    janitor goes on removing traces from files that somebody else still uses (`waits_for`).
    """

    id: str
    erased: bool
    dry_run: bool
    at: str
    was_live: bool
    was_archived: bool
    versions: int
    version_hashes: list[str]
    vectors: int
    links: int
    copies: list[str]
    index_files: int
    complete: bool
    waits_for: list[str]


def erase_memory(command: EraseMemory, context: Context) -> Steps[EraseResult]:
    """Run EraseMemory. What was purged or erased before is scrubbed once more.

    Raises:
        NotFound: Nothing here ever had this id.
    """
    before: Traces = yield Read(lambda rows: rows.traces(command.id))
    if not (before.versions or before.tombstone):
        raise NotFound(
            f"memory not found: {command.id}",
            hint="Give the full id: what is erased cannot be taken back.",
            id=command.id,
        )
    if command.dry_run:
        return _receipt(command, context, before, None)

    def work(rows: Transaction) -> Outcome:
        traces = rows.traces(command.id)
        return Outcome(traces, (MemoryErased(memory_id=command.id, at=context.now),))

    erased: Traces = yield Write(work, Lookups(ids=(command.id,)))
    scrubbed: Scrubbed = yield Scrub()
    return _receipt(command, context, erased, scrubbed)


def _receipt(
    command: EraseMemory, context: Context, traces: Traces, scrubbed: Scrubbed | None
) -> EraseResult:
    return EraseResult(
        id=command.id,
        erased=scrubbed is not None,
        dry_run=command.dry_run,
        at=to_rfc3339(context.now),
        was_live=traces.live,
        was_archived=traces.archived,
        versions=len(traces.versions),
        version_hashes=traces.versions,
        vectors=len(traces.windows),
        links=traces.links,
        copies=traces.copies,
        index_files=0 if scrubbed is None else scrubbed.index_files,
        complete=scrubbed is not None and not scrubbed.waits_for,
        waits_for=[] if scrubbed is None else list(scrubbed.waits_for),
    )
