from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.adapters.vector_index.small_index import DIM, MODEL, SMALL, Opener, save_all
from tests.adapters.vector_index.sql_rows import (
    ANY,
    NOW,
    SqlRows,
    assert_same,
    clustered,
    only,
    unit,
)

from ai_memory.adapters.vector_index import open_vector_index
from ai_memory.adapters.vector_index.search import HINT_REACH
from ai_memory.errors import DimensionMismatch, NodeClosed
from ai_memory.model.query import Filter


def test_an_empty_index_finds_nothing(opened: Opener, rows: SqlRows) -> None:
    index = opened()
    query = unit(np.ones(DIM))
    assert index.nearest(rows, query, 10, ANY) == []
    assert index.nearest(rows, query, 10, only("a")) == []
    assert not index.save(rows)


def test_one_row_is_found_with_its_cosine(opened: Opener, rows: SqlRows) -> None:
    vector = unit(np.arange(1.0, DIM + 1))
    (key,) = rows.add(vector[np.newaxis])
    ((found, cosine),) = opened().nearest(rows, vector, 10, ANY)
    assert found == key
    assert cosine == pytest.approx(1, abs=1e-3)


def test_a_vector_of_zeros_harms_nobody(opened: Opener, rows: SqlRows) -> None:
    rows.add(np.vstack([np.zeros(DIM), unit(np.ones(DIM))]))
    assert [key for key, _ in opened().nearest(rows, unit(np.ones(DIM)), 10, ANY)] == [2, 1]


def test_the_tail_is_searched_exactly(
    opened: Opener, rows: SqlRows, rng: np.random.Generator
) -> None:
    rows.add(clustered(rng, 1_000, DIM))
    index = opened()
    for query in clustered(rng, 20, DIM):
        assert_same(index.nearest(rows, query, 10, ANY), rows.brute_force(query, 10, ANY))


@pytest.mark.parametrize("count", [0, -1])
def test_asking_for_none_gives_none(opened: Opener, rows: SqlRows, count: int) -> None:
    rows.add(unit(np.ones((1, DIM))))
    assert opened().nearest(rows, unit(np.ones(DIM)), count, ANY) == []


def test_a_query_of_another_model_is_refused(opened: Opener, rows: SqlRows) -> None:
    with pytest.raises(DimensionMismatch):
        opened().nearest(rows, unit(np.ones(DIM + 1)), 1, ANY)


def test_a_closed_index_says_so(opened: Opener, rows: SqlRows) -> None:
    rows.add(unit(np.ones((1, DIM))))
    index = opened()
    index.close()
    with pytest.raises(NodeClosed):
        index.nearest(rows, unit(np.ones(DIM)), 1, ANY)
    assert not index.save(rows)


def test_without_a_folder_it_lives_in_memory(rows: SqlRows, rng: np.random.Generator) -> None:
    index = open_vector_index(None, MODEL, SMALL)
    rows.add(clustered(rng, 100, DIM))
    query = clustered(rng, 1, DIM)[0]
    assert_same(index.nearest(rows, query, 5, ANY), rows.brute_force(query, 5, ANY))
    assert not index.save(rows)
    assert index.stats()["mode"] == "memory"


def test_removed_rows_never_appear(opened: Opener, rows: SqlRows, rng: np.random.Generator) -> None:
    vectors = clustered(rng, 120, DIM)
    keys = rows.add(vectors)
    index = opened()
    save_all(index, rows)
    gone = set(keys[::3])
    rows.remove(sorted(gone))
    for query in vectors[::3]:
        found = index.nearest(rows, query, 20, ANY)
        assert len(found) == 20
        assert not gone & {key for key, _ in found}
        assert_same(found, rows.brute_force(query, 20, ANY))


def test_expired_rows_never_appear(opened: Opener, rows: SqlRows, rng: np.random.Generator) -> None:
    vectors = clustered(rng, 60, DIM)
    expired = set(rows.add(vectors, expires_at=NOW))
    alive = set(rows.add(vectors, expires_at=NOW + 1))
    found = {key for key, _ in opened().nearest(rows, vectors[0], 200, ANY)}
    assert found == alive
    assert not found & expired


@pytest.mark.parametrize("saved", [False, True])
def test_a_narrow_filter_is_exact(
    opened: Opener, rows: SqlRows, rng: np.random.Generator, saved: bool
) -> None:
    """A small namespace is never starved by a big one that lies nearer."""
    centre = unit(rng.normal(size=DIM))
    rows.add(unit(centre + 0.05 * rng.normal(size=(600, DIM))), "big")
    rows.add(clustered(rng, 40, DIM), "small")
    index = opened()
    if saved:
        save_all(index, rows)
    for where in (only("small"), only("small", "nowhere"), only("nowhere")):
        assert_same(index.nearest(rows, centre, 10, where), rows.brute_force(centre, 10, where))


@pytest.mark.parametrize(
    "bounds",
    [{}, {"reach_max": 50}, {"list_rows_max": 20}, {"list_rows_max": 20, "reach_max": 200}],
    ids=["by keys", "by keys at once", "through graphs", "by all keys"],
)
@pytest.mark.parametrize("saved", [False, True])
def test_a_broad_filter_far_from_the_query_is_not_starved(
    opened: Opener, rows: SqlRows, rng: np.random.Generator, saved: bool, bounds: dict[str, int]
) -> None:
    """Too many rows match to list their keys, and the graphs only meet rows that do not."""
    centre = unit(rng.normal(size=DIM))
    rows.add(unit(centre + 0.1 * rng.normal(size=(1_500, DIM))), "near")
    rows.add(unit(-centre + 0.5 * rng.normal(size=(1_500, DIM))), "far")
    index = opened(
        bounds=SMALL._replace(probe_rows_max=20, segment_rows_max=4_000)._replace(**bounds)
    )
    if saved:
        save_all(index, rows)
    where = only("far")
    assert_same(index.nearest(rows, centre, 10, where), rows.brute_force(centre, 10, where))


def test_rows_that_were_rolled_back_do_not_stay(
    opened: Opener, rows: SqlRows, rng: np.random.Generator
) -> None:
    """Nobody should search uncommitted rows, for their keys are given again; it heals."""
    index = opened()
    vectors = clustered(rng, 40, DIM)
    rows.connection.execute("BEGIN")
    rows.connection.execute("SAVEPOINT before")
    rows.add(vectors[:20])
    index.nearest(rows, vectors[0], 5, ANY)
    rows.connection.execute("ROLLBACK TO before")
    rows.connection.execute("COMMIT")
    rows.add(vectors[20:])
    assert_same(index.nearest(rows, vectors[30], 20, ANY), rows.brute_force(vectors[30], 20, ANY))
    assert_same(index.nearest(rows, vectors[31], 1, ANY), rows.brute_force(vectors[31], 1, ANY))


# -- any history -----------------------------------------------------------------------------------

Act = tuple[str, int]

acts = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 40)),
        st.tuples(st.just("remove"), st.integers(2, 5)),
        st.tuples(st.just("save"), st.integers(1, 3)),
        st.tuples(st.just("reopen"), st.just(0)),
        st.tuples(st.just("ask"), st.integers(1, 30)),
    ),
    min_size=1,
    max_size=20,
)
filters = st.sampled_from([ANY, only("a"), only("b", "c"), only("none"), Filter(now=NOW + 10)])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(history=acts, where=filters, seed=st.integers(0, 2**32 - 1))
def test_any_history_answers_as_brute_force_does(
    history: list[Act], where: Filter, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        rows = SqlRows()
        index = open_vector_index(path, MODEL, SMALL)
        for act, number in [*history, ("ask", 10)]:
            if act == "add":
                vectors = unit(rng.normal(size=(number, DIM)))
                expires_at = NOW + 5 if rng.random() < 0.3 else None
                rows.add(vectors, list(rng.choice(["a", "b", "c"], number)), expires_at)
            elif act == "remove":
                rows.remove(list(range(1, rows.last_window_key() + 1, number)))
            elif act == "save":
                for _ in range(number):
                    index.save(rows)
            elif act == "reopen":
                index.close()
                index = open_vector_index(path, MODEL, SMALL)
            else:
                query = unit(rng.normal(size=DIM))
                found = index.nearest(rows, query, number, where)
                assert_same(found, rows.brute_force(query, number, where))
        index.close()
        rows.connection.close()


@pytest.mark.parametrize("saved", [False, True])
def test_what_reaches_the_least_is_found_wherever_it_is(
    opened: Opener, rows: SqlRows, rng: np.random.Generator, saved: bool
) -> None:
    vectors = clustered(rng, 300, DIM)
    rows.add(vectors, "big")
    rows.add(vectors[:40], "small")
    index = opened()
    if saved:
        save_all(index, rows)
    for query in vectors[:60]:
        for where in (ANY, only("small"), only("nowhere")):
            true = [hit for hit in rows.brute_force(query, 10, where) if hit[1] >= 0.95]
            found = index.nearest(rows, query, 10, where, 0.95)
            assert_same([hit for hit in found if hit[1] >= 0.95], true)


def test_many_near_rows_of_others_hide_none(
    opened: Opener, rows: SqlRows, rng: np.random.Generator
) -> None:
    centre = unit(rng.normal(size=DIM))
    rows.add(unit(centre + 0.01 * rng.normal(size=(200, DIM))), "big")
    (mine,) = rows.add(unit(centre + 0.05 * rng.normal(size=(1, DIM))), "small")
    index = opened()
    save_all(index, rows)
    assert [key for key, _ in index.nearest(rows, centre, 5, only("small"), 0.9)] == [mine]


def test_a_hint_looks_at_the_nearest_few_and_no_further(
    opened: Opener, rows: SqlRows, rng: np.random.Generator
) -> None:
    vectors = clustered(rng, 300, DIM)
    keys = rows.add(vectors, "big")
    centre = unit(rng.normal(size=DIM))
    rows.add(unit(centre + 0.01 * rng.normal(size=(2_000, DIM))), "big")
    rows.add(unit(centre + 0.05 * rng.normal(size=(1, DIM))), "small")
    index = opened()
    save_all(index, rows)
    for key, query in zip(keys[:40], vectors[:40], strict=True):
        assert index.nearest(rows, query, 1, only("big"), 0.99, hint=True)[0][0] == key
        assert index.nearest(rows, query, 5, only("small"), 0.99, hint=True) == []
    rows.vectors_asked = 0
    index.nearest(rows, centre, 5, only("small"), 0.9, hint=True)
    assert rows.vectors_asked <= HINT_REACH  # of 2,000 that are as near


def test_where_nothing_reaches_the_least_no_vector_is_read(
    opened: Opener, rows: SqlRows, rng: np.random.Generator
) -> None:
    vectors = np.eye(DIM, dtype=np.float32)
    rows.add(vectors[:-1])
    index = opened()
    index.nearest(rows, vectors[0], 1, ANY)
    rows.vectors_asked = 0
    assert index.nearest(rows, vectors[-1], 5, ANY, 0.9) == []
    assert not rows.vectors_asked
    assert len(index.nearest(rows, vectors[-1], 5, ANY)) == 5
    assert rows.vectors_asked
