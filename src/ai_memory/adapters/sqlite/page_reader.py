"""Every row of a store in the order of its key, page by page; and what is known of some keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ai_memory import late
from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.row import Row
from ai_memory.adapters.sqlite.statement import Statements, json_text
from ai_memory.model.link import Link
from ai_memory.model.memory import Archived, Memory
from ai_memory.model.record import PastVersion, Tombstone
from ai_memory.ports import WindowVector

_rows = late.json_decoder(list[Row])
_archived = late.json_decoder(list[Archived])
_versions = late.json_decoder(list[PastVersion])
_links = late.json_decoder(list[Link])
_tombstones = late.json_decoder(list[Tombstone])
_figures = late.json_decoder(dict[str, int])
_any = msgspec.json.Decoder()

_LEAST = -(2**62)


class PageReader(Statements):
    """The RowPages port."""

    def memories_after(self, memory_id: str, limit: int) -> list[Memory]:
        """See ports.RowPages."""
        self._flush()
        bindings = {"after": memory_id, "limit": limit}
        rows = self._rows_of(_rows, "row", query("memories_after"), bindings)
        return [row.memory for row in rows]

    def archived_after(self, memory_id: str, limit: int) -> list[Archived]:
        """See ports.RowPages."""
        self._flush()
        bindings = {"after": memory_id, "limit": limit}
        return self._rows_of(_archived, "archived", query("archived_after"), bindings)

    def versions_after(self, last: PastVersion | None, limit: int) -> list[PastVersion]:
        """See ports.RowPages."""
        self._flush()
        key: dict[str, Any] = (
            {"id": "", "number": 0, "hash": ""}
            if last is None
            else {"id": last.memory_id, "number": last.number, "hash": last.hash}
        )
        bindings = {**key, "limit": limit}
        return self._rows_of(_versions, "past", query("versions_after"), bindings)

    def link_rows_after(self, last: Link | None, limit: int) -> list[Link]:
        """See ports.RowPages."""
        self._flush()
        key = {
            "source_id": last.source_id if last else "",
            "valid_from": last.valid_from if last else _LEAST,
            "target_id": last.target_id if last else "",
            "relation": last.relation if last else "",
            "recorded_at": last.recorded_at if last else _LEAST,
        }
        return _links.decode(self._one(query("link_rows_after"), {**key, "limit": limit}))

    def tombstones_after(self, memory_id: str, limit: int) -> list[Tombstone]:
        """See ports.RowPages."""
        self._flush()
        bindings = {"after": memory_id, "limit": limit}
        return _tombstones.decode(self._one(query("tombstones_after"), bindings))

    def windows_of(self, ids: Sequence[str]) -> dict[str, list[WindowVector]]:
        """See ports.RowPages."""
        self._flush()
        found: dict[str, list[WindowVector]] = {}
        bindings = {"ids": json_text(ids), "model": self._model_key()}
        for memory_id, start, end, vector in _any.decode(self._one(query("windows_of"), bindings)):
            window = WindowVector(start, end, bytes.fromhex(vector))
            found.setdefault(memory_id, []).append(window)
        return found

    def row_figures(self) -> dict[str, int]:
        """See ports.RowPages."""
        self._flush()
        return _figures.decode(self._one(query("row_figures")))

    def known_tombstones(self, ids: Sequence[str]) -> set[str]:
        """See ports.RowPages."""
        return set(self._of_ids("known_tombstones", ids))

    def known_versions(self, ids: Sequence[str]) -> set[tuple[str, int, str]]:
        """See ports.RowPages."""
        return {(i, number, hex_) for i, number, hex_ in self._of_ids("known_versions", ids)}

    def known_links(self, source_ids: Sequence[str]) -> list[Link]:
        """See ports.RowPages."""
        self._flush()
        return _links.decode(self._one(query("known_links"), {"ids": json_text(source_ids)}))

    def _of_ids(self, name: str, ids: Sequence[str]) -> list[Any]:
        self._flush()
        found: list[Any] = _any.decode(self._one(query(name), {"ids": json_text(ids)}))
        return found

    def _model_key(self) -> int:
        raise NotImplementedError  # pragma: no cover - the reader knows its models
