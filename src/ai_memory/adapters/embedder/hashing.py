"""A deterministic embedder without a model, for tests only: shared words make texts similar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np

from ai_memory.adapters.embedder.pooling import unit_rows
from ai_memory.errors import EmbedderUnavailable
from ai_memory.ports import EmbeddingModel

if TYPE_CHECKING:
    from ai_memory.ports import Matrix

DIM: Final = 64
TRIGRAM_SHARE: Final = 0.5  # "coffee" resembles "coffees", but less than it does itself
_WORD = re.compile(r"\w+")


class HashingEmbedder:
    """Sums a signed bucket per word and, more lightly, per trigram of characters."""

    def __init__(self, dim: int = DIM) -> None:
        self._model = EmbeddingModel(f"hashing-{dim}", dim)
        self._closed = False

    @property
    def model(self) -> EmbeddingModel:
        """The model's name and dimension."""
        return self._model

    def embed(self, texts: Sequence[str], *, bulk: bool = False) -> Matrix:  # noqa: ARG002
        """Embed texts, in order; `bulk` makes no difference, there is nothing to wait for.

        Raises:
            EmbedderUnavailable: It was closed.
        """
        if self._closed:
            raise EmbedderUnavailable("The embedder is closed.", hint="Open the node again.")
        rows = np.zeros((len(texts), self._model.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for feature, weight in _features(text.casefold()):
                digest = int.from_bytes(
                    blake2b(feature.encode(errors="replace"), digest_size=8).digest(), "little"
                )
                row[(digest >> 1) % self._model.dim] += weight if digest & 1 else -weight
            if not row.any():
                row[0] = 1.0  # a text without words still needs a direction
        return unit_rows(rows)

    def close(self) -> None:
        """Later calls raise EmbedderUnavailable."""
        self._closed = True


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in _WORD.findall(text):
        yield word, 1.0
        framed = f"<{word}>"
        for start in range(len(framed) - 2):
            yield framed[start : start + 3], TRIGRAM_SHARE
