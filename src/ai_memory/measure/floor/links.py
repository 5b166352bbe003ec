"""Floor of the graph: links and names in plain tables, walked by raw statements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import apsw

_SCHEMA: Final = """
CREATE TABLE memory (id TEXT PRIMARY KEY, namespace TEXT NOT NULL, title TEXT NOT NULL) STRICT;
CREATE TABLE link (
    source_id TEXT NOT NULL, target_id TEXT NOT NULL, relation TEXT NOT NULL,
    valid_from INTEGER NOT NULL, recorded_at INTEGER NOT NULL, valid_until INTEGER,
    PRIMARY KEY (source_id, relation, target_id, valid_from)) STRICT, WITHOUT ROWID;
CREATE INDEX link_by_target ON link (target_id, source_id);
CREATE TABLE tally (namespace TEXT PRIMARY KEY, memories INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE log (sequence INTEGER PRIMARY KEY, change TEXT NOT NULL) STRICT;
"""
_LINK: Final = "INSERT OR IGNORE INTO link VALUES (?, ?, 'related_to', ?, ?, NULL)"
_TITLES: Final = (
    "SELECT m.id, m.namespace, m.title FROM json_each(?) AS w JOIN memory AS m ON m.id = w.value"
)
_NEAR: Final = (
    "SELECT l.source_id, l.target_id, l.valid_from FROM json_each(?) AS w "
    "CROSS JOIN link AS l ON l.source_id = w.value"
)
_TIMELINE: Final = (
    "SELECT l.*, m.namespace, m.title FROM link AS l JOIN memory AS m ON m.id = l.target_id "
    "WHERE l.source_id = ? ORDER BY l.valid_from LIMIT ?"
)
_NAMESPACES: Final = "SELECT namespace, memories FROM tally ORDER BY memories DESC LIMIT ?"


class BareLinks:
    """One connection to a new file, WAL and `synchronous=FULL`.

    Args:
        path: Does not exist yet.
        memories: (id, namespace, title).
        links: (source, target, instant).
    """

    def __init__(
        self,
        path: Path,
        memories: Sequence[tuple[str, str, str]],
        links: Iterable[tuple[str, str, int]],
    ) -> None:
        self._connection = apsw.Connection(str(path))
        self._execute = self._connection.execute
        self._execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        self._execute("PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY")
        self._execute(_SCHEMA)
        with self._connection:
            many = self._connection.executemany
            many("INSERT INTO memory VALUES (?, ?, ?)", memories)
            many(_LINK, ((source, target, at, at) for source, target, at in links))
            self._execute("INSERT INTO tally SELECT namespace, count(*) FROM memory GROUP BY 1")

    def link(self, source: str, target: str, at: int) -> None:
        """Write one link and its log entry, durably."""
        change = {"source": source, "target": target, "relation": "related_to", "at": at}
        self._execute("BEGIN IMMEDIATE")
        self._execute(_LINK, (source, target, at, at))
        self._execute("INSERT INTO log (change) VALUES (?)", (json.dumps(change),))
        self._execute("COMMIT")

    def walk(self, start: str, depth: int, titles_max: int) -> int:
        """How many memories lie within so many links; the titles of some are read."""
        seen, rim = {start}, [start]
        for _hop in range(depth):
            rows: list[Any] = self._execute(_NEAR, (json.dumps(rim),)).fetchall()
            rim = list({target for _source, target, _at in rows} - seen)
            seen.update(rim)
        self._execute(_TITLES, (json.dumps(list(seen)[:titles_max]),)).fetchall()
        return len(seen) - 1

    def timeline(self, source: str, limit: int) -> list[Any]:
        """A memory's links in time."""
        return self._execute(_TIMELINE, (source, limit)).fetchall()

    def namespaces(self, limit: int) -> list[Any]:
        """The most populous namespaces, from kept counters."""
        return self._execute(_NAMESPACES, (limit,)).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
