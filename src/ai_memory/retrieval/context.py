"""Context: bias the question toward what is being talked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_memory.errors import DimensionMismatch

if TYPE_CHECKING:
    from ai_memory.ports import Vector


def blend_query(query: Vector, context: Vector, *, query_share: float = 0.7) -> Vector:
    """Bias a query embedding toward the recent conversation.

    Without this, recall answers what was asked and forgets what is being discussed.

    Args:
        query: Embedding of the question. Shape (dim,), float32, unit L2 norm.
        context: Embedding of the recent turns. Same shape, dtype and norm.
        query_share: Weight of `query`, in [0, 1]; the rest goes to `context`.

    Returns:
        Shape (dim,), float32, unit L2 norm. The query itself where the two cancel out.

    Raises:
        DimensionMismatch: The embeddings differ in dim (two models in one store).
    """
    import numpy as np

    if query.shape != context.shape:
        raise DimensionMismatch(
            f"the question has shape {query.shape}, its context {context.shape}"
        )
    blend = query_share * query + (1.0 - query_share) * context
    norm = float(np.linalg.norm(blend))
    if norm < 1e-6:
        return query
    return (blend / norm).astype(np.float32, copy=False)
