from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.adapters.embedder.sentence import SENTENCES

from ai_memory.adapters.embedder import EmbedderSpec, open_embedder
from ai_memory.adapters.embedder.batcher import Batcher
from ai_memory.adapters.embedder.bert_model import graph_file
from ai_memory.adapters.embedder.bert_shape import MINILM
from ai_memory.adapters.embedder.minilm_weights import find_files
from ai_memory.adapters.embedder.onnx_directory import load_onnx_directory
from ai_memory.adapters.embedder.onnx_graph import FLOAT, INT64, Graph
from ai_memory.errors import EmbedderUnavailable
from ai_memory.ports import Embedder

DIM = 6
TABLE = np.random.default_rng(0).normal(size=(30_522, DIM)).astype(np.float32)
TYPES = np.full((2, DIM), [[0.5], [100.0]], np.float32)


def write_graph(
    path: Path,
    *,
    inputs: tuple[str, ...] = ("input_ids", "attention_mask"),
    output: str = "last_hidden_state",
) -> None:
    """A graph whose token vectors are rows of TABLE, plus TYPES if it takes token types."""
    graph = Graph("tiny")
    words = graph.node("Gather", graph.constant(TABLE), "input_ids")
    if "token_type_ids" in inputs:
        segments = graph.node("Gather", graph.constant(TYPES), "token_type_ids")
        words = graph.node("Add", words, segments)
    shape = ("batch", "length")
    content = graph.serialise(
        dict.fromkeys(inputs, (INT64, shape)), {output: (words, FLOAT, (*shape, DIM))}, {"": 17}
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "tiny-model"
    path.mkdir()
    shutil.copy(find_files().tokenizer, path / "tokenizer.json")
    return path


def configure(directory: Path, name: str, **settings: Any) -> None:
    file = directory / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(settings))


def unit(vector: Any) -> Any:
    return vector / np.linalg.norm(vector)


# "yes" is one word piece, 2748, between [CLS] 101 and [SEP] 102.
YES = TABLE[[101, 2748, 102]]


def test_states_are_averaged_over_the_tokens_and_not_the_padding(directory: Path) -> None:
    write_graph(directory / "onnx" / "model.onnx")
    embedder: Embedder = load_onnx_directory(directory)
    assert embedder.model == ("tiny-model", DIM)
    rows = embedder.embed(["yes", "a much longer text than the other one"])
    assert np.allclose(rows[0], unit(YES.mean(axis=0)), atol=1e-6)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_cls_pooling_takes_the_first_token(directory: Path) -> None:
    write_graph(directory / "model.onnx")
    configure(
        directory,
        "1_Pooling/config.json",
        word_embedding_dimension=DIM,
        pooling_mode_cls_token=True,
        pooling_mode_mean_tokens=False,
    )
    assert np.allclose(load_onnx_directory(directory).embed(["yes"])[0], unit(YES[0]), atol=1e-6)


def test_token_types_are_zero_where_the_graph_wants_them(directory: Path) -> None:
    write_graph(
        directory / "model.onnx",
        inputs=("input_ids", "token_type_ids", "attention_mask"),
        output="states_of_another_name",
    )
    row = load_onnx_directory(directory).embed(["yes"])[0]
    assert np.allclose(row, unit((YES + TYPES[0]).mean(axis=0)), atol=1e-6)


def test_texts_are_cut_where_the_directory_says(directory: Path) -> None:
    write_graph(directory / "model.onnx", inputs=("input_ids",))
    configure(directory, "config.json", max_position_embeddings=10, model_type="bert")
    configure(directory, "sentence_bert_config.json", max_seq_length=3)
    row = load_onnx_directory(directory).embed(["yes no no no"])[0]
    assert np.allclose(row, unit(YES.mean(axis=0)), atol=1e-6)


def test_positions_count_where_there_is_no_sentence_limit(directory: Path) -> None:
    write_graph(directory / "model.onnx")
    configure(directory, "config.json", max_position_embeddings=5, model_type="xlm-roberta")
    row = load_onnx_directory(directory).embed(["yes no no no"])[0]
    assert np.allclose(row, unit(YES.mean(axis=0)), atol=1e-6)


def test_a_graph_that_pools_itself_is_believed(
    directory: Path, cache_dir: Path, minilm: Batcher
) -> None:
    shutil.copy(graph_file(cache_dir, MINILM, find_files().weights), directory / "model.onnx")
    configure(directory, "sentence_bert_config.json", max_seq_length=256)
    embedder = open_embedder(EmbedderSpec("onnx", cache_dir, path=directory, model="my/model"))
    assert embedder.model == ("my/model", 384)
    assert (embedder.embed(SENTENCES) * minilm.embed(SENTENCES)).sum(axis=1).min() > 0.9999
    embedder.close()
    with pytest.raises(EmbedderUnavailable, match="closed"):
        embedder.embed(["hello"])


def test_what_is_missing_is_named(directory: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match=r"no model\.onnx"):
        load_onnx_directory(directory)
    write_graph(directory / "model.onnx")
    (directory / "tokenizer.json").unlink()
    with pytest.raises(EmbedderUnavailable, match=r"no tokenizer\.json"):
        load_onnx_directory(directory)
    with pytest.raises(EmbedderUnavailable, match="the path of a model directory"):
        open_embedder(EmbedderSpec("onnx", directory))


def test_what_is_damaged_is_named(directory: Path) -> None:
    (directory / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(EmbedderUnavailable, match="refuses the graph"):
        load_onnx_directory(directory)
    write_graph(directory / "model.onnx")
    (directory / "tokenizer.json").write_text("{}")
    with pytest.raises(EmbedderUnavailable, match=r"tokenizer\.json cannot be read"):
        load_onnx_directory(directory)
    (directory / "config.json").write_text("{")
    with pytest.raises(EmbedderUnavailable, match=r"config\.json cannot be read"):
        load_onnx_directory(directory)


def test_what_we_cannot_run_is_refused(directory: Path) -> None:
    write_graph(directory / "model.onnx", inputs=("input_ids", "pixel_values"))
    with pytest.raises(EmbedderUnavailable, match="pixel_values"):
        load_onnx_directory(directory)
    write_graph(directory / "model.onnx")
    configure(directory, "1_Pooling/config.json", pooling_mode_lasttoken=True)
    with pytest.raises(EmbedderUnavailable, match="pooling_mode_lasttoken"):
        load_onnx_directory(directory)
