from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
from tests.adapters.vector_index.small_index import DIM, SMALL, Opener, save_all
from tests.adapters.vector_index.sql_rows import ANY, SqlRows, assert_same, clustered, unit

SEARCHERS = 4


def test_searches_go_on_while_rows_come_go_and_are_saved(
    opened: Opener, rows: SqlRows, database: Path, rng: np.random.Generator
) -> None:
    """Every searcher always finds the rows that stay, with their cosines."""
    index = opened(bounds=SMALL._replace(segment_rows_max=4_000, step_rows_max=2_000))
    stay = unit(rng.normal(size=(64, DIM)))
    keys = rows.add(stay)
    done = Event()

    def search(seed: int) -> int:
        mine, searches = SqlRows(database), 0
        own = np.random.default_rng(seed)
        while not done.is_set() or searches < 50:
            at = int(own.integers(len(stay)))
            found = index.nearest(mine, stay[at], 3, ANY)
            assert found[0][0] == keys[at]
            assert abs(found[0][1] - 1) < 1e-2
            searches += 1
        mine.connection.close()
        return searches

    with ThreadPoolExecutor(SEARCHERS) as pool:
        searching = [pool.submit(search, seed) for seed in range(SEARCHERS)]
        try:
            for _ in range(30):
                new = rows.add(clustered(rng, 60, DIM))
                rows.remove(new[::3])
                index.save(rows)
        finally:
            done.set()
        assert sum(future.result() for future in searching) >= SEARCHERS * 50
    assert index.saves > 10
    query = clustered(rng, 1, DIM)[0]
    save_all(index, rows)
    assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))


def test_of_two_threads_that_save_one_does(
    opened: Opener, rows: SqlRows, database: Path, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 60, DIM))
    index = opened()
    inside, leave = Event(), Event()

    class Slow(SqlRows):
        def window_vectors_after(self, key: int, limit: int) -> tuple[list[int], bytes]:
            inside.set()
            assert leave.wait(60)
            return super().window_vectors_after(key, limit)

    def save_slowly() -> bool:
        return index.save(Slow(database))

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(save_slowly)
        assert inside.wait(60)
        assert not index.save(rows)
        leave.set()
        assert slow.result()
