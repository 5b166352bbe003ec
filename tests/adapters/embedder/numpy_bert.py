"""The forward pass of a BERT encoder as its paper has it, one text at a time, in plain NumPy."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ai_memory.adapters.embedder.bert_weights import Coded, Nibbles, Weights

Array: TypeAlias = npt.NDArray[np.float64]

HEADS = 12
_erf = np.vectorize(math.erf, otypes=[np.float64])


def looked_up(table: Coded | Nibbles, ids: list[int]) -> Array:
    """Of a large table, only the rows that are wanted."""
    if isinstance(table, Coded):
        return Coded(table.codes[ids], table.scales[ids]).decoded().astype(np.float64)
    return Nibbles(table.codes[ids], table.scales[ids]).decoded().astype(np.float64)


class NumpyBert:
    def __init__(self, weights: Weights, layers: int) -> None:
        self._layers = layers
        coded = {name: value.decoded() for name, value in weights.coded.items()}
        every = {**weights.plain, **coded}
        self._words = weights.words
        self._weights = {name: value.astype(np.float64) for name, value in every.items()}

    def embed(self, ids: list[int]) -> Array:
        weights = self._weights
        states = (
            looked_up(self._words, ids)
            + weights["embeddings.position_embeddings.weight"][: len(ids)]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        states = self._normalise("embeddings", states)
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}"
            attended = self._attend(f"{name}.attention.self", states)
            attended = self._linear(f"{name}.attention.output.dense", attended)
            states = self._normalise(f"{name}.attention.output", attended + states)
            wide = self._linear(f"{name}.intermediate.dense", states)
            wide = wide * 0.5 * (1 + _erf(wide / math.sqrt(2)))
            narrow = self._linear(f"{name}.output.dense", wide)
            states = self._normalise(f"{name}.output", narrow + states)
        mean: Array = states.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _linear(self, name: str, states: Array) -> Array:
        projected: Array = states @ self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return projected

    def _normalise(self, name: str, states: Array) -> Array:
        centred = states - states.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        gain = self._weights[f"{name}.LayerNorm.weight"]
        normal: Array = centred / deviation * gain + self._weights[f"{name}.LayerNorm.bias"]
        return normal

    def _attend(self, name: str, states: Array) -> Array:
        query, key, value = (
            np.split(self._linear(f"{name}.{part}", states), HEADS, axis=-1)
            for part in ("query", "key", "value")
        )
        heads = []
        for q, k, v in zip(query, key, value, strict=True):
            scores = q @ k.T / math.sqrt(q.shape[-1])
            shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
            heads.append(shares / shares.sum(axis=-1, keepdims=True) @ v)
        return np.concatenate(heads, axis=-1)
