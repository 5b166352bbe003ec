"""A cross-encoder in a directory: its graph and its tokenizer.

model.onnx | onnx/model.onnx    the graph, pooler and classifier included
tokenizer.json                  the tokenizer, with its template for pairs

The graph takes what it declares of input_ids, attention_mask and token_type_ids, and returns logits
of shape (n, 1), a relevance, or (n, 2), irrelevant and relevant.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from ai_memory.adapters.embedder.session import RuntimeFailure, open_session

_FAILURES: Final[tuple[type[Exception], ...]] = (*RuntimeFailure, ValueError)
_INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids"})
_NAMES: Final = ("model.onnx", "onnx/model.onnx")
_TOKENS_MAX: Final = 512
_BATCH: Final = 8  # pairs; the time limit is looked at between two batches
_CHARS_MAX: Final = 8_192  # of one text; the tokenizer would read it all before it cuts


class RerankerRefused(Exception):
    """The directory holds no cross-encoder that can be used; the text says why."""


class OnnxCrossEncoder:
    """Scores passages by reading each together with the question. Safe to call from many threads.

    Args:
        directory: See the module.
        timeout_ms: One call's time; what is not scored by then makes the call fail.
        threads: Threads of one computation; None for as many as help.
        clock: Seconds since some fixed point.

    Raises:
        RerankerRefused: A file is missing or damaged, or the graph is of another kind.
    """

    def __init__(
        self,
        directory: Path,
        *,
        timeout_ms: int,
        threads: int | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        directory = directory.expanduser()
        graph = next((directory / name for name in _NAMES if (directory / name).is_file()), None)
        if graph is None:
            raise RerankerRefused(f"{directory} has no model.onnx")
        try:
            self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        except Exception as error:  # the library raises nothing more exact
            raise RerankerRefused(f"its tokenizer.json cannot be read: {error}") from error
        self._pad_id: int = (self._tokenizer.padding or {}).get("pad_id", 0)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_TOKENS_MAX, strategy="only_second")
        try:
            session = open_session(graph, threads=threads, optimise=True)
        except RuntimeFailure as error:
            raise RerankerRefused(f"ONNX Runtime refuses the graph: {error}") from error
        self._inputs = [argument.name for argument in session.get_inputs()]
        if not set(self._inputs) <= _INPUTS:
            raise RerankerRefused(f"the graph wants {sorted(set(self._inputs) - _INPUTS)}")
        self._output = session.get_outputs()[0].name
        self._session: Any | None = session
        self._seconds = timeout_ms / 1_000
        self._clock = clock
        self._lock = threading.Lock()
        self._problem: str | None = None
        try:
            self._logits([self._tokenizer.encode("warm", "up")])
        except _FAILURES as error:
            raise RerankerRefused(f"the graph does not score a pair: {error}") from error
        self.model_id = directory.resolve().name

    @property
    def problem(self) -> str | None:
        """Why the latest call failed; None if it did not."""
        return self._problem

    def score(self, query: str, passages: Sequence[str]) -> list[float] | None:
        """How likely each passage answers the question, 0 to 1; None when it failed or was late."""
        scores, problem = self._score(query[:_CHARS_MAX], [text[:_CHARS_MAX] for text in passages])
        with self._lock:
            self._problem = problem
        return scores

    def _score(self, query: str, passages: Sequence[str]) -> tuple[list[float] | None, str | None]:
        deadline = self._clock() + self._seconds
        try:
            pairs = self._tokenizer.encode_batch([(query, text) for text in passages])
            # Alike in length, so that little is padding.
            order = sorted(range(len(pairs)), key=lambda at: len(pairs[at].ids))
            scores = np.zeros(len(pairs))
            for start in range(0, len(order), _BATCH):
                if self._clock() > deadline:
                    return None, f"it took longer than {self._seconds:g} s"
                batch = order[start : start + _BATCH]
                scores[batch] = self._logits([pairs[at] for at in batch])
        except _FAILURES as error:
            return None, str(error)
        except Exception as error:  # noqa: BLE001 - the tokenizer raises nothing more exact
            return None, f"the tokenizer failed: {error}"
        return [float(score) for score in scores], None

    def _logits(self, pairs: Sequence[Encoding]) -> npt.NDArray[np.float64]:
        """Probabilities of one batch.

        Raises:
            ValueError: The reranker is closed, or the graph returned another shape.
            RuntimeFailure: The runtime failed.
        """
        session = self._session
        if session is None:
            raise ValueError("the reranker is closed")
        length = max(len(pair.ids) for pair in pairs)
        arrays = {
            "input_ids": np.full((len(pairs), length), self._pad_id, np.int64),
            "attention_mask": np.zeros((len(pairs), length), np.int64),
            "token_type_ids": np.zeros((len(pairs), length), np.int64),
        }
        for row, pair in enumerate(pairs):
            size = len(pair.ids)
            arrays["input_ids"][row, :size] = pair.ids
            arrays["attention_mask"][row, :size] = 1
            arrays["token_type_ids"][row, :size] = pair.type_ids
        (found,) = session.run([self._output], {name: arrays[name] for name in self._inputs})
        logits = np.asarray(found, np.float64)
        if logits.shape == (len(pairs),):
            logits = logits[:, None]
        if logits.ndim != 2 or len(logits) != len(pairs) or logits.shape[1] not in (1, 2):
            raise ValueError(f"logits have shape {logits.shape}, not (n, 1) or (n, 2)")
        if not np.isfinite(logits).all():
            raise ValueError("logits are not finite")
        margin = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
        # A softmax over two is the sigmoid of their difference.
        probabilities: npt.NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(margin, -60, 60)))
        return probabilities

    def close(self) -> None:
        """Release the model; a batch under way finishes, later calls fail."""
        self._session = None
