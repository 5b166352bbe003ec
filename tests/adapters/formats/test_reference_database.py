"""Moving from the reference implementation: its database, built from what describes it."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.operations.test_export import exported, taken_in
from tests.support import harness

from ai_memory.adapters.formats import ImportLine, ImportProblem, detect, open_records
from ai_memory.errors import ValidationFailed
from ai_memory.operations.find_entity import FindEntity
from ai_memory.operations.search_memories import SearchMemories

CORE = """
    id TEXT PRIMARY KEY, tier TEXT NOT NULL, namespace TEXT NOT NULL DEFAULT 'global',
    title TEXT NOT NULL, content TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '[]',
    priority INTEGER NOT NULL DEFAULT 5, confidence REAL NOT NULL DEFAULT 1.0,
    source TEXT NOT NULL DEFAULT 'api', access_count INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, last_accessed_at TEXT, expires_at TEXT,
    metadata TEXT NOT NULL DEFAULT '{}', embedding BLOB, embedding_dim INTEGER"""
SCHEMA = f"""
CREATE TABLE memories ({CORE},
    scope_idx TEXT GENERATED ALWAYS AS (CASE WHEN json_valid(metadata)
        THEN coalesce(json_extract(metadata, '$.scope'), 'private') ELSE 'private' END) VIRTUAL,
    agent_id_idx TEXT GENERATED ALWAYS AS (CASE WHEN json_valid(metadata)
        THEN json_extract(metadata, '$.agent_id') END) VIRTUAL);
CREATE UNIQUE INDEX idx_memories_title_ns ON memories (title, namespace);
CREATE VIRTUAL TABLE memories_fts USING fts5 (title, content, tags,
    content = memories, content_rowid = rowid);
CREATE TRIGGER memories_ai AFTER INSERT ON memories BEGIN
    INSERT INTO memories_fts (rowid, title, content, tags)
    VALUES (new.rowid, new.title, new.content, new.tags);
END;
CREATE TABLE memory_links (
    source_id TEXT NOT NULL REFERENCES memories (id) ON DELETE CASCADE,
    target_id TEXT NOT NULL REFERENCES memories (id) ON DELETE CASCADE,
    relation TEXT NOT NULL DEFAULT 'related_to', created_at TEXT NOT NULL,
    valid_from TEXT, valid_until TEXT, observed_by TEXT, signature BLOB, attest_level TEXT,
    PRIMARY KEY (source_id, target_id, relation));
CREATE TABLE archived_memories ({CORE}, archived_at TEXT NOT NULL,
    archive_reason TEXT NOT NULL DEFAULT 'ttl_expired', original_tier TEXT,
    original_expires_at TEXT);
CREATE TABLE entity_aliases (entity_id TEXT NOT NULL, alias TEXT NOT NULL,
    created_at TEXT NOT NULL, PRIMARY KEY (entity_id, alias));
CREATE TABLE namespace_meta (namespace TEXT PRIMARY KEY, standard_id TEXT, updated_at TEXT,
    parent_namespace TEXT);
CREATE TABLE schema_version (version INTEGER NOT NULL);
"""
EARLY, LATE = "2025-03-01T10:00:00.123456789+00:00", "2025-04-02T11:30:00+00:00"


def build(path: Path, schema: int = 28) -> None:
    with closing(sqlite3.connect(path)) as rows, rows:
        rows.execute("PRAGMA journal_mode = WAL")
        rows.executescript(SCHEMA)
        if schema < 23:
            rows.execute("ALTER TABLE memory_links DROP COLUMN attest_level")
        rows.execute("INSERT INTO schema_version VALUES (?)", (schema,))
        memory(rows, "m1", "Tea", "Ada drinks 茶.", tags='["a", "b"]', priority=9, confidence=0.25,
               access_count=7, last_accessed_at=LATE, updated_at=LATE,
               metadata='{"agent_id": "ai:old", "scope": "team"}')  # fmt: skip
        memory(rows, "m2", "Coffee", "Black.", tier="long", namespace="a/b", source="claude",
               expires_at="2099-01-01T00:00:00Z")  # fmt: skip
        memory(rows, "e1", "Ada Lovelace", "Ada Lovelace", tier="long", tags='["entity"]',
               namespace="people", metadata='{"kind": "entity"}')  # fmt: skip
        memory(rows, "odd", "Odd", "c", tier="ancient", tags="{broken", metadata="{broken",
               source="mine-claude")  # fmt: skip
        memory(rows, "bad", "Bad", "c", namespace="has space")
        memory(rows, "old", "Tea", "Was archived.", into="archived_memories", archived_at=LATE,
               tier="mid", original_tier="short", expires_at=None,
               original_expires_at="2025-03-01T16:00:00Z", archive_reason="sync_push")  # fmt: skip
        rows.execute("INSERT INTO entity_aliases VALUES ('e1', 'Countess', ?)", (EARLY,))
        rows.execute("INSERT INTO entity_aliases VALUES ('gone', 'Nobody', ?)", (EARLY,))
        link = "INSERT INTO memory_links (source_id, target_id, relation, created_at, valid_from, "
        link += "valid_until, observed_by) VALUES (?, ?, ?, ?, ?, ?, ?)"
        rows.execute(link, ("m1", "m2", "supersedes", EARLY, None, None, None))
        rows.execute(link, ("m2", "e1", "related_to", EARLY, EARLY, LATE, "ai:old"))


def memory(rows: sqlite3.Connection, id_: str, title: str, content: str, *,
           into: str = "memories", **columns: Any) -> None:  # fmt: skip
    fields = {
        "id": id_,
        "title": title,
        "content": content,
        "tier": "mid",
        "created_at": EARLY,
        "updated_at": EARLY,
        "embedding": bytes(8),
        "embedding_dim": 2,
        **columns,
    }
    marks = ", ".join("?" * len(fields))
    rows.execute(f"INSERT INTO {into} ({', '.join(fields)}) VALUES ({marks})", [*fields.values()])


def lines_of(path: Path) -> tuple[list[str], list[str]]:
    with open_records(path) as records:
        items = list(records)
    return (
        [item.text for item in items if isinstance(item, ImportLine)],
        [item.message for item in items if isinstance(item, ImportProblem)],
    )


@pytest.mark.parametrize("schema", [18, 28])
def test_everything_comes_over_in_one_go(tmp_path: Path, schema: int) -> None:
    path = tmp_path / "old.db"
    build(path, schema)
    before = hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns
    lines, problems = lines_of(path)
    assert problems == []
    with harness() as open_:
        result = taken_in(open_, lines)
        assert len(result["errors"]) == 1, result["errors"]
        assert (result["imported"], result["linked"]) == (5, 2)
        assert "namespace" in result["errors"][0].message
        tea = open_.memory("m1")
        assert (tea.priority, tea.confidence, tea.access_count) == (9, 0.25, 7)
        assert (tea.tags, tea.agent_id, tea.scope) == (("a", "b"), "ai:old", "team")
        assert tea.created_at == 1_740_823_200_123_456
        assert open_.memory("m2").expires_at == 4_070_908_800_000_000
        odd = open_.memory("odd")
        assert (odd.tier, odd.tags, odd.source) == ("mid", (), "import")
        assert odd.metadata == {"imported": {"source": "mine-claude"}}
        with open_.node.store.read() as rows:
            (old,) = rows.archived(["old"])
            links = rows.link_rows_after(None, 9)
        assert (old.reason, old.memory.tier) == ("sync_push", "short")
        assert old.memory.expires_at == 1_740_844_800_000_000
        assert [(link.source_id, link.relation, link.observed_by) for link in links] == [
            ("m1", "supersedes", None),
            ("m2", "related_to", "ai:old"),
        ]
        assert links[0].valid_from == links[0].created_at
        assert links[1].valid_until == 1_743_593_400_000_000
        assert open_.run(FindEntity(alias="Countess")).entity_id == "e1"
        assert open_.run(SearchMemories(query="drinks 茶")).total in (
            0,
            1,
        )  # by the clock it expired
        whole = exported(open_)
        assert taken_in(open_, lines)["imported"] == 0
        assert exported(open_)[1:] == whole[1:]
    assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) == before
    assert [each.name for each in tmp_path.iterdir()] == ["old.db"]


def test_a_database_in_use_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    build(path)
    with closing(sqlite3.connect(path)) as user:
        memory(user, "m3", "Late", "Still in the log.")
        user.commit()
        assert (tmp_path / "old.db-wal").stat().st_size
        log = (tmp_path / "old.db-wal").read_bytes()
        lines, _problems = lines_of(path)
        assert any('"id":"m3"' in line for line in lines)
        assert (tmp_path / "old.db-wal").read_bytes() == log


def test_other_databases_are_refused(tmp_path: Path) -> None:
    build(tmp_path / "old.db", 17)
    with pytest.raises(ValidationFailed, match="schema 17"):
        lines_of(tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "other.db")) as rows:
        rows.execute("CREATE TABLE t (x)")
    with pytest.raises(ValidationFailed, match="another program"):
        lines_of(tmp_path / "other.db")
    with harness(tmp_path / "ours.db"):
        pass
    with pytest.raises(ValidationFailed, match="ai-memory itself"):
        lines_of(tmp_path / "ours.db")
    assert detect(b"SQLite format 3\0" + b"\0" * 84) == "reference-db"
    (tmp_path / "torn.db").write_bytes((tmp_path / "ours.db").read_bytes()[:5_000])
    assert lines_of(tmp_path / "torn.db")[1]
