"""VectorRows over a real SQLite file, small enough to be read at a glance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import apsw
import numpy as np
import numpy.typing as npt
import pytest

from ai_memory.model.query import Filter

NOW = 1_000_000
ANY = Filter(now=NOW)

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS window (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace TEXT NOT NULL,
    expires_at INTEGER,
    vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS window_by_namespace ON window (namespace);
"""


def only(*namespaces: str) -> Filter:
    return Filter(now=NOW, namespaces=namespaces)


class SqlRows:
    """Windows with a namespace and an expiry; one connection per object.

    Attributes:
        vectors_asked: How many vectors were asked for by key.
    """

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.connection = apsw.Connection(str(path))
        self.connection.set_busy_timeout(10_000)
        self.connection.execute(SCHEMA).fetchall()
        self.vectors_asked = 0

    # -- writing -----------------------------------------------------------------------------

    def add(
        self,
        vectors: npt.NDArray[np.floating],
        namespaces: Iterable[str] | str = "global",
        expires_at: int | None = None,
    ) -> list[int]:
        names = [namespaces] * len(vectors) if isinstance(namespaces, str) else namespaces
        before = self.last_window_key()
        with self.connection:
            self.connection.executemany(
                "INSERT INTO window (namespace, expires_at, vector) VALUES (?, ?, ?)",
                (
                    (name, expires_at, vector.astype("<f2").tobytes())
                    for name, vector in zip(names, vectors, strict=True)
                ),
            )
        return list(range(before + 1, before + 1 + len(vectors)))

    def remove(self, keys: Sequence[int]) -> None:
        self.connection.execute(
            "DELETE FROM window WHERE key IN (SELECT value FROM json_each(?))", [json.dumps(keys)]
        ).fetchall()

    # -- the port ----------------------------------------------------------------------------

    def last_window_key(self) -> int:
        found = self.connection.execute(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'window'), 0)"
        ).get
        return int(found)

    def window_count(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM window").get)

    def window_vectors_after(self, key: int, limit: int) -> tuple[list[int], bytes]:
        return _split(
            self.connection.execute(
                "SELECT key, vector FROM window WHERE key > ? ORDER BY key LIMIT ?", [key, limit]
            ).fetchall()
        )

    def window_vectors(
        self, keys: Sequence[int], where: Filter | None = None
    ) -> tuple[list[int], bytes]:
        self.vectors_asked += len(keys)
        condition, bindings = _condition(where)
        return _split(
            self.connection.execute(
                "SELECT w.key, w.vector FROM json_each(?) AS wanted"
                f" CROSS JOIN window AS w ON w.key = wanted.value WHERE {condition}",
                [json.dumps(list(keys)), *bindings],
            ).fetchall()
        )

    def window_keys(self, where: Filter, limit: int) -> list[int] | None:
        condition, bindings = _condition(where)
        found = self.connection.execute(
            f"SELECT w.key FROM window AS w WHERE {condition} LIMIT ?",
            [*bindings, limit + 1],
        ).fetchall()
        return [int(row[0]) for row in found] if len(found) <= limit else None  # type: ignore[arg-type]

    # -- the truth ---------------------------------------------------------------------------

    def matching(self, where: Filter) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The keys and vectors that match."""
        condition, bindings = _condition(where)
        found = self.connection.execute(
            f"SELECT key, vector FROM window AS w WHERE {condition}", bindings
        )
        keys, blobs = _split(found.fetchall())
        vectors = np.frombuffer(blobs, "<f2").astype(np.float32)
        dim = len(vectors) // max(len(keys), 1)
        return np.array(keys, np.int64), vectors.reshape(len(keys), dim)

    def brute_force(
        self, query: npt.NDArray[np.float32], count: int, where: Filter
    ) -> list[tuple[int, float]]:
        """What `nearest` should answer."""
        keys, vectors = self.matching(where)
        if not len(keys):
            return []
        scores = np.clip(vectors @ query, -1, 1)
        ranked = sorted(
            zip(keys.tolist(), scores.tolist(), strict=True), key=lambda hit: (-hit[1], hit[0])
        )
        return ranked[:count]


def _split(rows: Iterable[Sequence[object]]) -> tuple[list[int], bytes]:
    keys, blobs = [], []
    for key, blob in rows:
        keys.append(key)
        blobs.append(blob)
    return keys, b"".join(blobs)  # type: ignore[return-value, arg-type]


def _condition(where: Filter | None) -> tuple[str, list[object]]:
    if where is None:
        return "true", []
    condition, bindings = "(w.expires_at IS NULL OR w.expires_at > ?)", [where.now]
    if where.namespaces is not None:
        condition += " AND w.namespace IN (SELECT value FROM json_each(?))"
        return condition, [*bindings, json.dumps(where.namespaces)]
    return condition, [*bindings]


def assert_same(found: list[tuple[int, float]], expected: list[tuple[int, float]]) -> None:
    """Equal but for the last bits of the cosines, and for the order where those decide."""
    assert [score for _, score in found] == pytest.approx([s for _, s in expected], abs=1e-5)
    cosines = dict(expected)
    doubtful = expected[-1][1] + 1e-5 if expected else 0
    assert all(cosines[key] == pytest.approx(s, abs=1e-5) for key, s in found if s > doubtful)
    assert len({key for key, _ in found}) == len(found)


def clustered(
    rng: np.random.Generator, count: int, dim: int, clusters: int = 50, spread: float = 1.2
) -> npt.NDArray[np.float32]:
    """Unit vectors around random centres, as sentences lie around subjects."""
    centres = rng.normal(size=(clusters, dim))
    vectors = centres[rng.integers(0, clusters, count)] + spread * rng.normal(size=(count, dim))
    return unit(vectors)


def unit(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Of norm one, as precise as what is stored."""
    of_norm_one = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    stored: npt.NDArray[np.float16] = of_norm_one.astype(np.float16)
    return stored.astype(np.float32)
