"""How good: floors on clustered vectors, where graphs have a harder time than on sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from tests.adapters.vector_index.small_index import save_all
from tests.adapters.vector_index.sql_rows import ANY, SqlRows, clustered, only, unit

from ai_memory.adapters.vector_index import open_vector_index
from ai_memory.adapters.vector_index.bounds import Bounds
from ai_memory.adapters.vector_index.index import SegmentedIndex
from ai_memory.model.query import Filter
from ai_memory.ports import EmbeddingModel

DIM = 96
ROWS = 5_000
SHARES = {"few": 0.005, "one": 0.01, "ten": 0.1, "half": 0.5, "rest": 0.385}

Built = tuple[SqlRows, SegmentedIndex, npt.NDArray[np.float32]]


@pytest.fixture(scope="module", params=[1, 3], ids=["one segment", "three segments"])
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """5,000 rows in segments, and 100 questions near some of them."""
    rng = np.random.default_rng(11)
    vectors = clustered(rng, ROWS, DIM)
    rows = SqlRows()
    rows.add(vectors, list(rng.choice(list(SHARES), ROWS, p=list(SHARES.values()))))
    bounds = Bounds(tail_rows_min=64, segment_rows_max=ROWS // request.param + 1, probe_rows_max=32)
    folder = tmp_path_factory.mktemp("recall")
    index = open_vector_index(folder, EmbeddingModel("test-model", DIM), bounds)
    save_all(index, rows)
    assert index.stats()["segments"] == request.param
    yield rows, index, unit(vectors[:100] + 0.02 * rng.normal(size=(100, DIM)))
    index.close()


@pytest.mark.parametrize(
    ("where", "floor"),
    [
        (ANY, 0.95),
        (only("few"), 1),
        (only("one"), 1),
        (only("ten"), 0.98),
        (only("half"), 0.98),
        (only("few", "one", "ten", "half", "rest"), 0.95),
    ],
    ids=["all", "0.5 %", "1 %", "10 %", "50 %", "all, listed"],
)
def test_the_ten_nearest_are_found(built: Built, where: Filter, floor: float) -> None:
    rows, index, queries = built
    keys, vectors = rows.matching(where)
    found = 0
    for query in queries:
        expected = keys[np.argsort(-(vectors @ query))[:10]].tolist()
        answer = index.nearest(rows, query, 10, where)
        found += len({key for key, _ in answer} & set(expected))
        assert answer == sorted(answer, key=lambda hit: (-hit[1], hit[0]))
    assert found / (10 * len(queries)) >= floor


def test_a_search_fetches_few_vectors(built: Built) -> None:
    rows, index, queries = built
    before = rows.vectors_asked
    for query in queries:
        index.nearest(rows, query, 10, ANY)
    assert rows.vectors_asked - before <= 40 * len(queries)
