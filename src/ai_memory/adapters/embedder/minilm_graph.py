"""all-MiniLM-L6-v2 as an ONNX graph, built from its weights: token ids in, unit vectors out.

Why not an exporter: exporting needs torch. Why not `onnxruntime.quantization`: it quantises an
activation by the range of the whole batch, so a vector would depend on its neighbours in the batch
(down to cosine 0.96). Here every token is quantised by its own range, which costs a few cheap
operators and makes a vector a function of its text, whatever the batch and the padding.

The operators are those that ONNX Runtime runs fastest, measured one by one: its own attention and
GELU, but the standard LayerNormalization (its fused SkipLayerNormalization is four times slower).
Between attentions, everything works on rows: one per token, all texts of the batch end to end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto, helper, numpy_helper

from ai_memory.adapters.embedder.minilm_shape import DIM, OUTPUT, TOKENS_MAX

Array: TypeAlias = npt.NDArray[Any]
Weights: TypeAlias = Mapping[str, npt.NDArray[np.float32]]

_LAYERS: Final = 6
_HEADS: Final = 12
_EPSILON: Final = 1e-12
_RUNTIME_DOMAIN: Final = "com.microsoft"
_CODE_MAX: Final = 127
_CODE_ZERO: Final = 128  # tokens become unsigned codes around it; weights are signed around 0


def build_graph(weights: Weights, *, quantised: bool) -> ModelProto:
    """The graph, with int8 weights or with the original ones.

    Inputs `input_ids` and `attention_mask`, both int64 of shape (batch, length); output
    `sentence_embedding`, float32 of shape (batch, 384), unit L2 norm.
    """
    graph = _Graph()
    linear = _QuantisedLinear(graph) if quantised else _Linear(graph)
    rows = _embed_tokens(graph, linear, weights)
    mask = graph.node("Cast", "attention_mask", to=TensorProto.INT32)
    shape = graph.node("Concat", graph.node("Shape", "input_ids"), graph.ints(-1), axis=0)
    for layer in range(_LAYERS):
        rows = _encode_layer(graph, linear, weights, f"encoder.layer.{layer}.", rows, mask, shape)
    return graph.model(_pool(graph, rows, shape))


def _embed_tokens(graph: _Graph, linear: _Linear, weights: Weights) -> str:
    """Word, position and segment (always 0) embeddings, normalised. Shape (rows, 384)."""
    words = linear.lookup(weights["embeddings.word_embeddings.weight"], "input_ids")
    segment = weights["embeddings.token_type_embeddings.weight"][0]
    places = weights["embeddings.position_embeddings.weight"][:TOKENS_MAX] + segment
    length = graph.node("Shape", "input_ids", start=1, end=2)
    places_used = graph.node("Slice", graph.constant(places), graph.ints(0), length)
    total = graph.node("Add", words, places_used)
    rows = graph.node("Reshape", total, graph.ints(-1, DIM))
    return _normalise(graph, weights, "embeddings.LayerNorm", rows)


def _encode_layer(
    graph: _Graph, linear: _Linear, weights: Weights, name: str, rows: str, mask: str, shape: str
) -> str:
    """One transformer layer. (rows, 384) in and out."""
    parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
    packed = np.concatenate([weights[f"{part}.weight"].T for part in parts], axis=1)
    packed_bias = np.concatenate([weights[f"{part}.bias"] for part in parts])
    projected = graph.node("Reshape", linear.product(rows, packed), shape)
    query, key, value = graph.nodes("Split", projected, outputs=3, axis=2, num_outputs=3)
    attended = graph.node(
        "MultiHeadAttention",
        *(query, key, value, graph.constant(packed_bias), mask),
        domain=_RUNTIME_DOMAIN,
        num_heads=_HEADS,
    )
    attended = graph.node("Reshape", attended, graph.ints(-1, DIM))
    hidden = _add_and_normalise(graph, linear, weights, f"{name}attention.output", attended, rows)

    widened = linear.product(hidden, weights[f"{name}intermediate.dense.weight"].T)
    bias = graph.constant(weights[f"{name}intermediate.dense.bias"])
    activated = graph.node("BiasGelu", widened, bias, domain=_RUNTIME_DOMAIN)
    return _add_and_normalise(graph, linear, weights, f"{name}output", activated, hidden)


def _add_and_normalise(
    graph: _Graph, linear: _Linear, weights: Weights, name: str, rows: str, residual: str
) -> str:
    product = linear.product(rows, weights[f"{name}.dense.weight"].T)
    biased = graph.node("Add", product, graph.constant(weights[f"{name}.dense.bias"]))
    return _normalise(graph, weights, f"{name}.LayerNorm", graph.node("Add", biased, residual))


def _normalise(graph: _Graph, weights: Weights, name: str, rows: str) -> str:
    gain, bias = (graph.constant(weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph.node("LayerNormalization", rows, gain, bias, epsilon=_EPSILON)


def _pool(graph: _Graph, rows: str, shape: str) -> str:
    """The mean over a text's tokens, at unit norm; which makes the mean's divisor redundant."""
    mask = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    total = graph.node(
        "MatMul",
        graph.node("Unsqueeze", mask, graph.ints(1)),
        graph.node("Reshape", rows, shape),
    )
    flat = graph.node("Squeeze", total, graph.ints(1))
    return graph.node("LpNormalization", flat, axis=1, p=2)


class _Graph:
    """Nodes and constants in the making; a value is known by its name."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._shared: dict[tuple[int, ...], str] = {}

    def constant(self, value: Array) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def ints(self, *values: int) -> str:
        """A list of integers, which operators take for axes and shapes."""
        if values not in self._shared:
            self._shared[values] = self.constant(np.array(values, np.int64))
        return self._shared[values]

    def nodes(
        self, operator: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any
    ) -> list[str]:
        name = f"{operator}_{len(self._nodes)}"
        names = [f"{name}_{output}" for output in range(outputs)]
        self._nodes.append(
            helper.make_node(operator, inputs, names, name=name, domain=domain, **attributes)
        )
        return names

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        return self.nodes(operator, *inputs, domain=domain, **attributes)[0]

    def model(self, output: str) -> ModelProto:
        self._nodes.append(helper.make_node("Identity", [output], [OUTPUT], name=OUTPUT))
        batch = ["batch", "length"]
        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [
                helper.make_tensor_value_info("input_ids", TensorProto.INT64, batch),
                helper.make_tensor_value_info("attention_mask", TensorProto.INT64, batch),
            ],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", DIM])],
            self._constants,
        )
        versions = [helper.make_opsetid("", 20), helper.make_opsetid(_RUNTIME_DOMAIN, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=9)


class _Linear:
    """Products with the weights as they are."""

    def __init__(self, graph: _Graph) -> None:
        self._graph = graph

    def lookup(self, table: Array, ids: str) -> str:
        """The rows of `table` at `ids`."""
        return self._graph.node("Gather", self._graph.constant(table), ids)

    def product(self, rows: str, matrix: Array) -> str:
        """`rows` @ `matrix`. Shapes (n, k) and (k, m)."""
        return self._graph.node("MatMul", rows, self._graph.constant(matrix))


class _QuantisedLinear(_Linear):
    """Products of 8-bit codes: weights with a scale per output, tokens with a scale per token."""

    def __init__(self, graph: _Graph) -> None:
        super().__init__(graph)
        rows = graph.node("Shape", graph.node("Reshape", "input_ids", graph.ints(-1)))
        zero = numpy_helper.from_array(np.array([_CODE_ZERO], np.uint8))
        self._zeros = graph.node("ConstantOfShape", rows, value=zero)

    def lookup(self, table: Array, ids: str) -> str:
        codes, scales = _quantise(table, axis=1)
        graph = self._graph
        found = graph.node("Gather", graph.constant(codes), ids)
        found = graph.node("Cast", found, to=TensorProto.FLOAT)
        return graph.node("Mul", found, graph.node("Gather", graph.constant(scales), ids))

    def product(self, rows: str, matrix: Array) -> str:
        graph = self._graph
        weight_codes, weight_scales = _quantise(matrix, axis=0)
        peaks = graph.node("ReduceMax", graph.node("Abs", rows), graph.ints(1), keepdims=1)
        scales = graph.node("Mul", peaks, graph.constant(np.array(1 / _CODE_MAX, np.float32)))
        flat_scales = graph.node("Squeeze", scales, graph.ints(1))
        codes = graph.node("QuantizeLinear", rows, flat_scales, self._zeros, axis=0)
        product = graph.node(
            "MatMulIntegerToFloat",
            codes,
            graph.constant(weight_codes),
            graph.constant(np.array(1, np.float32)),
            graph.constant(weight_scales.reshape(-1)),
            graph.constant(np.array(_CODE_ZERO, np.uint8)),
            domain=_RUNTIME_DOMAIN,
        )
        return graph.node("Mul", product, scales)


def _quantise(matrix: Array, *, axis: int) -> tuple[Array, Array]:
    """Signed codes, and the scale of each slice along the other axis (kept as an axis of 1).

    All eight bits are used: on processors without VNNI, where a pair of products may overflow 16
    bits, four of 100,000 pairs do, which moves a vector by less than quantising it did.
    """
    scales = np.abs(matrix).max(axis=axis, keepdims=True) / _CODE_MAX
    scales = np.maximum(scales, np.finfo(np.float32).tiny).astype(np.float32)
    return np.rint(matrix / scales).astype(np.int8), scales
