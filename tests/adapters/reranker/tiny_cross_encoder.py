"""A cross-encoder small enough to be worked out by hand: it counts words of the passage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper, save
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

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
    save(_graph(inputs, logits), str(directory / "model.onnx"))
    return directory


def _graph(inputs: tuple[str, ...], logits: int) -> ModelProto:
    values = np.zeros((len(WORDS), 1), np.float32)
    values[WORDS.index("good")], values[WORDS.index("bad")] = 1, -1
    # One column stays one column; of two, the first is multiplied away.
    columns = np.ones((1, 1), np.float32) if logits == 1 else np.zeros((1, logits), np.float32)
    columns[0, -1] = 1
    nodes = [helper.make_node("Gather", ["values", "input_ids"], ["tokens"])]  # (n, length, 1)
    last = "tokens"
    for name in ("attention_mask", "token_type_ids"):
        if name in inputs:
            nodes += [
                helper.make_node("Cast", [name], [f"{name}_real"], to=TensorProto.FLOAT),
                helper.make_node("Unsqueeze", [f"{name}_real", "axis"], [f"{name}_column"]),
                helper.make_node("Mul", [last, f"{name}_column"], [f"after_{name}"]),
            ]
            last = f"after_{name}"
    nodes += [
        helper.make_node("ReduceSum", [last, "tokens_axis"], ["summed"], keepdims=0),
        helper.make_node("MatMul", ["summed", "columns"], ["logits"]),
    ]
    shape = ["n", "length"]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in inputs],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", logits])],
        [
            numpy_helper.from_array(values, "values"),
            numpy_helper.from_array(columns, "columns"),
            numpy_helper.from_array(np.array([2]), "axis"),
            numpy_helper.from_array(np.array([1]), "tokens_axis"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
