from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.adapters.vector_index.small_index import DIM, MODEL, SMALL, Opener, save_all
from tests.adapters.vector_index.sql_rows import ANY, SqlRows, assert_same, clustered, only

from ai_memory.adapters.vector_index import directory, open_vector_index, press
from ai_memory.adapters.vector_index.folder import IndexFolder
from ai_memory.ports import EmbeddingModel


def keys_of(hits: list[tuple[int, float]]) -> list[int]:
    return [key for key, _ in hits]


def segments_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.segment"))


def test_importing_the_package_imports_neither_numpy_nor_usearch() -> None:
    program = (
        "import sys, ai_memory.adapters.vector_index;"
        "sys.exit(bool({'numpy', 'usearch', 'ai_memory.adapters.vector_index.index'}"
        " & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_store_without_segments_never_imports_usearch(folder: Path) -> None:
    program = (
        "import sys, pathlib; from ai_memory.ports import EmbeddingModel;"
        "from ai_memory.adapters.vector_index import open_vector_index;"
        f"open_vector_index(pathlib.Path({str(folder)!r}), EmbeddingModel('m', 4));"
        "sys.exit('usearch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert not folder.exists()


def test_a_reopened_index_reads_no_row(
    opened: Opener, rows: SqlRows, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 100, DIM))
    assert save_all(opened(), rows) == 1
    index = opened()
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert index.rows_read == 0
    assert len(index) == 100


@pytest.mark.parametrize("new", [1, 7, 40])
def test_a_reopened_index_reads_exactly_the_new_rows(
    opened: Opener, rows: SqlRows, rng: np.random.Generator, new: int
) -> None:
    rows.add(clustered(rng, 100, DIM))
    save_all(opened(), rows)
    vectors = clustered(rng, new, DIM)
    keys = rows.add(vectors)
    index = opened()
    assert index.rows_read == 0
    assert keys_of(index.nearest(rows, vectors[-1], 1, ANY)) == [keys[-1]]
    index.nearest(rows, vectors[0], 1, ANY)
    assert index.rows_read == new


def test_a_short_tail_is_not_saved(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, SMALL.tail_rows_min - 1, DIM))
    assert not opened().save(rows)
    assert segments_in(folder) == []


def test_a_tail_of_removed_rows_is_not_saved(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    keys = rows.add(clustered(rng, 40, DIM))
    rows.remove(keys[3:])
    index = opened()
    assert not index.save(rows)
    assert not index.save(rows)
    assert segments_in(folder) == []
    rows.add(clustered(rng, SMALL.tail_rows_min, DIM))
    assert index.save(rows)


def test_memory_and_files_say_the_same(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 50, DIM))
    index = opened()
    save_all(index, rows)
    rows.add(clustered(rng, 3, DIM))
    index.nearest(rows, clustered(rng, 1, DIM)[0], 1, ANY)
    (file,) = segments_in(folder)
    assert index.stats() == {
        "mode": "files",
        "segments": 1,
        "segment_rows": 50,
        "tail_rows": 3,
        "covered_key": 53,
        "file_bytes": file.stat().st_size,
        "rows_read": 3,
        "saves": 1,
        "problems": [],
    }


# -- damage ----------------------------------------------------------------------------------------


def truncate(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def lengthen(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"more")


def flip(at: Callable[[int], int]) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        content = bytearray(file.read_bytes())
        content[at(len(content))] ^= 0x40
        file.write_bytes(content)

    return damage


DAMAGES = {
    "missing": Path.unlink,
    "empty": lambda file: file.write_bytes(b""),
    "short": lambda file: file.write_bytes(b"?"),
    "truncated": truncate,
    "lengthened": lengthen,
    "noise": lambda file: file.write_bytes(np.random.default_rng(1).bytes(file.stat().st_size)),
    "first byte": flip(lambda _size: 0),
    "graph": flip(lambda size: size // 2),
    "keys": flip(lambda size: size - 2_000),
    "footer": flip(lambda size: size - 60),
    "trailer": flip(lambda size: size - 12),
    "magic": flip(lambda size: size - 1),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_made_anew_from_the_rows(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator, name: str
) -> None:
    rows.add(clustered(rng, 100, DIM), ["a", "b"] * 50)
    save_all(opened(), rows)
    (file,) = segments_in(folder)
    intact = file.stat().st_size
    DAMAGES[name](file)

    index = opened()
    query = clustered(rng, 1, DIM)[0]
    for where in (ANY, only("a")):
        assert_same(index.nearest(rows, query, 10, where), rows.brute_force(query, 10, where))
    assert index.rows_read == 100
    assert len(index.stats()["problems"]) == (name != "missing")  # type: ignore[arg-type]

    assert save_all(index, rows) == 1
    assert [found.stat().st_size for found in segments_in(folder)] == [intact]
    assert index.stats()["problems"] == []
    again = opened()
    assert_same(again.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert again.rows_read == 0


def test_a_damaged_code_costs_no_answer_and_is_found_by_examining(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 100, DIM))
    save_all(opened(), rows)
    (file,) = segments_in(folder)
    assert opened().examine(rows) == []
    flip(lambda _size: 8 + 30)(file)
    index = opened()
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert index.examine(rows) == [f"{file.name}: its codes are damaged"]
    assert save_all(index, rows) == 1
    assert index.examine(rows) == opened().examine(rows) == []


def test_files_of_other_rows_are_found_out_by_examining(
    opened: Opener, rows: SqlRows, tmp_path: Path, rng: np.random.Generator
) -> None:
    others = SqlRows(tmp_path / "others.db")
    others.add(clustered(rng, 100, DIM))
    save_all(opened(), others)
    rows.add(clustered(rng, 100, DIM))
    index = opened()
    (problem,) = index.examine(rows)
    assert "other rows" in problem
    assert save_all(index, rows) == 1
    assert index.examine(rows) == []


@pytest.mark.parametrize("other", [EmbeddingModel("other", DIM), EmbeddingModel("test-model", 12)])
def test_the_files_of_another_model_are_ignored_and_replaced(
    opened: Opener,
    rows: SqlRows,
    folder: Path,
    tmp_path: Path,
    rng: np.random.Generator,
    other: EmbeddingModel,
) -> None:
    theirs = SqlRows(tmp_path / "theirs.db")
    theirs.add(clustered(rng, 90, other.dim))
    save_all(opened(other), theirs)

    rows.add(clustered(rng, 100, DIM))
    index = opened()
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert save_all(index, rows) == 1
    assert len(segments_in(folder)) == 1
    assert_same(opened().nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))


def test_files_that_know_more_than_the_database_are_ignored(
    opened: Opener, rows: SqlRows, tmp_path: Path, rng: np.random.Generator
) -> None:
    """The database was restored from a backup, or begun anew."""
    later = SqlRows(tmp_path / "later.db")
    later.add(clustered(rng, 300, DIM))
    save_all(opened(), later)
    rows.add(clustered(rng, 100, DIM))
    index = opened()
    for query in clustered(rng, 5, DIM):
        assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert save_all(index, rows) == 1
    assert opened().stats()["covered_key"] == 100


def test_files_newer_than_the_first_snapshot_are_used_with_the_next(
    opened: Opener, rows: SqlRows, database: Path, rng: np.random.Generator
) -> None:
    """Another process saved between the snapshot and the opening: the files are good."""
    rows.add(clustered(rng, 20, DIM))
    old = SqlRows(database)
    query = clustered(rng, 1, DIM)[0]
    with old.connection:
        assert old.last_window_key() == 20
        rows.add(clustered(rng, 180, DIM))
        save_all(opened(), rows)
        index = opened()
        assert_same(index.nearest(old, query, 10, ANY), old.brute_force(query, 10, ANY))
        assert index.rows_read == 20
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert index.rows_read == 20
    assert index.stats()["segment_rows"] == 200


def test_files_of_other_rows_are_found_out_by_searching(
    opened: Opener, rows: SqlRows, tmp_path: Path, rng: np.random.Generator
) -> None:
    """As above, and the keys have been given again since."""
    others = SqlRows(tmp_path / "others.db")
    others.add(clustered(rng, 100, DIM))
    save_all(opened(), others)
    rows.add(clustered(rng, 150, DIM))
    index = opened()
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert index.rows_read >= 150
    assert index.save(rows)


def test_files_of_other_rows_are_found_out_by_saving(
    opened: Opener, rows: SqlRows, tmp_path: Path, rng: np.random.Generator
) -> None:
    others = SqlRows(tmp_path / "others.db")
    others.add(clustered(rng, 100, DIM))
    save_all(opened(), others)
    rows.remove(rows.add(clustered(rng, 150, DIM))[:60])
    index = opened()
    save_all(index, rows)
    query = clustered(rng, 1, DIM)[0]
    assert_same(opened().nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))


def test_a_name_that_lies_is_passed_over(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 100, DIM))
    save_all(opened(), rows)
    (file,) = segments_in(folder)
    file.rename(folder / f"{0:020d}-{5_000:020d}.segment")
    (folder / f"{7:020d}-{3:020d}.segment").touch()
    (folder / "notes.txt").touch()
    index = opened()
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert index.rows_read == 100


# -- a disk that refuses ---------------------------------------------------------------------------


def test_a_full_disk_costs_a_save_and_nothing_else(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 100, DIM))
    index = opened()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", full)
        assert not index.save(rows)
    assert list(folder.glob("*.segment*")) == []
    assert "No space left" in str(index.stats()["problems"])
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert index.save(rows)


def test_a_folder_that_cannot_be_made_costs_a_save_and_nothing_else(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    folder.parent.mkdir()
    folder.write_text("in the way")
    rows.add(clustered(rng, 100, DIM))
    index = opened()
    assert not index.save(rows)
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))


def test_what_a_killed_save_left_is_swept(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    folder.mkdir(parents=True)
    left = folder / f"{0:020d}-{9:020d}.segment{directory.PARTIAL_SUFFIX}"
    left.write_bytes(b"half of a")
    rows.add(clustered(rng, 100, DIM))
    assert opened().save(rows)
    assert not left.exists()


def test_codes_are_stored_apart_when_usearch_keeps_them_elsewhere(
    opened: Opener, rows: SqlRows, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 100, DIM))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(press, "USEARCH_CODES_AT", 9)
        assert save_all(opened(), rows) == 1
    rows.add(clustered(rng, 20, DIM))
    index = opened()
    assert save_all(index, rows) == 1
    query = clustered(rng, 1, DIM)[0]
    found = opened()
    assert_same(found.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert found.rows_read == 0


def test_each_model_has_a_folder_beside_the_database(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path / "memory.db")
    assert folder.path == tmp_path / "memory.db.vectors"
    names = ["a/b", "a b", "中文", "../..", "x" * 300, "MiniLM"]
    models = [EmbeddingModel(name, dim) for name in names for dim in (4, 8)]
    places = {folder.of_model(model) for model in models}
    assert len(places) == len(models)
    assert all(place is not None and place.parent == folder.path for place in places)
    assert all(place is not None and len(place.name) < 64 for place in places)


def test_the_files_of_other_models_are_forgotten(
    opened: Opener, rows: SqlRows, rng: np.random.Generator, database: Path, folder: Path
) -> None:
    rows.add(clustered(rng, 100, DIM))
    save_all(opened(), rows)
    beside = IndexFolder(database)
    other = EmbeddingModel("other", DIM)
    assert beside.path is not None
    (beside.path / f"{0:020d}-{9:020d}.segment").write_bytes(b"from before there were folders")
    with beside.changing() as mine, beside.changing() as also_mine:
        assert (mine, also_mine) == (True, False)
    beside.forget_others([MODEL, other, None])
    assert [path.name for path in segments_in(folder)]
    assert {path.name for path in beside.path.iterdir()} == {folder.name, "change.lock"}
    beside.forget_others([other])
    assert {path.name for path in beside.path.iterdir()} == {"change.lock"}


def test_an_index_in_memory_has_no_file() -> None:
    beside = IndexFolder(None)
    beside.forget_others([])
    with beside.changing() as mine:
        assert mine
    assert beside.of_model(MODEL) is None
    assert open_vector_index(None, MODEL).stats()["file_bytes"] == 0


def test_segments_of_the_first_stores_are_adopted(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path / "a.db")
    assert folder.path is not None
    folder.path.mkdir()
    name = f"{0:020}-{7:020}.segment"
    (folder.path / name).write_bytes(b"codes")
    (folder.path / "lock").touch()
    folder.adopt(MODEL)
    own = folder.of_model(MODEL)
    assert own is not None
    assert [path.name for path in own.iterdir()] == [name]
    (folder.path / name).write_bytes(b"later")
    folder.adopt(MODEL)  # what is there already stays as it is
    assert (own / name).read_bytes() == b"codes"
    IndexFolder(None).adopt(MODEL)
