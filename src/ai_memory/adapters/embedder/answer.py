"""What an endpoint answered, checked before anything is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ai_memory.adapters.embedder.pooling import unit_rows

if TYPE_CHECKING:
    from ai_memory.adapters.endpoint import Endpoint
    from ai_memory.ports import Matrix


def unit_vectors(vectors: Any, count: int) -> Matrix:
    """The vectors at unit norm.

    Args:
        vectors: JSON: a list of `count` lists of numbers, all of one length.
        count: How many were asked for.

    Raises:
        ValueError: It is anything else, or a vector has no direction.
    """
    try:
        rows = np.array(vectors, np.float64)
    except TypeError as error:
        raise ValueError("something in it is not a number") from error
    if rows.ndim != 2 or not rows.size:
        raise ValueError("its vectors are not lists of numbers")
    if len(rows) != count:
        raise ValueError(f"{count} vectors were asked for and {len(rows)} came")
    norms = np.linalg.norm(rows, axis=1)
    if not (np.isfinite(norms) & (norms > 0)).all():
        raise ValueError("a vector in it has no direction")
    return unit_rows(rows)


def require_dim(rows: Matrix, dim: int, endpoint: Endpoint) -> None:
    """Refuse the vectors of another model.

    Args:
        rows: What was answered. Shape (n, its dimension).
        dim: The dimension it should have.
        endpoint: Who answered.

    Raises:
        EmbedderUnavailable: It has another.
    """
    if rows.shape[1] != dim:
        raise endpoint.failure(
            f"its vectors have {rows.shape[1]} dimensions instead of {dim}",
            "Another model answers there than the one configured.",
        )
