"""Facts become rows here and nowhere else: local writes, replays, later other nodes' changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ai_memory.errors import Internal
from ai_memory.model.change import (
    ArchivedPut,
    Change,
    LinkDeleted,
    LinkInvalidated,
    LinkPut,
    LogEntry,
    MemoryDeleted,
    MemoryErased,
    MemoryPurged,
    MemoryPut,
    VersionPut,
)
from ai_memory.model.clock import Micros
from ai_memory.model.memory import Payload
from ai_memory.ports import IndexedWords, Transaction
from ai_memory.retrieval.words import fold


def stamp(transaction: Transaction, changes: Sequence[Change], now: Micros) -> list[LogEntry]:
    """Give each change its place in this node's log."""
    entries = []
    for change in changes:
        origin, sequence, hybrid_time = transaction.next_stamp(now)
        entries.append(
            LogEntry(origin=origin, sequence=sequence, hybrid_time=hybrid_time, change=change)
        )
    return entries


def apply(
    transaction: Transaction, entries: Sequence[LogEntry], payloads: Mapping[bytes, Payload]
) -> None:
    """Write the rows of each entry and the entry itself.

    Args:
        transaction: Where to write.
        entries: Changes with their places in the log, in order.
        payloads: The texts the changes name, by hash.

    Raises:
        Internal: A change names a text nobody gave.
    """
    for entry in entries:
        match entry.change:
            case MemoryPut() as put:
                payload = _text(payloads, put.payload_hash)
                transaction.put_memory(put.memory(payload), put.payload_hash, words_of(payload))
            case ArchivedPut(put=put) as fact:
                payload = _text(payloads, put.payload_hash)
                transaction.put_archived(fact.archived(payload), put.payload_hash)
            case VersionPut() as past:
                payload = _text(payloads, past.payload_hash)
                transaction.put_version(
                    past.memory_id, past.version, past.payload_hash, payload, past.written_at
                )
            case MemoryDeleted(memory_id=memory_id, at=at, reason=reason):
                transaction.delete_memory(memory_id, at=at, reason=reason)
            case MemoryPurged(memory_id=memory_id, at=at):
                transaction.purge_memory(memory_id, at=at, kind="purged")
            case MemoryErased(memory_id=memory_id, at=at):
                transaction.purge_memory(memory_id, at=at, kind="erased")
            case LinkPut() | LinkInvalidated() as fact:
                transaction.put_link(fact.link())
            case LinkDeleted() as fact:
                transaction.retract_link(fact)
    transaction.append_log(entries)


def _text(payloads: Mapping[bytes, Payload], payload_hash: bytes) -> Payload:
    payload = payloads.get(payload_hash)
    if payload is None:
        raise Internal("a change names a text that was not given")
    return payload


def replay(
    transaction: Transaction,
    entries: Sequence[LogEntry],
    payload: Callable[[MemoryPut | VersionPut], Payload | None],
) -> None:
    """Apply a stretch of some log, its texts fetched one by one.

    An erased text leaves a gap: its change is recorded in the log and writes no row.
    """
    for entry in entries:
        change = entry.change.put if isinstance(entry.change, ArchivedPut) else entry.change
        if isinstance(change, MemoryPut | VersionPut):
            text = payload(change)
            if text is None:
                transaction.append_log([entry])
                continue
            apply(transaction, [entry], {change.payload_hash: text})
        else:
            apply(transaction, [entry], {})


def words_of(payload: Payload) -> IndexedWords:
    """The text of a version as the keyword index sees it."""
    return IndexedWords(fold(payload.title), fold(payload.content), fold(" ".join(payload.tags)))
