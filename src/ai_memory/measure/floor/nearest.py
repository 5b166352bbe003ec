"""Floor of a vector search: usearch over int8 codes, nothing around it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime  # noqa: F401 - its import crashes when usearch's comes first
from usearch.index import Index

_CONNECTIVITY = 16
_EXPANSION = 128


class BareIndex:
    """Vectors, each under its key.

    Args:
        dim: Of the vectors.
    """

    def __init__(self, dim: int) -> None:
        self._index: Any = Index(
            ndim=dim,
            metric="cos",
            dtype="i8",
            connectivity=_CONNECTIVITY,
            expansion_add=_EXPANSION,
            expansion_search=_EXPANSION,
        )

    def add(self, keys: Sequence[int], vectors: npt.NDArray[np.float32]) -> None:
        """Insert unit vectors, on all processors. Shape (n, dim)."""
        self._index.add(np.asarray(keys, np.uint64), vectors)

    def save(self, path: Path) -> None:
        """Write the index into a file."""
        self._index.save(str(path))

    def load(self, path: Path) -> None:
        """Read it into memory."""
        self._index.load(str(path))

    def nearest(self, query: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.uint64]:
        """The keys of the nearest vectors, best first."""
        keys: npt.NDArray[np.uint64] = self._index.search(query, count, threads=1).keys
        return keys
