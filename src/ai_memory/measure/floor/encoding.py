"""Floor of an embedding: tokenizer and ONNX Runtime, one text, nothing around them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer


class ModelFiles(NamedTuple):
    """What an encoder is made of.

    Attributes:
        graph: An ONNX graph whose output is one unit vector per text.
        tokenizer: Its tokenizer.json.
        tokens_max: Where texts are cut.
        threads: Threads of one computation.
    """

    graph: Path
    tokenizer: Path
    tokens_max: int
    threads: int


class BareEncoder:
    """One text at a time, or texts of about one length together."""

    def __init__(self, files: ModelFiles) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = files.threads
        options.inter_op_num_threads = 1
        # The graph is optimised already, and spinning threads would disturb what is measured next.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(
            str(files.graph), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = [argument.name for argument in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(files.tokens_max)

    def encode(self, text: str) -> npt.NDArray[np.float32]:
        """The vector of a text. Shape (dim,)."""
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        vector: npt.NDArray[np.float32] = self._run(ids, np.ones_like(ids))[0]
        return vector

    def encode_many(self, texts: Sequence[str], tokens_max: int) -> None:
        """Compute the vectors of many texts, the short ones first, in batches of their length.

        Args:
            texts: In any order.
            tokens_max: Of a batch, padding included.
        """
        every = sorted(
            (encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))), key=len
        )
        at = 0
        while at < len(every):
            stop = at + 1
            while stop < len(every) and len(every[stop]) * (stop + 1 - at) <= tokens_max:
                stop += 1
            width = len(every[stop - 1])
            ids = np.zeros((stop - at, width), np.int64)
            mask = np.zeros_like(ids)
            for row, one in enumerate(every[at:stop]):
                ids[row, : len(one)] = one
                mask[row, : len(one)] = 1
            self._run(ids, mask)
            at = stop

    def _run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Any:
        known = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids),
        }
        (output,) = self._session.run(None, {name: known[name] for name in self._inputs})
        return output
