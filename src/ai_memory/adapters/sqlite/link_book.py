"""The links of one write transaction: believed rows looked up together, new rows written in sets.

A crowd of callers that link at the same moment costs one look-up and two or three statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import apsw

from ai_memory.adapters.sqlite.graph_rows import decode_links
from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.statement import json_text
from ai_memory.model.change import LinkDeleted
from ai_memory.model.clock import Micros
from ai_memory.model.link import Link

Pair: TypeAlias = tuple[str, str]


class LinkBook:
    """What is believed of some pairs of memories, and what is about to be written."""

    def __init__(self, connection: apsw.Connection, pairs: set[Pair]) -> None:
        """Take the pairs that the batch will ask for; they are read at the first question."""
        self._connection = connection
        self._wanted = pairs
        self._known: dict[Pair, dict[tuple[str, Micros], Link]] = {}
        self._puts: list[Link] = []
        self._retracts: list[LinkDeleted] = []
        self._pending: set[Pair] = set()

    def believed(self, pairs: Sequence[Pair]) -> list[Link]:
        """See ports.Reader."""
        missing = {pair for pair in pairs if pair not in self._known}
        if missing:
            missing |= self._wanted - self._known.keys()
            if missing & self._pending:
                self.flush()
            text = self._connection.execute(
                query("believed_links"), {"pairs": json_text(sorted(missing))}
            ).get
            self._known.update((pair, {}) for pair in missing)
            for link in decode_links(text):
                self._remember(link)
        return [link for pair in pairs for link in self._known[pair].values()]

    def put(self, link: Link) -> None:
        """See ports.Transaction."""
        if self._retracts:
            self.flush()  # set-based statements know no order
        self._puts.append(link)
        self._pending.add((link.source_id, link.target_id))
        if link.retracted_at is None and (link.source_id, link.target_id) in self._known:
            self._remember(link)

    def retract(self, fact: LinkDeleted) -> None:
        """See ports.Transaction."""
        if self._puts:
            self.flush()
        pair = (fact.source_id, fact.target_id)
        self._retracts.append(fact)
        self._pending.add(pair)
        self._known.get(pair, {}).pop((fact.relation, fact.valid_from), None)

    @property
    def pending(self) -> bool:
        """Whether rows wait to be written."""
        return bool(self._pending)

    def forget(self, memory_id: str) -> None:
        """No longer know the links of a memory; its purge removes them from the rows."""
        for pair in [pair for pair in self._known if memory_id in pair]:
            self._known[pair] = {}

    def flush(self) -> None:
        """Write everything pending."""
        if self._puts:
            rows, self._puts = json_text(self._puts), []
            self._connection.execute(query("insert_links"), {"rows": rows})
            self._connection.execute(query("succeed_links"), {"rows": rows})
        if self._retracts:
            rows = json_text(
                [(f.source_id, f.target_id, f.relation, f.valid_from, f.at) for f in self._retracts]
            )
            self._retracts = []
            self._connection.execute(query("retract_links"), {"rows": rows})
        self._pending.clear()

    def _remember(self, link: Link) -> None:
        pair = (link.source_id, link.target_id)
        self._known[pair][link.relation, link.valid_from] = link
