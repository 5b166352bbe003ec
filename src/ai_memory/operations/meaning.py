"""Meaning: the memories whose windows are nearest to a vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_memory import limits
from ai_memory.model.query import Filter
from ai_memory.operations.step import Context
from ai_memory.ports import Reader, VectorIndex
from ai_memory.retrieval.fusion import POOL_DEPTH, WINDOW_HITS, WINDOW_HITS_MAX, votes

if TYPE_CHECKING:
    from ai_memory.ports import Vector


def nearest_votes(
    rows: Reader,
    context: Context,
    vector: Vector | None,
    where: Filter,
    places: dict[int, list[tuple[int, int]]],
) -> dict[int, list[float]]:
    """The nearest windows of a vector, grouped by memory, nearest memory first.

    Adds where the nearest windows of each memory are to `places`.
    """
    if vector is None or context.vector_index is None:
        return {}
    near, found = _nearest(rows, context.vector_index, vector, WINDOW_HITS, where)
    if len(near) == WINDOW_HITS and len(found) < POOL_DEPTH:
        near, found = _nearest(rows, context.vector_index, vector, WINDOW_HITS_MAX, where)
    for key, start, end in near:
        known = places.setdefault(key, [])
        if len(known) < limits.PASSAGE_WINDOWS_MAX and (start, end) not in known:
            known.append((start, end))
    return found


def _nearest(
    rows: Reader, index: VectorIndex, vector: Vector, count: int, where: Filter
) -> tuple[list[tuple[int, int, int]], dict[int, list[float]]]:
    """The places of the nearest windows, and their cosines by memory; both nearest first."""
    hits = index.nearest(rows, vector, count, where)
    places = rows.window_memories([window for window, _cosine in hits])
    return (
        [places[window] for window, _cosine in hits if window in places],
        votes((places[window][0], cosine) for window, cosine in hits if window in places),
    )
