"""Reads of what left the live set, of what is to leave it, and of the versions behind both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from ai_memory import late
from ai_memory.adapters.sqlite.filter import compile_archive, compile_filter
from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.statement import Statements, json_text
from ai_memory.model.clock import Micros
from ai_memory.model.memory import Archived, Memory, Payload, Version
from ai_memory.model.query import ArchiveCursor, ArchiveFilter, Filter
from ai_memory.model.trace import ArchiveFigures, Traces
from ai_memory.ports import IndexedWords, Total

if TYPE_CHECKING:
    from ai_memory.adapters.sqlite.archive_tail import ArchiveTail, Tail

_archived = late.json_decoder(list[Archived])
_versions = late.json_decoder(list[Version])
_payload = late.json_decoder(Payload)
_traces = late.json_decoder(dict[str, Any])
_any = msgspec.json.Decoder()


class ArchiveReader(Statements):
    """The part of the Reader port that looks beyond the live memories."""

    def _archive_tail(self) -> ArchiveTail | None:
        """What is kept of the archive from one look to the next; None: nothing."""
        return None

    def archived(self, ids: Sequence[str]) -> list[Archived]:
        """See ports.Reader."""
        self._flush()
        bindings = {"ids": json_text(ids)}
        return self._rows_of(_archived, "archived", query("archived_by_id"), bindings)

    def archived_with_prefix(self, prefix: str, limit: int) -> list[str]:
        """See ports.Reader."""
        self._flush()
        found: list[str] = _any.decode(
            self._one(query("archived_with_prefix"), {"prefix": prefix, "limit": limit})
        )
        return found

    def list_archived(
        self, where: ArchiveFilter, *, after: ArchiveCursor | None, offset: int, limit: int
    ) -> list[Archived]:
        """See ports.Reader."""
        self._flush()
        compiled = compile_archive(where, after)
        bindings = {**compiled.bindings, "offset": offset, "limit": limit}
        sql = query("list_archived", where=compiled.sql)
        return self._rows_of(_archived, "archived", sql, bindings)

    def archived_ids(self, where: ArchiveFilter, limit: int) -> list[str]:
        """See ports.Reader."""
        self._flush()
        compiled = compile_archive(where, None)
        found: list[str] = _any.decode(
            self._one(
                query("archived_ids", where=compiled.sql), {**compiled.bindings, "limit": limit}
            )
        )
        return found

    def count_archived(self, where: ArchiveFilter) -> Total:
        """See ports.Reader."""
        self._flush()
        if where == ArchiveFilter(namespace=where.namespace):
            figures = self.archive_figures()
            if where.namespace is None:
                return Total(figures.total, is_exact=True)
            return Total(dict(figures.by_namespace).get(where.namespace, 0), is_exact=True)
        return self._count("count_archived", compile_archive(where, None))

    def archive_figures(self) -> ArchiveFigures:
        """See ports.Reader."""
        self._flush()
        total, text_bytes, oldest, newest, places = _any.decode(self._one(query("archive_figures")))
        return ArchiveFigures(
            total, text_bytes, oldest, newest, [(name, count) for name, count in places]
        )

    def matching_ids(
        self, where: Filter, expression: str | None, *, after: int, limit: int
    ) -> list[tuple[int, str]]:
        """See ports.Reader."""
        self._flush()
        compiled = compile_filter(where)
        if expression is not None:
            sql = query("word_ids", version_join=compiled.version_join, where=compiled.sql)
        else:
            # In a namespace its index gives any; asked for an order it would sort all of them.
            behind = "m.key > :after ORDER BY m.key" if where.namespaces is None else "true"
            sql = query(
                "matching_ids",
                version_join=compiled.version_join,
                where=compiled.sql,
                after=behind,
            )
        bindings = {**compiled.bindings, "expression": expression, "after": after, "limit": limit}
        rows = _any.decode(self._one(sql, bindings))
        return [(key, memory_id) for key, memory_id in rows]

    def matching_texts(self, expression: str, texts: Sequence[IndexedWords]) -> list[int]:
        """See ports.Reader."""
        from ai_memory.adapters.sqlite.archive_tail import matching_once

        return matching_once(self._words_declared(), texts, expression)

    def archived_matching(
        self,
        expression: str,
        namespace: str | None,
        limit: int,
        choose: Callable[[Sequence[Archived]], Sequence[Memory]],
        words: Callable[[Memory], IndexedWords],
    ) -> list[Memory]:
        """See ports.Reader."""
        from ai_memory.adapters.sqlite.archive_tail import ArchiveTail, Tail, indexed

        self._flush()

        def make() -> Tail:
            where = ArchiveFilter(namespace=namespace)
            memories = choose(self.list_archived(where, after=None, offset=0, limit=limit))
            index = indexed(self._words_declared(), [words(memory) for memory in memories])
            return Tail(state, memories, index)

        state: str = self._one(query("archive_state"))
        kept = self._archive_tail()
        tails = kept or ArchiveTail()
        found = tails.matching(namespace, state, expression, make)
        if kept is None:
            tails.close()
        # What was kept is the truth of another moment; what is named is looked up in this one.
        there = {one.memory.id: one.memory for one in self.archived([one.id for one in found])}
        return [there[memory.id] for memory in found if memory.id in there]

    def _words_declared(self) -> str:
        """The statement that makes the table of words."""
        return str(self._one("SELECT sql FROM sqlite_schema WHERE name = 'words'"))

    def anything_gone(self, now: Micros) -> bool:
        """See ports.Reader."""
        self._flush()
        return bool(self._one(query("anything_gone"), {"now": now}))

    def count_expired(self, now: Micros) -> int:
        """See ports.Reader."""
        self._flush()
        return int(self._one(query("count_expired"), {"now": now}))

    def expired(self, now: Micros, limit: int) -> list[str]:
        """See ports.Reader."""
        self._flush()
        found: list[str] = _any.decode(self._one(query("expired"), {"now": now, "limit": limit}))
        return found

    # -- versions ------------------------------------------------------------------------------

    def history(self, memory_id: str, *, limit: int, offset: int) -> list[Version]:
        """See ports.Reader."""
        self._flush()
        bindings = {"id": memory_id, "limit": limit, "offset": offset}
        return self._rows_of(_versions, "version", query("history"), bindings)

    def count_history(self, memory_id: str) -> int:
        """See ports.Reader."""
        self._flush()
        return int(self._one(query("count_history"), {"id": memory_id}))

    def version(self, memory_id: str, number: int) -> Version | None:
        """See ports.Reader."""
        self._flush()
        bindings = {"id": memory_id, "number": number}
        found = self._rows_of(_versions, "version", query("version_numbered"), bindings)
        return found[0] if found else None

    def window_keys_between(self, low: int, high: int) -> list[int]:
        """See ports.Reader."""
        self._flush()
        bindings = {"low": low, "high": high}
        keys: list[int] = _any.decode(self._one(query("window_keys_between"), bindings))
        return keys

    def scrub_due(self) -> str | None:
        """See ports.Reader."""
        self._flush()
        mark: str | None = self._one("SELECT value FROM meta WHERE name = 'scrub_due'")
        return mark

    def last_erasure(self) -> str | None:
        """A mark that changes whenever something is erased or purged; None: nothing was."""
        mark: str | None = self._one("SELECT value FROM meta WHERE name = 'last_erasure'")
        return mark

    def traces(self, memory_id: str) -> Traces:
        """See ports.Reader."""
        self._flush()
        return Traces(**_traces.decode(self._one(query("traces"), {"id": memory_id})))

    def payload(self, memory_id: str, number: int, payload_hash: bytes) -> Payload | None:
        """See ports.Reader."""
        self._flush()
        text = self._one(
            query("version_payload"), {"id": memory_id, "number": number, "hash": payload_hash}
        )
        return _payload.decode(text) if text else None
