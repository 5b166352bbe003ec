"""A store as it stood at an instant: its log, replayed up to there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from ai_memory import limits
from ai_memory.model.change import ArchivedPut, LogEntry, MemoryPut, VersionPut
from ai_memory.model.clock import Micros
from ai_memory.model.memory import Payload
from ai_memory.operations.apply import replay
from ai_memory.ports import Reader, Store

_COUNTER_BITS: Final = 16  # of a hybrid time, see model.clock
_MILLISECOND: Final = 1_000  # µs

Told = Callable[[int], None]
"""(log entries looked at)."""


class Rewound(msgspec.Struct, kw_only=True):
    """What a rewinding did.

    Attributes:
        applied: Changes up to the instant. `later`: changes after it, which are left out.
        lost_texts: Texts the log names that were purged or erased since, and cannot come back.
    """

    applied: int = 0
    later: int = 0
    lost_texts: int = 0


def rewind(source: Reader, target: Store, at: Micros, told: Told = lambda _n: None) -> Rewound:
    """Replay a log into an empty store, up to an instant by the clocks of those who wrote it.

    Access counters, vectors and what belongs to the node are in no log, and do not come along.

    Args:
        source: A snapshot of the store with the log and the texts.
        target: An empty store.
        at: The last instant that counts; the log knows instants to the millisecond.
        told: Hears how far it is.
    """
    done = Rewound()
    seen = 0
    for page in _pages(source):
        wanted = [entry for entry in page if _instant(entry) <= at]
        done.later += len(page) - len(wanted)
        texts: dict[tuple[str, int, bytes], Payload | None] = {}
        for entry in wanted:
            put = entry.change.put if isinstance(entry.change, ArchivedPut) else entry.change
            if isinstance(put, MemoryPut | VersionPut):
                key = (put.memory_id, put.version, put.payload_hash)
                texts[key] = source.payload(*key)
                done.lost_texts += texts[key] is None
        if wanted:
            _apply(target, wanted, texts)
        done.applied += len(wanted)
        seen += len(page)
        told(seen)
    return done


def first_instant(source: Reader) -> Micros | None:
    """When the first entry of a log was written; None: it has none."""
    first = source.log_entries(0, 1)
    return _instant(first[0]) if first else None


def _apply(
    target: Store,
    entries: list[LogEntry],
    texts: dict[tuple[str, int, bytes], Payload | None],
) -> None:
    def text_of(put: MemoryPut | VersionPut) -> Payload | None:
        return texts[put.memory_id, put.version, put.payload_hash]

    target.submit(lambda rows: replay(rows, entries, text_of)).result()


def _pages(source: Reader) -> Iterator[list[LogEntry]]:
    position = 0
    while page := source.log_entries(position, limits.EXPORT_PAGE_ROWS):
        yield page
        position += len(page)


def _instant(entry: LogEntry) -> Micros:
    return (entry.hybrid_time >> _COUNTER_BITS) * _MILLISECOND
