from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.adapters.vector_index.small_index import MODEL, SMALL, Opener
from tests.adapters.vector_index.sql_rows import SqlRows

from ai_memory.adapters.vector_index import open_vector_index
from ai_memory.adapters.vector_index.bounds import Bounds
from ai_memory.adapters.vector_index.folder import IndexFolder
from ai_memory.adapters.vector_index.index import SegmentedIndex
from ai_memory.ports import EmbeddingModel


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def folder(database: Path) -> Path:
    found = IndexFolder(database).of_model(MODEL)
    assert found is not None
    return found


@pytest.fixture
def rows(database: Path) -> Iterator[SqlRows]:
    rows = SqlRows(database)
    yield rows
    rows.connection.close()


@pytest.fixture
def opened(folder: Path) -> Iterator[Opener]:
    """Opens indexes on the folder; all are closed at the end."""
    indexes = []

    def open_one(model: EmbeddingModel = MODEL, bounds: Bounds = SMALL) -> SegmentedIndex:
        indexes.append(open_vector_index(folder, model, bounds))
        return indexes[-1]

    yield open_one
    for index in indexes:
        index.close()
