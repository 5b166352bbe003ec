"""An Encoder that runs a graph in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ai_memory.adapters.embedder.pooling import Pooling, pool, unit_rows
from ai_memory.adapters.embedder.session import RuntimeFailure
from ai_memory.adapters.embedder.token_batch import TokenSource
from ai_memory.errors import EmbedderUnavailable
from ai_memory.ports import EmbeddingModel

if TYPE_CHECKING:
    from ai_memory.adapters.embedder.common_part import CommonPart
    from ai_memory.ports import Matrix


class OnnxEncoder:
    """A session, its tokenizer, and how its output becomes unit vectors.

    Args:
        session: An InferenceSession.
        tokenizer: What the graph was trained with.
        model_id: The model's name. The dimension is found by encoding one text.
        output: The name of the graph's output.
        pooling: None when the output has one vector per text already.
        common: Taken from every vector; None: nothing is.
    """

    def __init__(
        self,
        session: Any,
        tokenizer: TokenSource,
        *,
        model_id: str,
        output: str,
        pooling: Pooling | None = None,
        common: CommonPart | None = None,
    ) -> None:
        self._session: Any | None = session
        self._tokenizer = tokenizer
        self._inputs = [argument.name for argument in session.get_inputs()]
        self._output = output
        self._pooling = pooling
        self._common = common
        self._model = EmbeddingModel(model_id, self.encode(["warm up"]).shape[1])

    @property
    def model(self) -> EmbeddingModel:
        """The model's name and dimension."""
        return self._model

    def encode(self, texts: Sequence[str]) -> Matrix:
        """One batch, in order.

        Raises:
            EmbedderUnavailable: The runtime failed, or the encoder is closed.
        """
        session = self._session
        if session is None:
            raise EmbedderUnavailable("The embedder is closed.", hint="Open the node again.")
        tokens = self._tokenizer.tokens(texts)
        known = {
            "input_ids": tokens.ids,
            "attention_mask": tokens.mask,
            "token_type_ids": np.zeros_like(tokens.ids),
        }
        try:
            (output,) = session.run([self._output], {name: known[name] for name in self._inputs})
        except RuntimeFailure as error:
            raise EmbedderUnavailable(
                f"The model failed: {error}", hint="Check the model with `ai-memory doctor`."
            ) from error
        rows = unit_rows(pool(output, tokens.mask, self._pooling) if self._pooling else output)
        return rows if self._common is None else self._common.taken_from(rows)

    def close(self) -> None:
        """Release the model; a batch under way finishes."""
        self._session = None
