"""Reads of the graph: links, entities and the namespaces as a tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from ai_memory import late
from ai_memory.adapters.sqlite.filter import (
    LIVE,
    LIVE_BY_KEY,
    compile_filter,
    compile_links,
    compile_links_after,
)
from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.row import Row
from ai_memory.adapters.sqlite.statement import Statements, json_text
from ai_memory.model.clock import Micros
from ai_memory.model.link import Direction, Link, LinkCursor, LinkFilter
from ai_memory.model.memory import Memory
from ai_memory.model.query import Filter
from ai_memory.ports.graph import Label, NamespaceCounts

_row = late.json_decoder(Row)
_links = late.json_decoder(list[Link])
_any = msgspec.json.Decoder()


class GraphRows(Statements):
    """The part of the Reader port that answers graph queries."""

    def links(
        self,
        memory_id: str,
        where: LinkFilter,
        memories: Filter,
        *,
        direction: Direction,
        after: LinkCursor | None,
        limit: int,
    ) -> list[Link]:
        """See ports.Reader."""
        self._flush()
        # Most memories have none, and to ask for nothing in order takes 60 µs.
        if not self._one(query("any_link"), {"id": memory_id}):
            return []
        ends, bindings = _ends([memory_id], where, memories, direction)
        behind, behind_bindings = compile_links_after(after)
        sql = query("links", ends=ends, after=behind)
        text = self._one(sql, {**bindings, **behind_bindings, "limit": limit})
        return _links.decode(text)

    def count_links(
        self, memory_id: str, where: LinkFilter, memories: Filter, *, direction: Direction
    ) -> int:
        """See ports.Reader."""
        ends, bindings = _ends([memory_id], where, memories, direction)
        self._flush()
        return int(self._one(query("count_links", ends=ends), bindings))

    def links_at(
        self,
        ids: Sequence[str],
        where: LinkFilter,
        memories: Filter,
        *,
        direction: Direction,
        limit: int,
    ) -> list[Link]:
        """See ports.Reader."""
        ends, bindings = _ends(ids, where, memories, direction, LIVE_BY_KEY)
        self._flush()
        return _links.decode(self._one(query("links_at", ends=ends), {**bindings, "limit": limit}))

    def believed_links(self, pairs: Sequence[tuple[str, str]]) -> list[Link]:
        """See ports.Reader."""
        self._flush()
        return decode_links(self._one(query("believed_links"), {"pairs": json_text(pairs)}))

    def supersessions(
        self, ids: Sequence[str], *, direction: Literal["outbound", "inbound"]
    ) -> list[Link]:
        """See ports.Reader."""
        self._flush()
        text = self._one(query(f"supersessions_{direction}"), {"ids": json_text(ids)})
        return decode_links(text)

    def derivations(self, memory_id: str) -> list[Link]:
        """See ports.Reader."""
        self._flush()
        return _links.decode(self._one(query("derivations"), {"id": memory_id}))

    def contradicting(self, namespace: str | None, now: Micros, limit: int) -> list[Link]:
        """See ports.Reader."""
        self._flush()
        bindings = {"namespace": namespace, "now": now, "limit": limit}
        return _links.decode(self._one(query("contradicting"), bindings))

    def entity_called(self, alias: str, where: Filter) -> Memory | None:
        """See ports.Reader."""
        compiled = compile_filter(where)
        self._flush()
        text = self._one(
            query("entity_called", where=compiled.sql), {**compiled.bindings, "alias": alias}
        )
        return None if text is None else _row.decode(text).memory

    def labels(self, ids: Sequence[str]) -> dict[str, Label]:
        """See ports.Reader."""
        self._flush()
        rows = _any.decode(self._one(query("labels"), {"ids": json_text(ids)}))
        return {memory_id: Label(namespace, title) for memory_id, namespace, title in rows}

    def namespace_counts(self, now: Micros, *, prefix: str, limit: int) -> NamespaceCounts:
        """See ports.Reader."""
        self._flush()
        text = self._one(query("namespace_counts"), {"now": now, "prefix": prefix, "limit": limit})
        total, memories, (names, counts) = _any.decode(text)
        return NamespaceCounts(names, counts, total, memories)


def decode_links(text: str) -> list[Link]:
    """Links from the JSON of a `link_array` query."""
    return _links.decode(text)


def _ends(
    ids: Sequence[str],
    where: LinkFilter,
    memories: Filter,
    direction: Direction,
    live: str = LIVE,
) -> tuple[str, dict[str, Any]]:
    """The links at some memories, seen from one end or from both."""
    links, others = compile_links(where), compile_filter(memories, live)
    sql = query(
        f"links_{direction}",
        believed=links.sql,
        where=others.sql,
        version_join=others.version_join,
    )
    return sql, {**links.bindings, **others.bindings, "ids": json_text(ids)}
