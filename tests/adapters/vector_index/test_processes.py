from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from tests.adapters.vector_index.small_index import DIM, MODEL, SMALL, Opener, save_all
from tests.adapters.vector_index.sql_rows import ANY, SqlRows, assert_same, clustered, unit

from ai_memory.adapters.vector_index.segment import Segment

ROOT = Path(__file__).parents[3]

PRELUDE = """
import os, pathlib, signal, sys
import numpy as np
from ai_memory.adapters.vector_index import directory, open_vector_index, press
from ai_memory.adapters.vector_index.folder import IndexFolder
from tests.adapters.vector_index.small_index import DIM, MODEL, SMALL, save_all
from tests.adapters.vector_index.sql_rows import ANY, SqlRows, assert_same, clustered, unit
path = pathlib.Path(sys.argv[1])
rows = SqlRows(path)
index = open_vector_index(IndexFolder(path).of_model(MODEL), MODEL, SMALL)
def tell(word):
    print(word, flush=True)
def wait():
    assert sys.stdin.readline()
"""


@contextmanager
def process(database: Path, program: str) -> Iterator[subprocess.Popen[str]]:
    """Another process on the same database."""
    with subprocess.Popen(
        [sys.executable, "-c", PRELUDE + program, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def hear(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def go_on(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("go on\n")
    child.stdin.flush()


def run(database: Path, program: str) -> int:
    with process(database, program) as child:
        return child.wait(timeout=60)


def test_a_row_of_another_index_is_seen_before_answering(
    opened: Opener, rows: SqlRows, rng: np.random.Generator
) -> None:
    mine, theirs = opened(), opened()
    for number in range(60):
        (key,) = rows.add(vector := clustered(rng, 1, DIM))
        if number % 7 == 0:
            theirs.save(rows)
        for index in (mine, theirs):
            assert index.nearest(rows, vector[0], 1, ANY)[0][0] == key


def test_rows_of_another_process_are_seen_before_answering(
    opened: Opener, rows: SqlRows, database: Path
) -> None:
    index = opened()
    program = """
for number in range(DIM):
    wait()
    (key,) = rows.add(np.eye(DIM)[[number]])
    save_all(index, rows)
    tell(key)
"""
    with process(database, program) as child:
        for number in range(DIM):
            go_on(child)
            key = int(hear(child))
            ((found, cosine),) = index.nearest(rows, np.eye(DIM, dtype=np.float32)[number], 1, ANY)
            assert (found, cosine) == (key, 1)


def test_what_another_process_saved_is_mapped_instead_of_read(
    opened: Opener, rows: SqlRows, database: Path, rng: np.random.Generator
) -> None:
    index = opened()
    rows.add(clustered(rng, 100, DIM))
    assert run(database, "save_all(index, rows)") == 0
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert index.rows_read == 0


def test_the_tail_shrinks_when_another_process_saves(
    opened: Opener, rows: SqlRows, database: Path, rng: np.random.Generator
) -> None:
    index = opened()
    rows.add(clustered(rng, 100, DIM))
    query = clustered(rng, 1, DIM)[0]
    index.nearest(rows, query, 10, ANY)
    assert index.stats()["tail_rows"] == 100
    assert run(database, "save_all(index, rows)") == 0
    rows.add(clustered(rng, 5, DIM))
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert index.stats()["tail_rows"] == 5
    assert index.rows_read == 105


def test_files_replaced_by_another_process_stay_readable(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    mine, theirs = opened(), opened()
    rows.add(clustered(rng, 100, DIM))
    save_all(mine, rows)
    (before,) = folder.glob("*.segment")
    rows.add(clustered(rng, 90, DIM))
    save_all(theirs, rows)
    assert not before.exists()
    query = clustered(rng, 1, DIM)[0]
    assert_same(mine.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))


def test_one_process_at_a_time_saves(
    opened: Opener, rows: SqlRows, database: Path, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 100, DIM))
    index = opened()
    program = """
with index._directory.owned() as mine:
    tell(mine)
    wait()
"""
    with process(database, program) as child:
        assert hear(child) == "True"
        assert not index.save(rows)
        query = clustered(rng, 1, DIM)[0]
        assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
        go_on(child)
        child.wait(timeout=60)
    assert index.save(rows)


def test_an_owner_that_dies_owns_nothing(
    opened: Opener, rows: SqlRows, database: Path, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 100, DIM))
    with process(database, "with index._directory.owned(): tell('mine'); wait()") as child:
        assert hear(child) == "mine"
        child.kill()
        child.wait(timeout=60)
    assert opened().save(rows)


DYING = """
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
class DiesReading(SqlRows):
    def window_vectors_after(self, key, limit):
        return die() if key > 150 else super().window_vectors_after(key, limit)
class DiesOnFolder:
    calls = 0
    def __call__(self, descriptor):
        DiesOnFolder.calls += 1
        return die() if DiesOnFolder.calls == 2 else os.fdatasync(descriptor)
"""
DEATHS = {
    "reading": "rows = DiesReading(path)",
    "writing": "press.pack_footer = die",
    "before it is durable": "os.fsync = die",
    "before the rename": "pathlib.Path.replace = die",
    "after the rename": "os.fsync = DiesOnFolder()",
    "before sweeping": "directory.Directory.sweep = die",
    "while sweeping": "pathlib.Path.unlink = die",
}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX")
@pytest.mark.parametrize("death", DEATHS)
def test_a_save_killed_at_any_point_leaves_a_usable_state(
    opened: Opener,
    rows: SqlRows,
    database: Path,
    folder: Path,
    rng: np.random.Generator,
    death: str,
) -> None:
    rows.add(clustered(rng, 100, DIM))
    save_all(opened(), rows)
    rows.add(clustered(rng, 90, DIM))
    assert run(database, f"{DYING}{DEATHS[death]}\nindex.save(rows)") == -signal.SIGKILL

    index = opened()
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert index.rows_read in {0, 90}
    assert index.stats()["problems"] == []
    rows.add(clustered(rng, SMALL.tail_rows_min, DIM))
    assert save_all(index, rows) == 1
    left = [path.name for path in folder.iterdir() if path.name != "lock"]
    assert left == [Segment(folder / name, MODEL).path.name for name in left]
    again = opened()
    assert_same(again.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert again.rows_read == 0


def test_processes_that_write_and_save_at_once_lose_nothing(
    opened: Opener, rows: SqlRows, database: Path, rng: np.random.Generator
) -> None:
    program = """
rng = np.random.default_rng(os.getpid())
for _ in range(40):
    vectors = unit(rng.normal(size=(9, DIM)))
    rows.add(vectors)
    index.save(rows)
    with rows.connection:  # one snapshot for both
        assert_same(
            index.nearest(rows, vectors[-1], 5, ANY), rows.brute_force(vectors[-1], 5, ANY))
"""
    with process(database, program) as first, process(database, program) as second:
        assert (first.wait(timeout=120), second.wait(timeout=120)) == (0, 0)
    index = opened()
    save_all(index, rows)
    query = unit(rng.normal(size=DIM))
    assert_same(index.nearest(rows, query, 20, ANY), rows.brute_force(query, 20, ANY))
    assert len(index) == 720
