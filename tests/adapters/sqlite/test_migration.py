"""Each file gets the steps it misses, whatever its number says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.support import NOON, harness

from ai_memory.adapters.sqlite import migration
from ai_memory.adapters.sqlite.migration import (
    APPLICATION_ID,
    STEPS,
    Migration,
    migrate,
    migrations,
    missing_steps,
)
from ai_memory.errors import SchemaTooNew, StoreUnavailable
from ai_memory.operations.consolidate_memories import ConsolidateMemories
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.store_memory import StoreMemory

BUILDS = (
    (1,),
    (1, 2),
    (1, 2, 3),
    (1, 2, 3, 4),
    (1, 2, 3, 4, 10),
    (1, 2, 3, 4, 6, 10),
    (1, 2, 3, 4, 6, 7, 10),
    (1, 2, 3, 4, 5, 6, 7, 10),
    (1, 2, 3, 4, 5, 6, 7, 8, 10),
    (1, 2, 3, 4, 5, 6, 7, 10, 11),  # the one before, after a build that skipped 8
    (1, 2, 3, 4, 5, 6, 7, 8, 10, 11),
)
"""The steps that builds of this project knew, from the first to the one before the ledger."""


def early(step: Migration) -> str:
    """A step as the first build that had it knew it."""
    sql = step.sql
    if step.name == "initial":
        sql = re.sub(r"CREATE TRIGGER log_advances_origin.*?END;\n", "", sql, flags=re.DOTALL)
    elif step.name == "model_work":
        sql = re.sub(r"CREATE INDEX curation_by_\w+ .*;\n", "", sql)
    assert (sql == step.sql) == (step.name not in {"initial", "model_work"})
    return sql


def made(path: Path, numbers: Sequence[int]) -> None:
    """A file as a build left it that knew these steps, each when it was new."""
    with closing(apsw.Connection(str(path))) as rows:
        migration._lend_functions(rows)
        rows.execute(
            "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
            "applied_at INTEGER NOT NULL) STRICT"
        )
        for step in migrations():
            if step.number in numbers:
                rows.execute(early(step))
                rows.execute("INSERT INTO migration VALUES (?, ?, 1)", (step.number, step.name))
        rows.pragma("user_version", max(numbers))
        rows.pragma("application_id", APPLICATION_ID)


def schema_of(path: Path) -> set[tuple[Any, ...]]:
    with closing(apsw.Connection(str(path))) as rows:
        found = rows.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
    return {(*row[:3], " ".join(str(row[3]).split())) for row in found}


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[Any, ...]]:
    path = tmp_path_factory.mktemp("new") / "new.db"
    with harness(path):
        pass
    return schema_of(path)


@pytest.mark.parametrize("numbers", BUILDS, ids=lambda numbers: f"{len(numbers)}-{numbers[-1]}")
def test_a_file_of_any_build_becomes_as_a_new_one(
    numbers: Sequence[int], tmp_path: Path, new: set[tuple[Any, ...]]
) -> None:
    path = tmp_path / "old.db"
    made(path, numbers)
    with closing(apsw.Connection(str(path))) as rows:
        rows.execute("INSERT INTO origin (key, id) VALUES (1, 'old')")
        rows.execute("INSERT INTO meta VALUES ('node_id', 'old')")
        rows.execute('INSERT INTO log VALUES (1, 1, 7, 70, \'{"kind":"none"}\')')
        rows.execute("DELETE FROM log")  # its numbers were given out all the same
        rows.execute("UPDATE origin SET sequence = 7, hybrid_time = 70")
    with harness(path) as node:
        first, second = (
            node.run(StoreMemory(title=title, content="c", tier="long")).id for title in "ab"
        )
        node.run(LinkMemories(source_id=first, target_id=second))
        assert node.run(RecallMemories(context="a")).memories
        node.run(ConsolidateMemories(ids=(first, second), title="both"))
    assert schema_of(path) == new
    with closing(apsw.Connection(str(path))) as rows:
        assert missing_steps(rows) == []
        sequences = rows.execute("SELECT min(sequence), max(sequence) FROM log").get
        assert sequences[0] == 8
        assert rows.execute("SELECT sequence FROM origin WHERE key = 1").get == sequences[1]


def test_a_step_with_an_older_number_is_taken_by_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = tmp_path / "migrations"
    shutil.copytree(Path(migration.__file__).with_name("migrations"), steps)
    path = tmp_path / "a.db"
    with harness(path):
        pass
    late = (
        Migration(9, "late", "CREATE TABLE late (a INTEGER) STRICT;"),
        Migration(11, "same_number", "CREATE TABLE same_number (a INTEGER) STRICT;"),
    )
    known = tuple(sorted((*STEPS, *((step.number, step.name, step.digest) for step in late))))
    monkeypatch.setattr(migration, "STEPS", known)
    monkeypatch.setattr(migration, "migrations", lambda: sorted((*migrations(), *late)))
    for file in (path, tmp_path / "new.db"):
        with closing(apsw.Connection(str(file))) as rows:
            migrate(rows, NOON)
            assert missing_steps(rows) == []
            rows.execute("SELECT * FROM late, same_number")
            assert migrate(rows, NOON) == []
    monkeypatch.undo()
    with pytest.raises(SchemaTooNew, match="late, same_number"), harness(path):
        pass


def test_a_step_that_was_taken_in_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with harness(path):
        pass
    with closing(apsw.Connection(str(path))) as rows:
        rows.execute("UPDATE migration SET digest = 'another' WHERE name = 'family'")
    with pytest.raises(StoreUnavailable, match="family"), harness(path):
        pass


def test_comments_and_layout_are_not_what_a_step_does() -> None:
    one, other = (
        Migration(1, "a", sql).digest
        for sql in ("-- Why.\nCREATE  TABLE\n a;", "CREATE TABLE a;\n")
    )
    assert one == other != Migration(1, "a", "CREATE TABLE b;").digest
