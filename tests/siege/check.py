"""Whether a database is sound, asked of its rows by SQL and of nothing the store would say itself.

Counters are counted again, the keyword index is made anew beside the one that is there, vectors are
computed from the texts, and the log is replayed by a few lines of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import apsw
import numpy as np

from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.retrieval.window import windows
from ai_memory.retrieval.words import fold

_RECOUNTED: Final = {
    "tally": (
        "SELECT namespace, tier, memories, unembedded FROM tally",
        "SELECT namespace, tier, count(*), sum(embedded = 0) FROM memory GROUP BY 1, 2",
    ),
    "archive_tally": (
        "SELECT namespace, memories, bytes FROM archive_tally",
        (
            "SELECT a.namespace, count(*), sum(octet_length(v.title) + octet_length(v.content) "
            "+ octet_length(v.tags) + octet_length(v.metadata)) "
            "FROM archived a JOIN version v ON v.key = a.version_key GROUP BY 1"
        ),
    ),
    "row_count": (
        "SELECT name, rows FROM row_count",
        (
            "SELECT 'archived', count(*) FROM archived "
            "UNION ALL SELECT 'link', count(*) FROM link WHERE retracted_at IS NULL"
        ),
    ),
    "embedding_model.windows": (
        "SELECT key, windows FROM embedding_model",
        (
            "SELECT key, (SELECT count(*) FROM window_vector w WHERE w.model = m.key) "
            "FROM embedding_model m"
        ),
    ),
    "origin": (
        "SELECT key, sequence FROM origin WHERE sequence > 0",
        "SELECT origin, max(sequence) FROM log GROUP BY 1",
    ),
}

_NONE: Final = {
    "a memory without its text": "SELECT m.id FROM memory m LEFT JOIN version v "
    "ON v.key = m.version_key WHERE v.content IS NULL OR v.memory_id <> m.id",
    "an archived memory without its text": "SELECT a.id FROM archived a LEFT JOIN version v "
    "ON v.key = a.version_key WHERE v.content IS NULL OR v.memory_id <> a.id",
    "live and archived": "SELECT id FROM memory JOIN archived USING (id)",
    "gone for good and there": "SELECT id FROM tombstone WHERE id IN "
    "(SELECT id FROM memory UNION ALL SELECT id FROM archived)",
    "vectors of no memory": "SELECT memory_key FROM window_vector "
    "WHERE memory_key NOT IN (SELECT key FROM memory)",
    "embedded without vectors": "SELECT m.id FROM memory m WHERE embedded AND NOT EXISTS "
    "(SELECT 1 FROM window_vector w WHERE w.memory_key = m.key)",
    "a gap in the log": "SELECT origin FROM log GROUP BY origin HAVING count(*) <> "
    "max(sequence) - min(sequence) + 1",
}


class State(NamedTuple):
    """What a store holds, but for what each run names anew: ids, instants, vectors."""

    live: tuple[tuple[Any, ...], ...]
    archived: tuple[tuple[Any, ...], ...]
    links: tuple[tuple[Any, ...], ...]
    tombstones: int


def state_of(database: Path) -> State:
    """What a database holds; it must be there."""
    with closing(_opened(database)) as rows:
        return State(
            _rows(
                rows,
                "SELECT m.namespace, v.title, v.content, m.tier, v.tags, v.number "
                "FROM memory m JOIN version v ON v.key = m.version_key",
            ),
            _rows(
                rows,
                "SELECT a.namespace, v.title, a.reason "
                "FROM archived a JOIN version v ON v.key = a.version_key",
            ),
            _rows(
                rows,
                "SELECT s.title, t.title, relation, retracted_at IS NULL FROM link "
                "LEFT JOIN version s ON s.memory_id = source_id AND s.number = 1 "
                "LEFT JOIN version t ON t.memory_id = target_id AND t.number = 1",
            ),
            rows.execute("SELECT count(*) FROM tombstone").get,
        )


def problems_of(database: Path) -> list[str]:
    """What is wrong with a database; nothing, as a rule."""
    if not database.exists():
        return ["there is no database"]
    try:
        with closing(_opened(database)) as rows:
            return list(_problems(rows))
    except apsw.Error as failure:
        return [f"it cannot be read: {failure}"]


def _problems(rows: apsw.Connection) -> Iterator[str]:
    sound = [row[0] for row in rows.execute("PRAGMA integrity_check")]
    if sound != ["ok"]:
        yield f"integrity: {sound[0]}"
        return
    for name, (kept, counted) in _RECOUNTED.items():
        if _rows(rows, kept) != _rows(rows, counted):
            yield f"{name} says {_rows(rows, kept)}, counted are {_rows(rows, counted)}"
    for name, query in _NONE.items():
        if found := rows.execute(query).fetchall():
            yield f"{name}: {found[:3]}"
    yield from _words(rows)
    yield from _vectors(rows)
    yield from _log(rows)


def _words(rows: apsw.Connection) -> Iterator[str]:
    """The keyword index against one made of the texts, word by word and place by place."""
    rows.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    declared = rows.execute("SELECT sql FROM sqlite_schema WHERE name = 'words'").get
    rows.execute(declared.replace("TABLE words", "TABLE temp.fresh", 1))
    rows.execute("CREATE VIRTUAL TABLE temp.fresh_word USING fts5vocab (temp, fresh, instance)")
    texts: list[tuple[Any, ...]] = rows.execute(
        "SELECT m.key, v.title, v.content, v.tags FROM memory m "
        "JOIN version v ON v.key = m.version_key"
    ).fetchall()
    for key, title, content, tags in texts:
        rows.execute(
            "INSERT INTO temp.fresh (rowid, title, content, tags) VALUES (?, ?, ?, ?)",
            (key, fold(title), fold(content), fold(" ".join(json.loads(tags)))),
        )
    query = "SELECT term, doc, col, offset FROM {}"
    kept, made = _rows(rows, query.format("word_instance")), _rows(rows, query.format("fresh_word"))
    if kept != made:
        yield f"keyword index: {set(kept).symmetric_difference(made)}"[:300]


def _vectors(rows: apsw.Connection) -> Iterator[str]:
    """Each window of each embedded memory, against its text; of the model of tests only."""
    embedder = HashingEmbedder()
    stored: list[tuple[Any, ...]] = rows.execute(
        "SELECT m.id, v.title, v.content, w.start, w.end, w.vector FROM window_vector w "
        "JOIN embedding_model e ON e.key = w.model AND e.id = ? "
        "JOIN memory m ON m.key = w.memory_key JOIN version v ON v.key = m.version_key "
        "ORDER BY w.key",
        (embedder.model.id,),
    ).fetchall()
    cut: dict[str, dict[tuple[int, int], str]] = {}
    for memory_id, title, content, *_rest in stored:
        if memory_id not in cut:
            cut[memory_id] = {(w.start, w.end): w.text for w in windows(title, content)}
    for memory_id, _title, _content, start, end, blob in stored:
        text = cut[memory_id].get((start, end))
        if text is None:
            yield f"a vector of no window of {memory_id}"
            return
        made = embedder.embed([text])[0]
        if not np.allclose(np.frombuffer(blob, "<f2").astype(np.float32), made, atol=2e-3):
            yield f"a vector of another text at {memory_id}"
            return


def _log(rows: apsw.Connection) -> Iterator[str]:
    """Who is live and who is archived, with which text, by the log alone."""
    live: dict[str, bytes] = {}
    archived: dict[str, bytes] = {}
    gone: set[str] = set()
    links: Counter[tuple[str, str, str]] = Counter()
    for (text,) in rows.execute("SELECT change FROM log ORDER BY position"):
        change = json.loads(str(text))
        kind = change["kind"]
        put = change.get("put", change)
        memory_id = put.get("memory_id")
        if kind == "memory_put" and memory_id not in gone:
            archived.pop(memory_id, None)
            live[memory_id] = base64.b64decode(put["payload_hash"])
        elif kind == "archived_put" and memory_id not in gone:
            live.pop(memory_id, None)
            archived[memory_id] = base64.b64decode(put["payload_hash"])
        elif kind == "memory_deleted" and memory_id in live:
            archived[memory_id] = live.pop(memory_id)
        elif kind in {"memory_purged", "memory_erased"}:
            live.pop(memory_id, None)
            archived.pop(memory_id, None)
            gone.add(memory_id)
        elif kind == "link_put":
            links[change["source_id"], change["target_id"], change["relation"]] += 1
    for name, expected in (("memory", live), ("archived", archived)):
        found = dict(
            rows.execute(
                f"SELECT r.id, v.hash FROM {name} r JOIN version v ON v.key = r.version_key"
            )
        )
        if found != expected:
            differing = [key for key, _ in set(found.items()) ^ set(expected.items())]
            yield f"the log says otherwise of {name}: {differing[:3]}"
    if {row[0] for row in rows.execute("SELECT id FROM tombstone")} != gone:
        yield "the log says otherwise of what is gone for good"
    there = set(rows.execute("SELECT source_id, target_id, relation FROM link"))
    if lost := [link for link in links if link not in there and not {*link[:2]} & gone]:
        yield f"links of the log that are nowhere: {lost[:3]}"


def digest_of(folder: Path) -> str:
    """What a folder's files are, by name and content."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def _rows(rows: apsw.Connection, query: str) -> tuple[tuple[Any, ...], ...]:
    return tuple(sorted(rows.execute(query).fetchall(), key=repr))


def _opened(database: Path) -> apsw.Connection:
    return apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READWRITE)
