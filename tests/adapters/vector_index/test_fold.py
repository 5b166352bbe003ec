from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from tests.adapters.vector_index.small_index import DIM, MODEL, SMALL, Opener, save_all
from tests.adapters.vector_index.sql_rows import ANY, SqlRows, assert_same, clustered, only

from ai_memory.adapters.vector_index import press
from ai_memory.adapters.vector_index.bounds import Bounds
from ai_memory.adapters.vector_index.fold import plan_fold, stale_share
from ai_memory.adapters.vector_index.segment import Segment


class Range:
    """As much of a segment as planning looks at."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def __len__(self) -> int:
        return self.high - self.low


@pytest.mark.parametrize("step", [2_048, 10_000, 100_000])
def test_there_are_few_segments_and_each_row_is_inserted_about_once(step: int) -> None:
    bounds, total = Bounds(), 1_000_000
    segments: list[Range] = []
    inserted = written = most = waiting = 0
    for end in range(step, total + 1, step):
        waiting += step
        while waiting >= bounds.tail_rows_min:
            known = segments[-1].high if segments else 0
            fold = plan_fold(cast("list[Segment]", segments), waiting, bounds)
            high = min(fold.reads_after + fold.rows_max, end)
            assert high > known
            assert high - fold.low <= bounds.segment_rows_max
            inserted += high - fold.reads_after
            written += high - fold.low
            segments = [kept for kept in segments if kept.high <= fold.low] + [
                Range(fold.low, high)
            ]
            waiting = end - high
        most = max(most, len(segments))
    assert most <= 7
    assert inserted <= 2 * total
    assert written <= 12 * total


def test_segments_follow_each_other_without_a_gap(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    index = opened()
    for _ in range(60):
        rows.add(clustered(rng, 17, DIM))
        index.save(rows)
    chain = [Segment(path, MODEL) for path in sorted(folder.glob("*.segment"))]
    assert [segment.low for segment in chain] == [0, *(segment.high for segment in chain[:-1])]
    assert [len(segment) for segment in chain] == [s.high - s.low for s in chain]
    assert len(chain) > 2
    assert max(map(len, chain)) <= SMALL.segment_rows_max
    query = clustered(rng, 1, DIM)[0]
    assert_same(opened().nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))


def test_a_long_tail_is_folded_in_steps(
    opened: Opener, rows: SqlRows, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 1_000, DIM))
    index = opened()
    covered = []
    while index.save(rows):
        covered.append(index.stats()["covered_key"])
    assert covered == [200, 400, 600, 800, 1_000]
    assert index.rows_read == 0


def test_a_fold_drops_what_was_removed(
    opened: Opener, rows: SqlRows, rng: np.random.Generator
) -> None:
    keys = rows.add(clustered(rng, 100, DIM))
    rows.remove(keys[::2])
    index = opened()
    assert index.save(rows)
    assert len(index) == 50


@pytest.mark.parametrize(("removed", "renewed"), [(20, False), (60, True), (100, True)])
def test_a_stale_segment_is_made_anew(
    opened: Opener, rows: SqlRows, rng: np.random.Generator, removed: int, renewed: bool
) -> None:
    keys = rows.add(clustered(rng, 100, DIM))
    index = opened()
    assert save_all(index, rows) == 1
    rows.remove(keys[:removed])
    assert save_all(index, rows) == renewed
    assert len(index) == (100 - removed if renewed else 100)
    assert index.stats()["covered_key"] == 100
    query = clustered(rng, 1, DIM)[0]
    for found in (index, opened()):
        assert_same(found.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))
        assert found.rows_read == 0
    rows.add(clustered(rng, 30, DIM))
    assert save_all(index, rows) == 1
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))


def test_only_the_stale_one_of_several_is_made_anew(
    opened: Opener, rows: SqlRows, folder: Path, rng: np.random.Generator
) -> None:
    keys = rows.add(clustered(rng, 1_000, DIM), ["a", "b"] * 500)
    index = opened()
    save_all(index, rows)
    first, second, third = sorted(folder.glob("*.segment"))
    before = {path: path.stat().st_mtime_ns for path in (first, second, third)}
    rows.remove(keys[410:790])
    assert stale_share(rows, Segment(first, MODEL)) == 0
    assert stale_share(rows, Segment(second, MODEL)) > 0.9
    assert save_all(index, rows) == 1
    after = {path: path.stat().st_mtime_ns for path in sorted(folder.glob("*.segment"))}
    assert {path for path in after if after[path] != before[path]} == {second}
    query = clustered(rng, 1, DIM)[0]
    for where in (ANY, only("b")):
        assert_same(opened().nearest(rows, query, 10, where), rows.brute_force(query, 10, where))


def test_an_old_snapshot_makes_nothing_anew(
    opened: Opener, rows: SqlRows, database: Path, rng: np.random.Generator
) -> None:
    """What another process saved since would look removed."""
    rows.add(clustered(rng, 20, DIM))
    mine, old = opened(), SqlRows(database)
    with old.connection:
        assert old.last_window_key() == 20
        rows.add(clustered(rng, 180, DIM))
        assert save_all(opened(), rows) == 1
        assert save_all(mine, old) == 0
    query = clustered(rng, 1, DIM)[0]
    for index in (mine, opened()):
        assert_same(index.nearest(rows, query, 20, ANY), rows.brute_force(query, 20, ANY))
        assert index.rows_read == 0


def test_a_segment_that_cannot_be_read_back_ends_the_saving(
    opened: Opener, rows: SqlRows, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.add(clustered(rng, 100, DIM))
    index = opened()
    monkeypatch.setattr(press, "pack_footer", lambda _footer: b"not a footer")
    assert not index.save(rows)
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))


def test_closing_stops_a_save(opened: Opener, rows: SqlRows, rng: np.random.Generator) -> None:
    rows.add(clustered(rng, 200, DIM))
    index = opened()

    class ClosesMidway(SqlRows):
        def window_vectors_after(self, key: int, limit: int) -> tuple[list[int], bytes]:
            if key > 0:
                index._closed = True  # what close() does first
            return super().window_vectors_after(key, limit)

    midway = ClosesMidway(rows.connection.filename)
    assert not index.save(midway)
    assert list(Path(rows.connection.filename + ".vectors").glob("*.segment*")) == []
