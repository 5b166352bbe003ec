"""Whether this node's embedder and the store's vectors are of one model."""

from __future__ import annotations

from ai_memory.errors import EmbedderUnavailable
from ai_memory.operations.step import Context
from ai_memory.ports import EmbeddingModel, Reader


def own_model(context: Context) -> EmbeddingModel:
    """The model of this node's embedder.

    Raises:
        EmbedderUnavailable: It has none.
    """
    model = context.facts.embedder
    if model is None:
        raise EmbedderUnavailable(context.facts.embedder_problem or "this node has no embedder")
    return model


def serves(rows: Reader, model: EmbeddingModel) -> bool:
    """Whether the store's vectors are of this model; the first one a store sees will serve."""
    return rows.embedding_model() in (None, model)


def vectors_problem(rows: Reader, context: Context) -> str | None:
    """Why this node cannot search the vectors now; None if it can, or never could.

    A store may change its model while a node has it open, and questions asked with one model find
    nothing sensible among the vectors of another. Ask it of the snapshot that is searched.
    """
    own = context.facts.embedder
    if own is None or serves(rows, own):
        return context.facts.embedder_problem
    serving = rows.embedding_model()
    assert serving is not None
    if rows.coming_model() == own:
        return (
            f"the vectors of {own.id} are still being made; until then {serving.id} serves, "
            "which is not the model of this node"
        )
    return (
        f"the store's vectors are now of {serving.id} ({serving.dim} dimensions), this node's "
        f"embedder is {own.id} ({own.dim}): restart it with that model"
    )
