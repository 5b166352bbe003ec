from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.adapters.embedder.scripted_server import Reply, ScriptedServer

from ai_memory.adapters.embedder import EmbedderSpec, open_embedder
from ai_memory.adapters.embedder.ollama import open_ollama
from ai_memory.adapters.endpoint import Patience
from ai_memory.errors import EmbedderUnavailable

HASTE = Patience(connect_secs=2, answer_secs=10, retry_secs=(0,))


def embeddings(body: Any) -> Reply:
    return Reply({"embeddings": [[len(text), 1, 0] for text in body["input"]]})


def test_vectors_come_back_in_order_and_at_unit_norm(
    server: ScriptedServer, tmp_path: Path
) -> None:
    server.default = embeddings
    embedder = open_embedder(EmbedderSpec("ollama", tmp_path, model="all-minilm", url=server.url))
    assert embedder.model == ("all-minilm", 3)
    rows = embedder.embed(["abc", "a", ""])
    expected = np.array([[3, 1, 0], [1, 1, 0], [1, 1, 0]], float)
    assert np.allclose(rows, expected / np.linalg.norm(expected, axis=1, keepdims=True))
    assert server.requests[-1].path == "/api/embed"
    assert server.requests[-1].body["model"] == "all-minilm"
    embedder.close()


def test_the_latest_tag_is_no_other_model(server: ScriptedServer) -> None:
    embedder = open_ollama("nomic-embed-text:latest", server.url + "/", dim=768)
    assert embedder.model == ("nomic-embed-text", 768)
    assert not server.requests
    embedder.close()


def test_a_missing_model_is_named(server: ScriptedServer) -> None:
    server.default = lambda _: Reply({"error": 'model "nope" not found'}, 404)
    with pytest.raises(EmbedderUnavailable, match='404 model "nope" not found'):
        open_ollama("nope", server.url, patience=HASTE)


def test_a_wrong_dimension_is_refused(server: ScriptedServer) -> None:
    server.default = embeddings
    embedder = open_ollama("all-minilm", server.url, dim=384, patience=HASTE)
    with pytest.raises(EmbedderUnavailable, match="3 dimensions instead of 384"):
        embedder.embed(["a"])
    embedder.close()


@pytest.mark.parametrize("body", [b"{", {}, {"embeddings": []}, {"embeddings": [[]]}, None, 1])
def test_a_malformed_answer_is_a_clear_error(server: ScriptedServer, body: Any) -> None:
    server.default = lambda _: Reply(body)
    with pytest.raises(EmbedderUnavailable, match=r"malformed|not JSON"):
        open_ollama("all-minilm", server.url, patience=HASTE)


def test_a_stumbling_server_is_asked_again(server: ScriptedServer) -> None:
    server.script.append(Reply({"error": "loading"}, 500))
    server.default = embeddings
    embedder = open_ollama("all-minilm", server.url, patience=HASTE)
    assert embedder.model.dim == 3
    embedder.close()
