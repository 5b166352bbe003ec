"""A cross-encoder small enough to be worked out by hand: it counts words of the passage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from ai_memory.adapters.embedder.onnx_graph import FLOAT, INT64, Graph

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "what"]
ALL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def write_model(directory: Path, *, inputs: tuple[str, ...] = ALL_INPUTS, logits: int = 1) -> Path:
    """good: +1, bad: -1, summed over the tokens of the passage that are no padding.

    With two logits, the first is always 0.
    """
    directory.mkdir(parents=True, exist_ok=True)
    ids = {word: at for at, word in enumerate(WORDS)}
    tokenizer = Tokenizer(WordLevel(ids, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    tokenizer.save(str(directory / "tokenizer.json"))
    (directory / "model.onnx").write_bytes(_graph(inputs, logits))
    return directory


def _graph(inputs: tuple[str, ...], logits: int) -> bytes:
    values = np.zeros((len(WORDS), 1), np.float32)
    values[WORDS.index("good")], values[WORDS.index("bad")] = 1, -1
    # One column stays one column; of two, the first is multiplied away.
    columns = np.ones((1, 1), np.float32) if logits == 1 else np.zeros((1, logits), np.float32)
    columns[0, -1] = 1
    graph = Graph("tiny")
    last = graph.node("Gather", graph.constant(values), "input_ids")  # (n, length, 1)
    for name in ("attention_mask", "token_type_ids"):
        if name in inputs:
            real = graph.node("Cast", name, to=FLOAT)
            last = graph.node("Mul", last, graph.node("Unsqueeze", real, graph.ints(2)))
    summed = graph.node("ReduceSum", last, graph.ints(1), keepdims=0)
    found = graph.node("MatMul", summed, graph.constant(columns))
    return graph.serialise(
        dict.fromkeys(inputs, (INT64, ("n", "length"))),
        {"logits": (found, FLOAT, ("n", logits))},
        {"": 17},
    )
