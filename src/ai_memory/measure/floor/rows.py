"""Floor of storing and finding: the same rows, indexes and log entry by raw SQLite statements."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import apsw

_ORIGIN: Final = 1
_FLAGS: Final = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
_SCHEMA: Final = Path(__file__).with_name("rows.sql")

_INSERT_VERSION: Final = "INSERT INTO version VALUES (?,?,?,?,?,?,?,?,?)"
_INSERT_MEMORY: Final = (
    "INSERT INTO memory (key,id,namespace,title_digest,version_key,tier,priority,confidence,source,"
    "agent_id,scope,created_at,updated_at,expires_at,embedded) "
    "VALUES (?,?,?,?,?,'mid',5,1.0,'api','bare','private',?,?,?,?)"
)
_INSERT_WORDS: Final = "INSERT INTO words (rowid,title,content,tags) VALUES (?,?,?,?)"
_INSERT_WINDOW: Final = "INSERT INTO window_vector (memory_key,start,end,vector) VALUES (?,?,?,?)"
_INSERT_LOG: Final = "INSERT INTO log (origin,sequence,hybrid_time,change) VALUES (?,?,?,?)"
_UPDATE: Final = "UPDATE memory SET version_key = ?, updated_at = ?, embedded = 0 WHERE key = ?"
_ARCHIVE: Final = (
    "INSERT INTO archived SELECT id,namespace,version_key,created_at,?,'deleted' "
    "FROM memory WHERE key = ?"
)
_ONE: Final = (
    "SELECT m.*, v.title, v.content, v.tags, v.metadata FROM memory AS m "
    "JOIN version AS v ON v.key = m.version_key WHERE m.id = ?"
)
_PAGE: Final = (
    "SELECT m.*, v.title, v.content, v.tags, v.metadata FROM memory AS m "
    "JOIN version AS v ON v.key = m.version_key "
    "ORDER BY m.priority DESC, m.updated_at DESC, m.id LIMIT ?"
)
_MATCH: Final = "SELECT rowid, rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
_FREQUENCY: Final = "SELECT count(*) FROM words WHERE words MATCH ?"
_VECTORS_AFTER: Final = "SELECT key, vector FROM window_vector WHERE key > ? ORDER BY key LIMIT ?"
_SEARCH: Final = (
    "SELECT m.*, v.title, v.content, v.tags, v.metadata "
    "FROM (SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?) AS w "
    "JOIN memory AS m ON m.key = w.rowid JOIN version AS v ON v.key = m.version_key"
)


class BareRow(NamedTuple):
    """A memory to be written.

    Attributes:
        at: Microseconds; any increasing number will do.
        vector: Its embedding at rest; None without one.
    """

    id: str
    namespace: str
    title: str
    content: str
    at: int
    vector: bytes | None = None


class BareRows:
    """One connection to one file, WAL and `synchronous=FULL`.

    Args:
        path: Made with its schema if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        fresh = not path.exists()
        self._connection = apsw.Connection(str(path), flags=_FLAGS)
        self._frequencies: dict[str, int] = {}
        self._execute = self._connection.execute
        self._execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        self._execute("PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY")
        if fresh:
            self._execute(_SCHEMA.read_text(encoding="utf-8"))
        self._key = self._greatest("memory")
        self._version = self._greatest("version")

    def insert(self, rows: Sequence[BareRow]) -> None:
        """Write memories in one transaction, with a sync at its end."""
        first_key, first_version = self._key + 1, self._version + 1
        versions, memories, words, windows, changes = [], [], [], [], []
        for key, (version, row) in enumerate(enumerate(rows, first_version), first_key):
            digest = hashlib.sha256(row.content.encode()).digest()
            title_digest = hashlib.sha256(row.title.encode()).digest()[:16]
            versions.append(
                (version, row.id, 1, digest, row.title, row.content, "[]", "{}", row.at)
            )
            memories.append(
                (key, row.id, row.namespace, title_digest, version, row.at, row.at, row.at + 10**12,
                 row.vector is not None)
            )  # fmt: skip
            words.append((key, row.title, row.content, ""))
            if row.vector is not None:
                windows.append((key, 0, len(row.content), row.vector))
            changes.append(_change(version, row.id, digest, row.at))
        many = self._connection.executemany
        with _Immediate(self._connection):
            many(_INSERT_VERSION, versions)
            many(_INSERT_MEMORY, memories)
            many(_INSERT_WORDS, words)
            many(_INSERT_WINDOW, windows)
            many(_INSERT_LOG, changes)
        self._key += len(rows)
        self._version += len(rows)

    def take_windows(self, database: Path, select: str) -> None:
        """Copy the vectors of another file, whose memories are the same in the same order.

        Args:
            database: An SQLite file.
            select: Yields key, memory key, start, end and vector out of its schema `theirs`.
        """
        self._execute("ATTACH ? AS theirs", (f"file:{database}?mode=ro",))
        with _Immediate(self._connection):
            self._execute(f"INSERT INTO window_vector {select}")
            self._execute("UPDATE memory SET embedded = 1")
        self._execute("DETACH theirs")

    def vectors(self, count: int) -> Iterator[tuple[list[int], bytes]]:
        """All vectors: their keys and blobs end to end, at most `count` at a time."""
        last = 0
        while True:
            rows: list[Any] = self._execute(_VECTORS_AFTER, (last, count)).fetchall()
            if not rows:
                return
            keys = [key for key, _vector in rows]
            yield keys, b"".join(vector for _key, vector in rows)
            last = keys[-1]

    def rarest(self, words: Sequence[str], matches_max: int) -> str:
        """Of some words the rarest, as an expression with a bounded number of matches.

        Args:
            words: Quoted for FTS5; at least one.
            matches_max: The rarest is taken anyway.
        """
        for word in words:
            if word not in self._frequencies:
                counted: Any = self._execute(_FREQUENCY, (word,)).fetchone()
                self._frequencies[word] = counted[0]
        chosen: list[str] = []
        matches = 0
        for word in sorted(set(words), key=lambda word: (self._frequencies[word], word)):
            matches += self._frequencies[word]
            if chosen and matches > matches_max:
                break
            chosen.append(word)
        return " OR ".join(chosen)

    def update(self, memory_id: str, row: BareRow) -> None:
        """Give a memory another text: a version more, its words replaced."""
        self._version += 1
        digest = hashlib.sha256(row.content.encode()).digest()
        version = (self._version, memory_id, self._version, digest, row.title, row.content, "[]",
                   "{}", row.at)  # fmt: skip
        with _Immediate(self._connection):
            key = self._key_of(memory_id)
            self._execute(_INSERT_VERSION, version)
            self._execute(_UPDATE, (self._version, row.at, key))
            self._execute("DELETE FROM words WHERE rowid = ?", (key,))
            self._execute(_INSERT_WORDS, (key, row.title, row.content, ""))
            self._execute("DELETE FROM window_vector WHERE memory_key = ?", (key,))
            self._execute(_INSERT_LOG, _change(self._version, memory_id, digest, row.at))

    def delete(self, memory_id: str, at: int) -> None:
        """Move a memory into the archive."""
        self._version += 1  # the log's sequence
        with _Immediate(self._connection):
            key = self._key_of(memory_id)
            self._execute(_ARCHIVE, (at, key))
            self._execute("DELETE FROM words WHERE rowid = ?", (key,))
            self._execute("DELETE FROM window_vector WHERE memory_key = ?", (key,))
            self._execute("DELETE FROM memory WHERE key = ?", (key,))
            self._execute(_INSERT_LOG, _change(self._version, memory_id, b"", at))

    def get(self, memory_id: str) -> tuple[Any, ...] | None:
        """A memory by its id."""
        return self._execute(_ONE, (memory_id,)).fetchone()

    def page(self, limit: int) -> list[tuple[Any, ...]]:
        """The first page of a list, and how many there are in all."""
        found = self._execute(_PAGE, (limit,)).fetchall()
        self._execute("SELECT count(*) FROM memory").fetchone()
        return found

    def match(self, expression: str, limit: int) -> list[tuple[Any, ...]]:
        """The best by BM25: row keys and scores."""
        return self._execute(_MATCH, (expression, limit)).fetchall()

    def search(self, expression: str, limit: int) -> list[tuple[Any, ...]]:
        """The best by BM25, whole, and how many match in all."""
        found = self._execute(_SEARCH, (expression, limit)).fetchall()
        self._execute("SELECT count(*) FROM words WHERE words MATCH ?", (expression,)).fetchone()
        return found

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _greatest(self, table: str) -> int:
        row = self._execute(f"SELECT coalesce(max(key), 0) FROM {table}").fetchone()  # noqa: S608
        assert row is not None
        return int(row[0])

    def _key_of(self, memory_id: str) -> int:
        row = self._execute("SELECT key FROM memory WHERE id = ?", (memory_id,)).fetchone()
        assert row is not None, "the floor lost a memory"
        return int(row[0])


class _Immediate:
    """BEGIN IMMEDIATE … COMMIT."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


def _change(sequence: int, memory_id: str, digest: bytes, at: int) -> tuple[int, int, int, str]:
    """A log entry of the usual size."""
    facts = {"memory_id": memory_id, "payload": digest.hex(), "tier": "mid", "priority": 5,
             "confidence": 1.0, "source": "api", "created_at": at, "updated_at": at}  # fmt: skip
    return _ORIGIN, sequence, at, json.dumps(facts)
