"""An index whose thresholds are reached by a few rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.adapters.vector_index.sql_rows import SqlRows

from ai_memory.adapters.vector_index.bounds import Bounds
from ai_memory.adapters.vector_index.index import SegmentedIndex
from ai_memory.ports import EmbeddingModel

DIM: Final = 24
MODEL: Final = EmbeddingModel("test-model", DIM)
SMALL: Final = Bounds(
    tail_rows_min=8, segment_rows_max=400, step_rows_max=200, split_rows_min=400, chunk_rows=16
)

Opener = Callable[..., SegmentedIndex]


def save_all(index: SegmentedIndex, rows: SqlRows) -> int:
    """Save as long as there is something to save; how often."""
    saves = 0
    while index.save(rows):
        saves += 1
    return saves
