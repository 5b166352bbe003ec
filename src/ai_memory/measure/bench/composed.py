"""Vectors for more texts than anybody wants to embed: made of those of their sentences."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np

from ai_memory.measure.bench.corpus import number_of, parts

if TYPE_CHECKING:
    from ai_memory.ports import EmbeddingModel, Matrix

_NOISE: Final = 0.3  # length of what is added to a unit vector


class ComposedVectors:
    """Satisfies Embedder for texts of the corpus.

    A text of two sentences gets the mean of their real vectors, perturbed, so that a question finds
    what it should, and no two vectors are alike.

    Args:
        sentences: The real vectors of all texts that are one sentence. Shape (n, dim), unit rows.
        model: What made them.
    """

    def __init__(self, sentences: Matrix, model: EmbeddingModel) -> None:
        self._sentences = sentences
        self._model = model
        self._noise = np.random.default_rng(0)

    @property
    def model(self) -> EmbeddingModel:
        """The model of the real vectors."""
        return self._model

    def embed(self, texts: Sequence[str], *, bulk: bool = False) -> Matrix:  # noqa: ARG002 - the port's
        """See Embedder. One without a number in its title belongs to the text before."""
        count = len(self._sentences)
        made = np.empty((len(texts), self._model.dim), np.float32)
        number = 0
        for row, text in enumerate(texts):
            with suppress(ValueError):
                number = number_of(text)
            made[row] = self._sentences[list(parts(number, count))].mean(axis=0)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        scale = np.float32(_NOISE / self._model.dim**0.5)
        made += scale * self._noise.standard_normal(made.shape, np.float32)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return made

    def close(self) -> None:
        """Nothing is open."""
