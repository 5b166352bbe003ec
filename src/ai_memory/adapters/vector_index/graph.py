"""The HNSW graph: usearch over int8 codes, and the parameters it is built and searched with."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from usearch.index import Index

CONNECTIVITY: Final = 16
EXPANSION: Final = 128
HINT_EXPANSION: Final = 32
"""Of a search for what says nearly the same: that lies so near that a third of the way finds it."""


def new_graph(dim: int, expansion: int = EXPANSION) -> Index:
    """An empty graph. Codes go in as they are: the cosine does not mind their scales."""
    # ONNX Runtime must be loaded before usearch: the other way round (1.31 after 2.26) it crashes
    # the process, and an embedder or reranker may well be loaded after an index.
    with suppress(ImportError):  # the keyword level, and remote embedders, do without
        import onnxruntime  # noqa: F401
    from usearch.index import Index

    return Index(
        ndim=dim,
        metric="cos",
        dtype="i8",
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION,
        expansion_search=expansion,
    )
