from __future__ import annotations

import numpy as np

from ai_memory.adapters.embedder.bert_graph import _QuantisedLinear
from ai_memory.adapters.embedder.bert_weights import Coded, Nibbles
from ai_memory.adapters.embedder.onnx_graph import FLOAT, INT64, Graph
from ai_memory.adapters.embedder.session import open_session


def table() -> Nibbles:
    random = np.random.default_rng(3)
    codes = random.integers(0, 256, size=(50, 32), dtype=np.uint8)
    return Nibbles(codes, random.normal(size=(50, 2)).astype(np.float16))


def test_a_table_of_four_bits_is_looked_up_as_it_decodes() -> None:
    graph = Graph("lookup")
    rows = _QuantisedLinear(graph).lookup(table(), "input_ids")
    content = graph.serialise(
        {"input_ids": (INT64, ("batch", "length"))},
        {"rows": (rows, FLOAT, ("batch", "length", 64))},
        {"": 20, "com.microsoft": 1},
    )
    ids = np.array([[3, 0, 49], [7, 7, 1]])
    session = open_session(content, threads=1, optimise=False)
    (found,) = session.run(["rows"], {"input_ids": ids})
    assert np.array_equal(found, table().decoded()[ids])


def test_four_bits_lie_in_the_halves_of_a_block() -> None:
    one = Nibbles(np.array([[0x0F, 0xA8]], np.uint8), np.array([[0.5]], np.float16))
    assert one.decoded().tolist() == [[3.5, 0.0, -4.0, 1.0]]


def test_eight_bits_are_as_near_as_they_can_be() -> None:
    matrix = np.random.default_rng(5).normal(size=(40, 8)).astype(np.float32)
    matrix[:, 3] = 0
    coded = Coded.of(matrix)
    assert (np.abs(coded.decoded() - matrix) <= coded.scales / 2 + 1e-7).all()
    assert (coded.decoded()[:, 3] == 0).all()
