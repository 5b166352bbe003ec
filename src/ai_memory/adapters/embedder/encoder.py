"""What an adapter provides; the batcher makes an Embedder of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ai_memory.ports import EmbeddingModel

if TYPE_CHECKING:
    from ai_memory.ports import Matrix


class Encoder(Protocol):
    """Encodes one batch at a time; called by one thread at a time, though not always the same."""

    @property
    def model(self) -> EmbeddingModel:
        """The model's name and dimension."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """One batch, in order.

        Returns:
            Shape (len(texts), dim), float32, unit rows.

        Raises:
            EmbedderUnavailable: The model does not answer.
        """

    def close(self) -> None:
        """Release the model, and interrupt `encode` where it waits; another thread may be in it."""
