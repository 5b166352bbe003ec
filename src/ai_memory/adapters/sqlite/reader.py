"""Reads on one connection: each query answers with one row of JSON (see the package's note)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import apsw
import msgspec

from ai_memory import late, limits
from ai_memory.adapters.sqlite.archive_reader import ArchiveReader
from ai_memory.adapters.sqlite.filter import (
    Compiled,
    compile_after,
    compile_filter,
    compile_place,
)
from ai_memory.adapters.sqlite.graph_rows import GraphRows
from ai_memory.adapters.sqlite.page_reader import PageReader
from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.row import Row
from ai_memory.adapters.sqlite.statement import json_text
from ai_memory.adapters.sqlite.vocabulary import VocabularyReader
from ai_memory.adapters.sqlite.work import WorkReads
from ai_memory.model.change import LogEntry
from ai_memory.model.clock import SECOND, Micros
from ai_memory.model.memory import Memory
from ai_memory.model.name import one_name
from ai_memory.model.query import Filter, ListCursor, NamespaceCursor
from ai_memory.ports import (
    EmbeddingModel,
    StoreCounts,
    Total,
    Unprepared,
    VectorRows,
    WordHit,
    WordsAsk,
)
from ai_memory.retrieval.expression import any_word

if TYPE_CHECKING:
    from ai_memory.adapters.sqlite.archive_tail import ArchiveTail
    from ai_memory.adapters.sqlite.posting import Keys
    from ai_memory.adapters.sqlite.word_cache import WordCache

WORD_WEIGHTS: Final = "{title}, {content}, {tags}"
NEWEST_PER_TERM: Final = 8  # title hints look at this many newest memories per word
CACHE_FROM: Final = 4_096  # memories; fewer are ranked by FTS5 in a millisecond or two
_SPARE_HITS: Final = 14  # asked for in place of those that have expired
_FILTERED_HITS: Final = 4  # asked for at first for each that is wanted, under a filter
_NARROW_SHARE: Final = 50  # a namespace with one memory in so many is listed beforehand
_NARROW_MIN: Final = 1_000
_UNLIMITED: Final = 2**62


class ModelRow(NamedTuple):
    """A model with vectors here; see `embedding_model` in the schema."""

    key: int
    id: str
    dim: int
    role: str
    reached: int

    @property
    def model(self) -> EmbeddingModel:
        """The model itself."""
        return EmbeddingModel(self.id, self.dim)


_rows = late.json_decoder(list[Row])
_models = late.json_decoder(list[ModelRow])
_entries = late.json_decoder(list[LogEntry])
_word_hits = late.json_decoder(list[WordHit])
_texts = late.json_decoder(list[str])
_places = late.json_decoder(list[tuple[int, int, int, int]])
_any = msgspec.json.Decoder()


class SqliteReader(ArchiveReader, GraphRows, PageReader, VocabularyReader, WorkReads):
    """The Reader port over one connection inside a transaction."""

    def __init__(
        self,
        connection: apsw.Connection,
        bm25_weights: str,
        word_cache: Callable[[], WordCache | None] = lambda: None,
        vectors_of: EmbeddingModel | None = None,
        archive_tail: Callable[[], ArchiveTail | None] = lambda: None,
        require_in_place: Callable[[], None] = lambda: None,
    ) -> None:
        """Take a connection inside a transaction.

        Args:
            connection: To read on.
            bm25_weights: Of title, content and tags, as SQL.
            word_cache: Words in memory, for whoever asks again and again.
            vectors_of: Whose vectors the methods of VectorRows see; None: the serving model's.
            archive_tail: What was archived last, in memory, for whoever asks again.
            require_in_place: Makes sure that the file is still the one its path names.
        """
        super().__init__(connection)
        self._weights = bm25_weights
        self._word_cache = word_cache
        self._vectors_of = vectors_of
        self._tail = archive_tail
        self._require_in_place = require_in_place
        self._known_models: list[ModelRow] | None = None
        self._places: dict[int, tuple[int, int, int]] = {}  # of windows whose vectors were read

    def _archive_tail(self) -> ArchiveTail | None:
        return self._tail()

    def require_in_place(self) -> None:
        """See ports.Reader."""
        self._require_in_place()

    # -- memories ------------------------------------------------------------------------------

    def _memory_rows(self, sql: str, bindings: Mapping[str, Any]) -> list[Row]:
        return self._rows_of(_rows, "row", sql, bindings)

    def rows_by_id(self, ids: Sequence[str]) -> list[Row]:
        """The live rows among ids."""
        return self._memory_rows(query("memories_by_id"), {"ids": json_text(ids)})

    def rows_by_title(self, titles: Sequence[tuple[str, str]]) -> list[Row]:
        """The live rows that hold (namespace, title) pairs."""
        wanted = [(namespace, title_digest(title)) for namespace, title in titles]
        return self._memory_rows(query("memories_by_title"), {"titles": json_text(wanted)})

    def memory(self, memory_id: str) -> Memory | None:
        """See ports.Reader."""
        rows = self.rows_by_id([memory_id])
        return rows[0].memory if rows else None

    def memory_titled(self, namespace: str, title: str) -> Memory | None:
        """See ports.Reader."""
        rows = self.rows_by_title([(namespace, title)])
        return rows[0].memory if rows else None

    def memories(self, ids: Sequence[str]) -> list[Memory]:
        """See ports.Reader."""
        return [row.memory for row in self.rows_by_id(ids)]

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        """See ports.Reader."""
        self._flush()
        return set(_any.decode(self._one(query("known_ids"), {"ids": json_text(ids)})))

    def ids_with_prefix(self, prefix: str, limit: int, now: Micros | None = None) -> list[str]:
        """See ports.Reader."""
        self._flush()
        bindings = {"prefix": prefix, "limit": limit, "now": now}
        found: list[str] = _any.decode(self._one(query("ids_with_prefix"), bindings))
        return found

    def memories_by_key(self, keys: Sequence[int]) -> dict[int, Memory]:
        """See ports.Reader."""
        self._flush()
        rows = self._memory_rows(query("memories_by_key"), {"keys": json_text(keys)})
        return {row.key: row.memory for row in rows}

    def list_memories(
        self, where: Filter, *, after: ListCursor | None, offset: int, limit: int
    ) -> list[Memory]:
        """See ports.Reader."""
        self._flush()
        compiled = compile_filter(where)
        behind, behind_bindings = compile_after(after)
        rows = self._memory_rows(
            query("list_memories", where=compiled.sql, after=behind),
            {**compiled.bindings, **behind_bindings, "offset": offset, "limit": limit},
        )
        return [row.memory for row in rows]

    def count_memories(self, where: Filter) -> Total:
        """See ports.Reader."""
        self._flush()
        if where.tallied:
            place = compile_place(where)
            sql = query("tallied_memories", place=place.sql)
            return Total(int(self._one(sql, place.bindings)), is_exact=True)
        return self._count("count_memories", compile_filter(where))

    # -- words ---------------------------------------------------------------------------------

    def match_words(
        self, expression: str, where: Filter, *, offset: int, limit: int
    ) -> list[WordHit]:
        """See ports.Reader."""
        self._flush()
        compiled = compile_filter(where)
        if where == Filter(now=where.now):
            # Few rows have expired: rank first, then look at those asked for only.
            wanted = offset + limit + _SPARE_HITS
            sql = query("match_words_everywhere", weights=self._weights)
            hits = _word_hits.decode(self._one(sql, {"expression": expression, "limit": wanted}))
            kept = self._matching(hits, compiled)
            if len(hits) < wanted or len(kept) >= offset + limit:
                return kept[offset : offset + limit]
        sql = query(
            "match_words",
            weights=self._weights,
            version_join=compiled.version_join,
            where=compiled.sql,
        )
        return _word_hits.decode(
            self._one(
                sql,
                {
                    **compiled.bindings,
                    "expression": expression,
                    "offset": offset,
                    "limit": limit,
                },
            )
        )

    def rank_words(self, words: Sequence[str], where: Filter, limit: int) -> list[WordHit]:
        """See ports.Reader."""
        self._flush()
        if not words:
            return []
        memories = _any.decode(self._one(query("newest_keys")))[0]
        cache = self._word_cache() if memories > CACHE_FROM else None
        if cache is None:
            return self.match_words(any_word(words), where, offset=0, limit=limit)
        from ai_memory.adapters.sqlite.word_cache import analysed

        compiled = compile_filter(where)
        first = limit + _SPARE_HITS if where == Filter(now=where.now) else limit * _FILTERED_HITS
        kept: list[WordHit] = []
        for hits in cache.ranked(
            self._one,
            analysed(self._connection, words),
            self._narrow(where, max(_NARROW_MIN, memories // _NARROW_SHARE)),
            first,
        ):
            kept += self._matching(hits, compiled)
            if len(kept) >= limit:
                break
        return kept[:limit]

    def _matching(self, hits: Sequence[WordHit], compiled: Compiled) -> list[WordHit]:
        """Those hits whose memory matches."""
        sql = query("matching_keys", version_join=compiled.version_join, where=compiled.sql)
        keys = json_text([hit.key for hit in hits])
        found = set(_any.decode(self._one(sql, {**compiled.bindings, "keys": keys})))
        return [hit for hit in hits if hit.key in found]

    def _narrow(self, where: Filter, most: int) -> Keys | None:
        """The memories of the namespaces asked for; None if there are more than `most`."""
        if where.namespaces is None:
            return None
        from ai_memory.adapters.sqlite.posting import numbers

        bindings = {"namespaces": json_text(where.namespaces), "limit": most + 1}
        keys = numbers(self._one(query("namespace_keys"), bindings))
        return keys if len(keys) <= most else None

    def count_words(self, expression: str, where: Filter) -> Total:
        """See ports.Reader."""
        self._flush()
        return self._count("count_words", compile_filter(where), expression=expression)

    def similar_texts(self, asks: Sequence[WordsAsk], limit: int, now: Micros) -> list[list[str]]:
        """See ports.Reader."""
        self._flush()
        text = self._one(
            query("similar_texts"),
            {"asks": hint_asks(asks), "limit": limit, "now": now, "newest": NEWEST_PER_TERM},
        )
        return decode_hints(text)

    # -- vectors -------------------------------------------------------------------------------

    def last_window_key(self) -> int:
        """See ports.VectorRows."""
        self._flush()
        return int(self._one(query("last_window_key")))

    def window_count(self) -> int:
        """See ports.VectorRows."""
        self._flush()
        return int(self._one(query("window_count"), {"model": self._model_key()}))

    def window_vectors_after(self, key: int, limit: int) -> tuple[list[int], bytes]:
        """See ports.VectorRows."""
        self._flush()
        bindings = {"key": key, "limit": limit, "model": self._model_key()}
        keys, blobs = self._connection.execute(query("window_vectors_after"), bindings).get
        return _any.decode(keys), blobs

    def window_vectors(
        self, keys: Sequence[int], where: Filter | None = None
    ) -> tuple[list[int], bytes]:
        """See ports.VectorRows."""
        self._flush()
        bindings: dict[str, Any] = {"keys": json_text(keys)}
        if where is None:
            sql = query("window_vectors")
        elif where == Filter(now=where.now):
            bindings["f_now"] = where.now
            sql = query("window_vectors_live")
        else:
            compiled = compile_filter(where)
            bindings |= compiled.bindings
            sql = query(
                "window_vectors_matching", version_join=compiled.version_join, where=compiled.sql
            )
        places, blobs = self._connection.execute(sql, bindings).get
        found: dict[int, tuple[int, int, int]] = {
            key: (memory_key, start, end) for key, memory_key, start, end in _places.decode(places)
        }
        self._places |= found
        return list(found), blobs

    def window_keys(self, where: Filter, limit: int) -> list[int] | None:
        """See ports.VectorRows."""
        self._flush()
        compiled = compile_filter(where)
        sql = query("window_keys", version_join=compiled.version_join, where=compiled.sql)
        keys: list[int] = _any.decode(
            self._one(sql, {**compiled.bindings, "limit": limit + 1, "model": self._model_key()})
        )
        return keys if len(keys) <= limit else None

    def first_vectors(self, ids: Sequence[str]) -> dict[str, bytes]:
        """See ports.Reader."""
        self._flush()
        bindings = {"ids": json_text(ids), "model": self._model_key()}
        rows = _any.decode(self._one(query("first_vectors"), bindings))
        return {memory_id: bytes.fromhex(blob) for memory_id, blob in rows}

    def window_memories(self, keys: Sequence[int]) -> dict[int, tuple[int, int, int]]:
        """See ports.Reader."""
        self._flush()
        known = self._places
        if unknown := [key for key in keys if key not in known]:
            text = self._one(query("window_memories"), {"keys": json_text(unknown)})
            known |= {key: (memory, start, end) for key, memory, start, end in _places.decode(text)}
        return {key: known[key] for key in keys if key in known}

    def vectors_of(self, model: EmbeddingModel) -> VectorRows:
        """See ports.Reader."""
        return SqliteReader(self._connection, self._weights, self._word_cache, model)

    def embedding_model(self) -> EmbeddingModel | None:
        """See ports.Reader."""
        serving = self._model_in("serving")
        return serving and serving.model

    def coming_model(self) -> EmbeddingModel | None:
        """See ports.Reader."""
        coming = self._model_in("coming")
        return coming and coming.model

    def is_leaving(self) -> bool:
        """See ports.Reader."""
        return self._model_in("leaving") is not None

    def _models(self) -> list[ModelRow]:
        if self._known_models is None:
            self._known_models = _models.decode(self._one(query("embedding_models")))
        return self._known_models

    def _model_in(self, role: str) -> ModelRow | None:
        return next((row for row in self._models() if row.role == role), None)

    def _key_of(self, model: EmbeddingModel) -> int:
        """The key of a model that serves or is coming; 0, which has no vectors, for others."""
        return next(
            (row.key for row in self._models() if row.model == model and row.role != "leaving"), 0
        )

    def _model_key(self) -> int:
        """The key of the model whose vectors are seen."""
        if self._vectors_of is not None:
            return self._key_of(self._vectors_of)
        serving = self._model_in("serving")
        return serving.key if serving else 0

    def unprepared(self, limit: int) -> Unprepared:
        """See ports.Reader."""
        self._flush()
        coming = self._model_in("coming")
        if coming is None:
            return Unprepared([], 0, 0)
        keys: list[int] = _any.decode(self._one(query("waiting_keys"), {"limit": limit}))
        asked = limit - len(keys)
        ahead: list[tuple[int, int]] = _any.decode(
            self._one(
                query("keys_ahead"),
                {"model": coming.key, "reached": coming.reached, "limit": asked},
            )
        )
        if len(ahead) < asked:
            reached = int(_any.decode(self._one(query("newest_keys")))[0])
        else:
            reached = ahead[-1][0] if ahead else coming.reached
        keys += [key for key, is_prepared in ahead if not is_prepared]
        found = self.memories_by_key(keys)
        return Unprepared(list(found.values()), coming.reached, reached)

    def count_unprepared(self) -> int:
        """See ports.Reader."""
        self._flush()
        coming = self._model_in("coming")
        if coming is None:
            return 0
        return int(self._one(query("count_unprepared"), {"reached": coming.reached}))

    def unembedded(self, limit: int) -> list[Memory]:
        """See ports.Reader."""
        self._flush()
        return [row.memory for row in self._memory_rows(query("unembedded"), {"limit": limit})]

    def count_unembedded(self) -> int:
        """See ports.Reader."""
        self._flush()
        return int(self._one(query("count_unembedded")))

    # -- history, links, figures ---------------------------------------------------------------

    def namespaces(
        self, now: Micros, *, after: NamespaceCursor | None = None, limit: int = _UNLIMITED
    ) -> tuple[list[tuple[str, int]], int]:
        """See ports.Reader."""
        self._flush()
        count, namespace = (_UNLIMITED, "") if after is None else (after.count, after.namespace)
        total, rows = _any.decode(
            self._one(
                query("namespaces"),
                {"now": now, "count": count, "namespace": namespace, "limit": limit},
            )
        )
        return [(name, memories) for name, memories in rows], total

    def counts(self, now: Micros) -> StoreCounts:
        """See ports.Reader."""
        self._flush()
        soon = now + limits.EXPIRING_SOON_SECS * SECOND
        total, expiring, links, windows, unembedded, archived, size = _any.decode(
            self._one(query("figures"), {"now": now, "soon": soon})
        )
        tiers = _any.decode(self._one(query("tiers"), {"now": now}))
        return StoreCounts(
            total=total,
            by_tier=[(tier, count) for tier, count in tiers],
            by_namespace=self.namespaces(now)[0],
            expiring_soon=expiring,
            links=links,
            windows=windows,
            unembedded=unembedded,
            archived=archived,
            file_bytes=size,
        )

    # -- the log -------------------------------------------------------------------------------

    def log_position(self) -> int:
        """See ports.Reader."""
        self._flush()
        return int(self._one(query("log_position")))

    def log_entries(self, after: int, limit: int) -> list[LogEntry]:
        """See ports.Reader."""
        self._flush()
        return _entries.decode(self._one(query("log_entries"), {"after": after, "limit": limit}))

    def state_hash(self) -> bytes:
        """See ports.Reader."""
        self._flush()
        from hashlib import sha256

        digest = sha256()
        for kind, row_id, facts in self._connection.execute(query("state_rows")):
            digest.update(f"{kind}\x1f{row_id}\x1f{facts}\x1e".encode())
        return digest.digest()

    def integrity_problems(self) -> list[str]:
        """What `PRAGMA integrity_check` and FTS5's own check find; empty: sound."""
        found = [str(row[0]) for row in self._connection.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found


def decode_rows(text: str) -> list[Row]:
    """Rows from the JSON of a `memory_object` query."""
    return _rows.decode(text)


def hint_asks(asks: Sequence[WordsAsk]) -> str:
    """The asks as `similar_texts` wants them."""
    return json_text(asks)


def decode_hints(text: str) -> list[list[str]]:
    """Ids per ask from the JSON of `similar_texts`."""
    return [_any.decode(ids) for ids in _texts.decode(text)]


@lru_cache(maxsize=1_024)  # a store asks twice: to look the title up, and to write it
def title_digest(title: str) -> str:
    """What stands for a title in the unique index: 16 bytes of SHA-256 of its one form, as hex."""
    from hashlib import sha256

    return sha256(one_name(title).encode()).hexdigest()[:32]
