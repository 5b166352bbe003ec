"""Ollama's `/api/embed`.

Some models (nomic-embed-text) were trained with a prefix that tells a query from a document. The
Embedder port knows no such difference, so texts are sent as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ai_memory.adapters.embedder.answer import require_dim, unit_vectors
from ai_memory.adapters.embedder.batcher import BatchBounds, Batcher
from ai_memory.adapters.endpoint import Endpoint, Patience
from ai_memory.ports import EmbeddingModel

if TYPE_CHECKING:
    from ai_memory.ports import Matrix

OLLAMA_URL: Final = "http://127.0.0.1:11434"

# Ollama computes a request's texts one after the other: small ones cost nothing and yield sooner.
_BOUNDS: Final = BatchBounds(
    texts_max=32, bulk_texts_max=8, tokens_max=8_192, text_tokens_max=8_192
)


def open_ollama(
    model: str,
    url: str | None = None,
    *,
    dim: int | None = None,
    patience: Patience = Patience(),
) -> Batcher:
    """Reach Ollama.

    Args:
        model: A model that `ollama list` shows.
        url: Its address without a path; None for this machine's.
        dim: The dimension; None to ask now, which loads the model.
        patience: How long to try.

    Raises:
        EmbedderUnavailable: `dim` is None and Ollama does not answer.
    """
    address = f"{(url or OLLAMA_URL).rstrip('/')}/api/embed"
    endpoint = Endpoint(address, api_key=None, patience=patience)
    try:
        return Batcher(OllamaEncoder(endpoint, model, dim), _BOUNDS)
    except BaseException:
        endpoint.close()
        raise


class OllamaEncoder:
    """One model of an Ollama."""

    def __init__(self, endpoint: Endpoint, name: str, dim: int | None) -> None:
        self._endpoint = endpoint
        self._name = name
        # `nomic-embed-text` and `nomic-embed-text:latest` are one model.
        known_as = name.removesuffix(":latest")
        self._model = EmbeddingModel(known_as, dim or self._ask(["dimension"]).shape[1])

    @property
    def model(self) -> EmbeddingModel:
        """The model's name and dimension."""
        return self._model

    def encode(self, texts: Sequence[str]) -> Matrix:
        """One batch, in order.

        Raises:
            EmbedderUnavailable: No answer, or not the one that was asked for.
        """
        rows = self._ask(texts)
        require_dim(rows, self._model.dim, self._endpoint)
        return rows

    def close(self) -> None:
        """Drop the connections; a batch that waits is interrupted."""
        self._endpoint.close()

    def _ask(self, texts: Sequence[str]) -> Matrix:
        body = {"model": self._name, "input": [text or " " for text in texts], "truncate": True}
        answer = self._endpoint.post(body)
        try:
            return unit_vectors(answer["embeddings"], len(texts))
        except (ValueError, KeyError, TypeError) as error:
            raise self._endpoint.failure(f"the answer is malformed: {error}") from error
