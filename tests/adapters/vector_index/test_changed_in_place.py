"""A file that is cut or written into while it is in use misleads nobody, and ends no process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from tests.adapters.vector_index.small_index import DIM, Opener, save_all
from tests.adapters.vector_index.sql_rows import ANY, SqlRows, assert_same, clustered

from ai_memory import limits


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _scribble(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(64, len(data) - 200, 97):
        data[at] ^= 0x5A
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(1, 1))  # the clock of a file system may stand still in between


WAYS: Final = (_cut, _empty, _scribble)


@pytest.mark.parametrize("copied_max", [limits.INDEX_COPY_BYTES_MAX, 0], ids=["copied", "mapped"])
@pytest.mark.parametrize("way", WAYS)
def test_it_is_noticed_or_does_not_matter(
    opened: Opener,
    rows: SqlRows,
    rng: np.random.Generator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[[Path], None],
    copied_max: int,
) -> None:
    monkeypatch.setattr(limits, "INDEX_COPY_BYTES_MAX", copied_max)
    rows.add(clustered(rng, 200, DIM))
    assert save_all(opened(), rows) == 1
    index = opened()
    query = clustered(rng, 1, DIM)[0]
    expected = rows.brute_force(query, 10, ANY)
    assert_same(index.nearest(rows, query, 10, ANY), expected)
    (path,) = folder.rglob("*.segment")
    way(path)
    assert_same(index.nearest(rows, query, 10, ANY), expected)
    if not copied_max:
        assert index.stats()["problems"]
    # What is on the disk is made anew, from the rows.
    fresh = opened()
    assert_same(fresh.nearest(rows, query, 10, ANY), expected)
    save_all(fresh, rows)
    again = opened()
    assert_same(again.nearest(rows, query, 10, ANY), expected)
    assert again.rows_read == 0


def test_a_file_that_a_fold_removes_stays_in_use(
    opened: Opener,
    rows: SqlRows,
    rng: np.random.Generator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "INDEX_COPY_BYTES_MAX", 0)
    rows.add(clustered(rng, 100, DIM))
    save_all(opened(), rows)
    index = opened()
    query = clustered(rng, 1, DIM)[0]
    index.nearest(rows, query, 10, ANY)
    (path,) = folder.rglob("*.segment")
    path.unlink()
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
    assert index.rows_read == 0
    assert index.stats()["problems"] == []
