from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import ai_memory.measure.floor as package
from ai_memory.measure.floor.nearest import BareIndex
from ai_memory.measure.floor.rows import BareRow, BareRows

FLOORS = sorted(Path(package.__path__[0]).glob("*.py"))


def row(number: int, content: str, vector: bytes | None = None) -> BareRow:
    return BareRow(f"id-{number}", "space", f"Title {number}", content, number, vector)


@pytest.fixture
def rows(tmp_path: Path) -> BareRows:
    return BareRows(tmp_path / "floor.db")


@pytest.mark.parametrize("file", FLOORS, ids=lambda file: file.stem)
def test_a_floor_imports_nothing_of_ours(file: Path) -> None:
    imported = [
        name
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else ["." * node.level + (node.module or "")]
        )
    ]
    assert [name for name in imported if name.startswith((".", "ai_memory"))] == []
    assert FLOORS[0] != file or len(FLOORS) > 3


def test_what_is_inserted_is_found_every_way(rows: BareRows) -> None:
    rows.insert([row(1, "a grey heron"), row(2, "two herons", b"\0\1"), row(3, "a kettle")])
    found = rows.get("id-2")
    assert found is not None
    assert "two herons" in found
    assert len(rows.page(2)) == 2
    assert {key for key, _rank in rows.match('"heron"', 10)} == {1, 2}
    assert "a kettle" in rows.search('"kettle"', 10)[0]
    rows.close()


def test_an_update_replaces_the_words(rows: BareRows) -> None:
    rows.insert([row(1, "a grey heron")])
    rows.update("id-1", row(2, "a kettle"))
    assert rows.match('"heron"', 10) == []
    assert "a kettle" in (rows.get("id-1") or ())
    rows.close()


def test_what_is_deleted_is_gone(rows: BareRows) -> None:
    rows.insert([row(1, "a grey heron"), row(2, "a kettle", b"\0\1")])
    rows.delete("id-2", 3)
    assert rows.get("id-2") is None
    assert rows.match('"kettle"', 10) == []
    assert len(rows.page(10)) == 1
    rows.close()


def test_a_second_connection_sees_what_the_first_wrote(tmp_path: Path) -> None:
    first = BareRows(tmp_path / "floor.db")
    first.insert([row(1, "a grey heron")])
    second = BareRows(tmp_path / "floor.db")
    second.insert([row(2, "two herons")])
    assert len(first.match('"heron"', 10)) == 2
    first.close()
    second.close()


def test_vectors_are_taken_over_from_another_file(tmp_path: Path, rows: BareRows) -> None:
    rows.insert([row(1, "a grey heron", b"\0\1"), row(2, "two herons", b"\2\3")])
    rows.close()
    others = BareRows(tmp_path / "other.db")
    others.insert([row(1, "a grey heron"), row(2, "two herons")])
    assert list(others.vectors(1)) == []
    others.take_windows(tmp_path / "floor.db", "SELECT * FROM theirs.window_vector")
    assert list(others.vectors(1)) == [([1], b"\0\1"), ([2], b"\2\3")]
    assert list(others.vectors(5)) == [([1, 2], b"\0\1\2\3")]
    others.close()


def test_the_rarest_words_are_those_with_few_matches(rows: BareRows) -> None:
    rows.insert([row(1, "a grey heron"), row(2, "two herons"), row(3, "a grey kettle, two grey")])
    words = ['"grey"', '"heron"', '"kettle"', '"grey"']
    assert rows.rarest(words, 3) == '"kettle" OR "grey"'
    assert rows.rarest(words, 5) == '"kettle" OR "grey" OR "heron"'
    assert rows.rarest(['"grey"'], 1) == '"grey"'
    rows.close()


def test_the_bare_index_finds_the_vector_itself(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).normal(size=(200, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    made = BareIndex(32)
    made.add(range(100), vectors[:100])
    made.add(range(100, 200), vectors[100:])
    made.save(tmp_path / "floor.usearch")
    index = BareIndex(32)
    index.load(tmp_path / "floor.usearch")
    assert [int(index.nearest(vectors[at], 5)[0]) for at in (0, 77, 199)] == [0, 77, 199]
