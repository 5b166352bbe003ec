"""A write transaction that decides in memory and writes in sets.

Rows put by the commands of one batch stay in Python until `flush`, which writes them with one
statement per table; reads by id and by title see them before that, every other read flushes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import apsw
import msgspec

from ai_memory import limits
from ai_memory.adapters.sqlite.link_book import LinkBook
from ai_memory.adapters.sqlite.model_writes import ModelWrites
from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.reader import (
    NEWEST_PER_TERM,
    SqliteReader,
    decode_hints,
    decode_rows,
    hint_asks,
    title_digest,
)
from ai_memory.adapters.sqlite.row import Row
from ai_memory.adapters.sqlite.statement import UNREADABLE, json_text
from ai_memory.adapters.sqlite.work import WorkWrites
from ai_memory.model.change import LinkDeleted, LogEntry
from ai_memory.model.clock import HybridTime, Micros, next_hybrid_time
from ai_memory.model.entity import KIND, aliases_of
from ai_memory.model.link import Link
from ai_memory.model.memory import Archived, Memory, Payload, payload_of
from ai_memory.model.name import one_name
from ai_memory.ports import EmbeddingModel, IndexedWords, Lookups, WindowVector, WordsAsk


class _Put(NamedTuple):
    row: Row
    words: IndexedWords | None  # None: no text changed
    is_new: bool
    stale_vectors: bool  # title or content changed; tags and metadata are not embedded


class SqliteTransaction(WorkWrites, ModelWrites, SqliteReader):
    """The Transaction port, inside BEGIN IMMEDIATE on the writer's connection."""

    def __init__(
        self,
        connection: apsw.Connection,
        bm25_weights: str,
        origin: str,
        lookups: Sequence[Lookups],
        now: Micros,
        *,
        in_crowd: bool,
    ) -> None:
        """Read the counters and what the batch will ask for by key, in one statement.

        Each statement hands the interpreter lock over; beside a busy thread that is what costs.
        """
        super().__init__(connection, bm25_weights)
        self._origin = origin
        self._by_id: dict[str, Row | None] = {}
        self._by_title: dict[tuple[str, str], str | None] = {}
        self._similar: dict[WordsAsk, list[str]] = {}
        self._versions: list[tuple[Any, ...]] = []
        self._puts: dict[str, _Put] = {}
        self._freed: set[tuple[str, str]] = set()  # titles that pending rows give up
        self._archives: dict[str, tuple[Any, ...]] = {}  # brought from elsewhere
        self._deletes: dict[str, tuple[int, Micros, str]] = {}
        self._purges: dict[str, tuple[str, Micros]] = {}
        self._links = LinkBook(connection, {pair for lookup in lookups for pair in lookup.pairs})
        self._aliases: dict[str, tuple[str, ...]] = {}  # of entities that changed
        self._windows: dict[str, dict[int, Sequence[WindowVector]]] = {}  # by id, by model
        self._log: list[LogEntry] = []
        self._scrub_marked = False
        self.writes = 0
        # A hint costs as much as the rest of a store: beside a crowd nobody waits for hints.
        self._crowded = in_crowd
        self._open(lookups, now)

    # -- reads that see the batch's own rows -----------------------------------------------------

    def _open(self, lookups: Sequence[Lookups], now: Micros) -> None:
        ids = sorted({i for lookup in lookups for i in lookup.ids})
        titles = sorted({t for lookup in lookups for t in lookup.titles})
        similar = [] if self._crowded else [ask for lookup in lookups for ask in lookup.similar]
        try:
            self._ask(ids, titles, similar, now)
        except UNREADABLE:  # a damaged row among them: each is read by itself
            self._ask([], [], similar, now)
            self._learn(ids, self.rows_by_id(ids))
            for row in self.rows_by_title(titles):
                self._remember(row)
        for namespace, title in titles:
            self._by_title.setdefault((namespace, one_name(title)), None)

    def _ask(
        self,
        ids: Sequence[str],
        titles: Sequence[tuple[str, str]],
        similar: Sequence[WordsAsk],
        now: Micros,
    ) -> None:
        """The counters, and what is known of the ids, titles and hints."""
        counters, by_id, by_title, hints = self._one(
            query("opening"),
            {
                "origin": self._origin,
                "ids": json_text(ids),
                "titles": json_text([(n, title_digest(title)) for n, title in titles]),
                "asks": hint_asks(similar),
                "limit": limits.HINTS_MAX + 1,
                "now": now,
                "newest": NEWEST_PER_TERM,
            },
        )
        (
            self._origin_key,
            self._sequence,
            self._hybrid_time,
            self._memory_key,
            self._version_key,
        ) = msgspec.json.decode(counters)
        self._learn(ids, decode_rows(by_id))
        for row in decode_rows(by_title):
            self._remember(row)
        self._similar.update(zip(similar, decode_hints(hints), strict=True))

    def _learn(self, ids: Sequence[str], rows: Sequence[Row]) -> None:
        """Remember the rows, and that the other ids have none."""
        for row in rows:
            self._remember(row)
        for memory_id in ids:
            self._by_id.setdefault(memory_id, None)

    def _remember(self, row: Row) -> None:
        self._by_id[row.memory.id] = row
        self._by_title[_held(row.memory)] = row.memory.id

    def _row(self, memory_id: str) -> Row | None:
        if memory_id not in self._by_id:
            self._learn([memory_id], self.rows_by_id([memory_id]))
        return self._by_id[memory_id]

    def memory(self, memory_id: str) -> Memory | None:
        """See ports.Reader."""
        row = self._row(memory_id)
        return row.memory if row else None

    def memory_titled(self, namespace: str, title: str) -> Memory | None:
        """See ports.Reader."""
        title = one_name(title)
        if (namespace, title) not in self._by_title:
            for row in self.rows_by_title([(namespace, title)]):
                self._remember(row)
            self._by_title.setdefault((namespace, title), None)
        memory_id = self._by_title[namespace, title]
        return self.memory(memory_id) if memory_id else None

    def memories(self, ids: Sequence[str]) -> list[Memory]:
        """See ports.Reader."""
        return [memory for memory in map(self.memory, ids) if memory]

    def similar_texts(self, asks: Sequence[WordsAsk], limit: int, now: Micros) -> list[list[str]]:
        """See ports.Reader; hints miss what the same batch stored, and a crowd gets none."""
        if self._crowded:
            return [[] for _ask in asks]
        missing = [ask for ask in asks if ask not in self._similar]
        if missing:
            self._similar.update(
                zip(missing, super().similar_texts(missing, limits.HINTS_MAX + 1, now), strict=True)
            )
        return [self._similar[ask][:limit] for ask in asks]

    # -- writes ----------------------------------------------------------------------------------

    def next_stamp(self, now: Micros) -> tuple[str, int, HybridTime]:
        """See ports.Transaction."""
        self._sequence += 1
        self._hybrid_time = next_hybrid_time(self._hybrid_time, now)
        return self._origin, self._sequence, self._hybrid_time

    def append_log(self, entries: Sequence[LogEntry]) -> None:
        """See ports.Transaction."""
        self.writes += 1
        self._log.extend(entries)

    def put_memory(self, memory: Memory, payload_hash: bytes, words: IndexedWords) -> None:
        """See ports.Transaction."""
        self.writes += 1
        title = _held(memory)
        if (
            memory.id in self._deletes
            or memory.id in self._purges
            or memory.id in self._archives
            or title in self._freed
        ):
            # Set-based statements know no order: what this row takes must be free on disk.
            self.flush()
        known = self._row(memory.id)
        hash_hex = payload_hash.hex().upper()
        pending = self._puts.get(memory.id)
        text_changed = known is None or known.hash != hash_hex
        if known is None:
            self._memory_key += 1
            key = self._memory_key
        else:
            key = known.key
            memory = msgspec.structs.replace(
                memory,
                access_count=known.memory.access_count,
                last_accessed_at=known.memory.last_accessed_at,
            )
            held = _held(known.memory)
            self._by_title[held] = None
            if held != title:
                self._freed.add(held)
        if text_changed or known is None or known.memory.version != memory.version:
            self._put_text(
                memory.id, memory.version, hash_hex, payload_of(memory), memory.updated_at
            )
        if memory.metadata.get("kind") == KIND or (
            known is not None and known.memory.metadata.get("kind") == KIND
        ):
            self._aliases[memory.id] = aliases_of(memory.metadata)
        row = Row(key, hash_hex, memory)
        self._remember(row)
        put = _Put(
            row,
            words if text_changed else None,
            is_new=known is None,
            stale_vectors=known is not None
            and (known.memory.title, known.memory.content) != (memory.title, memory.content),
        )
        if put.stale_vectors:
            self._windows.pop(memory.id, None)  # made from the text before
        if pending is not None:
            put = _Put(
                row,
                put.words or pending.words,
                is_new=pending.is_new,
                stale_vectors=put.stale_vectors or pending.stale_vectors,
            )
        self._puts[memory.id] = put

    def _put_text(
        self, memory_id: str, number: int, hash_hex: str, payload: Payload, written_at: Micros
    ) -> None:
        self._version_key += 1
        self._versions.append(
            (
                self._version_key,
                memory_id,
                number,
                hash_hex,
                payload.title,
                payload.content,
                payload.tags,
                payload.metadata,
                written_at,
            )
        )

    def put_version(
        self,
        memory_id: str,
        number: int,
        payload_hash: bytes,
        payload: Payload,
        written_at: Micros,
    ) -> None:
        """See ports.Transaction."""
        self.writes += 1
        if memory_id in self._purges:
            self.flush()
        self._put_text(memory_id, number, payload_hash.hex().upper(), payload, written_at)

    def put_archived(self, archived: Archived, payload_hash: bytes) -> None:
        """See ports.Transaction."""
        memory = archived.memory
        if self._row(memory.id) is not None:
            self.delete_memory(memory.id, at=archived.archived_at, reason=archived.reason)
        if memory.id in self._deletes or memory.id in self._purges:
            self.flush()
        self.writes += 1
        hash_hex = payload_hash.hex().upper()
        self._put_text(memory.id, memory.version, hash_hex, payload_of(memory), memory.updated_at)
        self._archives[memory.id] = (
            memory.id,
            memory.namespace,
            title_digest(memory.title),
            memory.version,
            hash_hex,
            memory.tier,
            memory.priority,
            memory.confidence,
            memory.source,
            memory.agent_id,
            memory.scope,
            memory.created_at,
            memory.updated_at,
            memory.expires_at,
            memory.access_count,
            memory.last_accessed_at,
            archived.archived_at,
            archived.reason,
        )
        if memory.metadata.get("kind") == KIND:
            self._aliases[memory.id] = aliases_of(memory.metadata)

    def delete_memory(self, memory_id: str, *, at: Micros, reason: str) -> None:
        """See ports.Transaction."""
        self.writes += 1
        if memory_id in self._puts or memory_id in self._windows:
            self.flush()
        row = self._row(memory_id)
        if row is None:
            return
        self._deletes[memory_id] = (row.key, at, reason)
        self._by_id[memory_id] = None
        self._by_title[_held(row.memory)] = None

    def purge_memory(self, memory_id: str, *, at: Micros, kind: str) -> None:
        """See ports.Transaction."""
        if self._memory_row_pending(memory_id):
            self.flush()
        row = self._row(memory_id)
        if row is not None:
            self.delete_memory(memory_id, at=at, reason=kind)
        self.writes += 1
        self._purges[memory_id] = (kind, at)
        self._links.forget(memory_id)
        self._aliases.pop(memory_id, None)
        if not self._scrub_marked:
            self._scrub_marked = True
            self._connection.execute(query("mark_scrub"), {"mark": f"{at} {memory_id}"})

    def scrubbed(self, mark: str) -> None:
        """See ports.Transaction."""
        self.writes += 1
        self._connection.execute("DELETE FROM meta WHERE name = 'scrub_due' AND value = ?", (mark,))

    def _memory_row_pending(self, memory_id: str) -> bool:
        """Whether rows wait that the purge of a memory must find written."""
        return (
            memory_id in self._puts
            or memory_id in self._windows
            or memory_id in self._archives
            or bool(self._versions)
            or self._links.pending
        )

    def put_link(self, link: Link) -> None:
        """See ports.Transaction."""
        self.writes += 1
        self._links.put(link)

    def retract_link(self, fact: LinkDeleted) -> None:
        """See ports.Transaction."""
        self.writes += 1
        self._links.retract(fact)

    def believed_links(self, pairs: Sequence[tuple[str, str]]) -> list[Link]:
        """See ports.Reader; sees the batch's own without writing them first."""
        if self._purges:
            self.flush()
        return self._links.believed(pairs)

    def put_windows(
        self,
        memory_id: str,
        payload_hash: bytes,
        model: EmbeddingModel,
        windows: Sequence[WindowVector],
    ) -> bool:
        """See ports.Transaction."""
        row = self._row(memory_id)
        if row is None or row.hash != payload_hash.hex().upper():
            return False
        if self.embedding_model() is None:
            self._change_models("add_model", id=model.id, dim=model.dim, role="serving")
        key = self._key_of(model)
        if not key:
            return False
        self.writes += 1
        self._windows.setdefault(memory_id, {})[key] = windows
        return True

    def touch(self, touches: Sequence[tuple[str, int, Micros | None]]) -> None:
        """See ports.Transaction."""
        self.writes += 1
        # At once, and after what is pending: whoever follows in this batch counts on from here, and
        # what is archived next takes its counters along. A batch seldom has more than one of these.
        self.flush()
        self._each("touch_memories", touches, cap=limits.ACCESS_COUNT_MAX)
        for memory_id, _count, _at in touches:
            self._by_id.pop(memory_id, None)

    # -- the set-based statements ----------------------------------------------------------------

    def _each(self, name: str, rows: Sequence[Any], **bindings: Any) -> None:
        if rows:
            self._connection.execute(query(name), {"rows": json_text(rows), **bindings})

    def _flush(self) -> None:
        self.flush()

    def flush(self) -> None:
        """Write everything pending."""
        self._freed.clear()
        self._places.clear()
        self._flush_deletes()
        self._flush_purges()
        self._flush_rows()
        if self._archives:
            archives, self._archives = self._archives, {}
            self._each("insert_archived", list(archives.values()))
        self._links.flush()
        if self._aliases:
            aliases, self._aliases = self._aliases, {}
            self._each("delete_aliases", list(aliases))
            self._each(
                "insert_aliases", [(key, name) for key, names in aliases.items() for name in names]
            )

    def _flush_deletes(self) -> None:
        if not self._deletes:
            return
        rows = list(self._deletes.values())
        keys = [key for key, _at, _reason in rows]
        self._deletes = {}
        self._each("archive_memories", rows)
        self._each("delete_words", keys)
        self._each("delete_windows", keys)
        self._each("delete_memories", rows)

    def _flush_purges(self) -> None:
        if not self._purges:
            return
        rows = [(memory_id, kind, at) for memory_id, (kind, at) in self._purges.items()]
        self._purges = {}
        # In this order: an archived row points at its version.
        for name in (
            "purge_archived",
            "purge_versions",
            "purge_links",
            "purge_model_work",
            "purge_aliases",
            "insert_tombstones",
        ):
            self._each(name, rows)

    def _flush_rows(self) -> None:
        """Memories, their versions, words and windows, and the log: the new ones together."""
        if not (self._versions or self._puts or self._windows or self._log):
            return
        versions, self._versions = self._versions, []
        puts, self._puts = self._puts, {}
        log, self._log = self._log, []
        fresh = {put.row.key: put for put in puts.values() if put.is_new}
        changed = [put for put in puts.values() if not put.is_new]
        reworded = [(put.row.key, *put.words) for put in changed if put.words is not None]
        stale = [put.row.key for put in changed if put.stale_vectors]
        windows = self._take_windows()
        served, others = self._by_role(windows)
        if any(entry.origin != self._origin for entry in log) or self._origin_key is None:
            self._each("insert_origins", sorted({entry.origin for entry in log}))
        self._each("delete_windows", stale)
        self._each("await_windows", stale)
        self._each("replace_windows", [(m, key) for m, key, _group in windows if key not in fresh])
        self._connection.execute(
            query("take_in"),
            {
                "versions": json_text(versions),
                "memories": json_text([_columns(put, key in served) for key, put in fresh.items()]),
                "words": json_text([(key, *(put.words or ())) for key, put in fresh.items()]),
                "windows": json_text(
                    [
                        (model, key, window.start, window.end, window.vector.hex())
                        for model, key, group in windows
                        for window in group
                    ]
                ),
                "log": json_text([(e.origin, e.sequence, e.hybrid_time, e.change) for e in log]),
            },
        )
        self._each("update_memories", [_columns(put, put.stale_vectors) for put in changed])
        self._each("delete_words", [row[0] for row in reworded])
        self._each("insert_words", reworded)
        self._each("mark_embedded", [key for key in served if key not in fresh])
        self._each("end_waiting", others)

    def _take_windows(self) -> list[tuple[int, int, Sequence[WindowVector]]]:
        """What is pending: (model key, memory key, windows)."""
        windows, self._windows = self._windows, {}
        return [
            (model, row.key, group)
            for memory_id, groups in windows.items()
            if (row := self._row(memory_id)) is not None
            for model, group in groups.items()
        ]

    def _by_role(
        self, windows: Sequence[tuple[int, int, Sequence[WindowVector]]]
    ) -> tuple[dict[int, None], list[int]]:
        """The memories with vectors of the model that serves, and those with another's."""
        if not windows:
            return {}, []
        serving = self._model_in("serving")
        served = serving.key if serving else 0
        return (
            {key: None for model, key, _group in windows if model == served},
            [key for model, key, _group in windows if model != served],
        )


def _held(memory: Memory) -> tuple[str, str]:
    """The title a memory holds, in the form it is compared in."""
    return memory.namespace, one_name(memory.title)


def _columns(put: _Put, flag: bool) -> tuple[Any, ...]:
    """A memory's row: `flag` says of a new one that it is embedded, else that it no longer is."""
    memory = put.row.memory
    return (
        put.row.key,
        memory.id,
        memory.namespace,
        title_digest(memory.title),
        memory.version,
        put.row.hash,
        memory.tier,
        memory.priority,
        memory.confidence,
        memory.source,
        memory.agent_id,
        memory.scope,
        memory.created_at,
        memory.updated_at,
        memory.expires_at,
        flag,
    )


_INTAKE: Final = ("versions", "memories", "words", "windows", "log")


def make_intake(connection: apsw.Connection) -> None:
    """Give the writer's connection the door its transactions use."""
    parts = {name: query(f"insert_{name}").replace(":rows", f"new.{name}") for name in _INTAKE}
    connection.execute(query("make_intake", **parts))
