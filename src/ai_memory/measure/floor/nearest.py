"""Floor of a vector search: usearch over int8 codes, nothing around it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime  # noqa: F401 - its import crashes when usearch's comes first
from usearch.index import Index

_CONNECTIVITY = 16
_EXPANSION = 128


class BareIndex:
    """Vectors, each under its row number as key.

    Args:
        vectors: Shape (n, dim), float32, unit rows.
    """

    def __init__(self, vectors: npt.NDArray[np.float32]) -> None:
        self._index: Any = Index(
            ndim=vectors.shape[1],
            metric="cos",
            dtype="i8",
            connectivity=_CONNECTIVITY,
            expansion_add=_EXPANSION,
            expansion_search=_EXPANSION,
        )
        self._index.add(np.arange(len(vectors)), vectors)

    def nearest(self, query: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.uint64]:
        """The keys of the nearest vectors, best first."""
        keys: npt.NDArray[np.uint64] = self._index.search(query, count, threads=1).keys
        return keys
