"""A connection, and the ways to ask it: each query answers with one row of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import apsw
import msgspec

from ai_memory import limits
from ai_memory.adapters.sqlite.filter import Compiled
from ai_memory.adapters.sqlite.query import query
from ai_memory.ports import Total

T = TypeVar("T")

UNREADABLE: Final = (apsw.SQLError, UnicodeDecodeError, msgspec.DecodeError)
"""How a row that holds something else than it should shows: no JSON, no UTF-8, no such value."""


def json_text(value: Any) -> str:
    """A binding for json_each."""
    return msgspec.json.encode(value).decode()


class Statements:
    """What every reader asks with."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def _one(self, sql: str, bindings: Mapping[str, Any] | None = None) -> Any:
        value: Any = self._connection.execute(sql, bindings or {}).get
        return value

    def _rows_of(
        self,
        rows: msgspec.json.Decoder[list[T]],
        kind: str,
        sql: str,
        bindings: Mapping[str, Any] | None = None,
    ) -> list[T]:
        """The rows that a query answers; of a damaged one what is left of it.

        Args:
            rows: Reads all of them.
            kind: What `damage` knows them as.
            sql: Answers with an array of objects.
            bindings: Its values.
        """
        try:
            return rows.decode(self._one(sql, bindings))
        except UNREADABLE:
            from ai_memory.adapters.sqlite.damage import salvage

            return salvage(rows, kind, lambda text: self._one(text, bindings), sql)

    def _flush(self) -> None:
        """Make pending writes visible to a query; a reader has none."""

    def _count(self, name: str, compiled: Compiled, **bindings: Any) -> Total:
        sql = query(name, version_join=compiled.version_join, where=compiled.sql)
        most = limits.COUNTED_MAX
        found = int(self._one(sql, {**compiled.bindings, **bindings, "most": most + 1}))
        return Total(min(found, most), is_exact=found <= most)
