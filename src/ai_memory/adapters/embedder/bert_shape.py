"""The two local models, as the modules around them know them; imports nothing."""

from __future__ import annotations

from typing import Final, NamedTuple

OUTPUT: Final = "sentence_embedding"
"""What the graphs give out."""


class BertShape(NamedTuple):
    """A BERT encoder without its weights."""

    model_id: str
    name: str
    """Short; of its graph's file."""
    layers: int
    dim: int
    tokens_max: int
    """Where a text is cut: what the model was trained and published with."""
    graph_version: int
    """Part of the converted file's name: raise it with every change of the graph."""


MINILM: Final = BertShape(
    model_id="sentence-transformers/all-MiniLM-L6-v2",
    name="minilm-l6-v2",
    layers=6,
    dim=384,
    tokens_max=256,
    graph_version=2,
)

E5: Final = BertShape(
    # Without their common part they are no vectors of the published model: what an endpoint makes
    # under its name must not mix with them. Count up when the file of the common part changes.
    model_id="intfloat/multilingual-e5-small#neutral-1",
    name="multilingual-e5-small",
    layers=12,
    dim=384,
    tokens_max=512,
    graph_version=1,
)
