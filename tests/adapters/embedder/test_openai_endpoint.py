from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.adapters.embedder.scripted_server import Reply, ScriptedServer

from ai_memory.adapters.embedder import EmbedderSpec, open_embedder
from ai_memory.adapters.embedder.openai_endpoint import open_openai_endpoint
from ai_memory.adapters.endpoint import Patience
from ai_memory.errors import EmbedderUnavailable
from ai_memory.ports import Embedder

HASTE = Patience(connect_secs=2, answer_secs=10, retry_secs=(0, 0, 0))
KEY = "sk-very-secret"


def vector(text: str, dim: int = 4) -> list[float]:
    return [float(len(text) + 1), *(float(ord(text[:1] or " ")) for _ in range(dim - 1))]


def vectors(body: Any) -> Reply:
    """The answer of a good server, in an order of its own."""
    dim = body.get("dimensions", 4)
    data = [
        {"object": "embedding", "index": index, "embedding": vector(text, dim)}
        for index, text in enumerate(body["input"])
    ]
    random.Random(1).shuffle(data)
    return Reply({"object": "list", "data": data, "model": body["model"]})


def expected(*texts: str, dim: int = 4) -> Any:
    rows = np.array([vector(text, dim) for text in texts])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def connect(server: ScriptedServer, **settings: Any) -> Embedder:
    settings = {"url": server.url, "api_key": KEY, "dim": 4, "patience": HASTE, **settings}
    return open_openai_endpoint("some-model", **settings)


def test_vectors_come_back_in_order_and_at_unit_norm(server: ScriptedServer) -> None:
    server.default = vectors
    embedder = connect(server)
    texts = [f"{letter}{'x' * 7 * place}" for place, letter in enumerate("abcdefghij")]
    assert np.allclose(embedder.embed(texts), expected(*texts), atol=1e-6)
    assert embedder.embed([]).shape == (0, 4)
    (request,) = server.requests
    assert request.path == "/v1/embeddings"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.body.keys() == {"model", "input"}
    embedder.close()


def test_the_dimension_is_asked_for_once(server: ScriptedServer, tmp_path: Path) -> None:
    server.default = vectors
    spec = EmbedderSpec("openai", tmp_path, model="some-model", url=server.url, api_key=KEY)
    assert KEY not in repr(spec)
    embedder = open_embedder(spec)
    assert embedder.model == ("some-model", 4)
    assert len(server.requests) == 1
    embedder.close()


def test_a_known_dimension_costs_no_request(server: ScriptedServer) -> None:
    embedder = connect(server, dim=8)
    assert embedder.model == ("some-model", 8)
    assert not server.requests
    embedder.close()


def test_a_model_of_another_dimension_is_told_to_shorten(server: ScriptedServer) -> None:
    server.default = vectors
    embedder = connect(server, dim=3)
    assert np.allclose(embedder.embed(["a"]), expected("a", dim=3), atol=1e-6)
    assert np.allclose(embedder.embed(["b"]), expected("b", dim=3), atol=1e-6)
    assert [request.body.get("dimensions") for request in server.requests] == [None, 3, 3]
    embedder.close()


def test_a_model_that_cannot_shorten_is_refused(server: ScriptedServer) -> None:
    server.default = lambda body: vectors({**body, "dimensions": 5})
    embedder = connect(server, dim=3)
    for _ in range(2):
        with pytest.raises(EmbedderUnavailable, match="5 dimensions instead of 3"):
            embedder.embed(["a"])
    embedder.close()


def test_another_model_behind_the_address_is_noticed(server: ScriptedServer) -> None:
    server.default = vectors
    embedder = connect(server)
    embedder.embed(["a"])
    server.default = lambda body: vectors({**body, "dimensions": 5})
    with pytest.raises(EmbedderUnavailable, match="5 dimensions instead of 4"):
        embedder.embed(["a"])
    assert "dimensions" not in server.requests[-1].body
    embedder.close()


def test_large_requests_are_divided(server: ScriptedServer) -> None:
    server.default = vectors
    embedder = connect(server, texts_max=10)
    texts = [f"text {number}" for number in range(35)]
    assert np.allclose(embedder.embed(texts, bulk=True), expected(*texts), atol=1e-6)
    assert [len(request.body["input"]) for request in server.requests] == [10, 10, 10, 5]
    embedder.close()


def test_an_empty_text_is_sent_as_a_space(server: ScriptedServer) -> None:
    server.default = vectors
    embedder = connect(server)
    embedder.embed(["", "\ud800"])
    assert sorted(server.requests[0].body["input"]) == [" ", "?"]
    embedder.close()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(server: ScriptedServer, status: int) -> None:
    server.script.extend([Reply({"error": {"message": "busy"}}, status)] * 2)
    server.default = vectors
    embedder = connect(server)
    assert np.allclose(embedder.embed(["a"]), expected("a"), atol=1e-6)
    assert len(server.requests) == 3
    embedder.close()


def test_patience_has_an_end(server: ScriptedServer) -> None:
    server.default = lambda _: Reply({"error": {"message": "overloaded"}}, 503)
    embedder = connect(server)
    with pytest.raises(EmbedderUnavailable, match="503 overloaded"):
        embedder.embed(["a"])
    assert len(server.requests) == 1 + len(HASTE.retry_secs)
    embedder.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "3600"},
        {"Retry-After": "Thu, 01 Jan 2099 00:00:00 GMT"},
    ],
)
def test_a_server_that_asks_for_too_much_time_is_reported(
    server: ScriptedServer, headers: dict[str, str]
) -> None:
    server.default = lambda _: Reply({"error": "quota"}, 429, headers)
    embedder = connect(server)
    with pytest.raises(EmbedderUnavailable, match="429 quota"):
        embedder.embed(["a"])
    assert len(server.requests) == 1
    embedder.close()


@pytest.mark.parametrize("asked", ["0", "-1", "soon", "Thu, 01 Jan 1998 00:00:00 GMT"])
def test_any_other_retry_after_is_harmless(server: ScriptedServer, asked: str) -> None:
    server.script.append(Reply(None, 429, {"Retry-After": asked}))
    server.default = vectors
    embedder = connect(server)
    assert embedder.embed(["a"]).shape == (1, 4)
    embedder.close()


def test_a_slow_server_is_given_up(server: ScriptedServer) -> None:
    server.default = lambda _: Reply(silent=True)
    embedder = connect(server, patience=Patience(answer_secs=0.1))
    with pytest.raises(EmbedderUnavailable, match="no answer in time"):
        embedder.embed(["a"])
    assert len(server.requests) == 1
    embedder.close()


def test_a_server_that_is_not_there_is_said_at_once(server: ScriptedServer) -> None:
    embedder = connect(server, url="http://127.0.0.1:1/v1")
    with pytest.raises(EmbedderUnavailable, match=r"127\.0\.0\.1:1"):
        embedder.embed(["a"])
    embedder.close()


def test_a_wrong_key_is_said_without_the_key(server: ScriptedServer) -> None:
    server.default = lambda _: Reply({"error": {"message": f"Incorrect key: {KEY}"}}, 401)
    embedder = connect(server)
    with pytest.raises(EmbedderUnavailable, match="401 Incorrect key: …") as caught:
        embedder.embed(["a"])
    assert "API key" in caught.value.hint
    assert len(server.requests) == 1
    embedder.close()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>gateway</html>",
        b"\xff\xfe",
        b'{"data": [',
        None,
        [],
        "data",
        {},
        {"data": None},
        {"data": []},
        {"data": [{}]},
        {"data": [None]},
        {"data": [{"index": 1, "embedding": [1, 2, 3, 4]}]},
        {"data": [{"index": [], "embedding": [1, 2, 3, 4]}]},
        {"data": [{"index": 0, "embedding": [1, 2, 3, 4]}, {"index": 0, "embedding": [1] * 4}]},
        {"data": [{"index": 0, "embedding": []}]},
        {"data": [{"index": 0, "embedding": "AAAA"}]},
        {"data": [{"index": 0, "embedding": [1, 2, None, 4]}]},
        {"data": [{"index": 0, "embedding": [1, 2, "x", 4]}]},
        {"data": [{"index": 0, "embedding": {"0": 1}}]},
        {"data": [{"index": 0, "embedding": [0, 0, 0, 0]}]},
        b'{"data": [{"index": 0, "embedding": [1, 2, NaN, 4]}]}',
        b'{"data": [{"index": 0, "embedding": [1, 2, 1e999, 4]}]}',
    ],
)
def test_a_malformed_answer_is_a_clear_error(server: ScriptedServer, body: Any) -> None:
    server.default = lambda _: Reply(body)
    embedder = connect(server)
    with pytest.raises(EmbedderUnavailable, match=r"malformed|not JSON"):
        embedder.embed(["a"])
    embedder.close()


def test_vectors_of_unequal_lengths_are_refused(server: ScriptedServer) -> None:
    data = [{"index": 0, "embedding": [1, 2, 3, 4]}, {"index": 1, "embedding": [1, 2]}]
    server.default = lambda _: Reply({"data": data})
    embedder = connect(server)
    with pytest.raises(EmbedderUnavailable, match="malformed"):
        embedder.embed(["a", "b"])
    embedder.close()


def test_closing_interrupts_the_wait_for_a_retry(server: ScriptedServer) -> None:
    server.default = lambda _: Reply(None, 503)
    patience = Patience(retry_secs=(600,), retry_after_secs_max=600)
    embedder = connect(server, patience=patience)
    with ThreadPoolExecutor() as pool:
        call = pool.submit(embedder.embed, ["a"])
        assert server.asked.acquire(timeout=20)
        embedder.close()
        assert isinstance(call.exception(timeout=20), EmbedderUnavailable)
    with pytest.raises(EmbedderUnavailable, match="closed"):
        embedder.embed(["a"])


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("", "/v1/embeddings"),
        ("/", "/v1/embeddings"),
        ("/v1", "/v1/embeddings"),
        ("/api/v1/", "/api/v1/embeddings"),
        ("/v1/embeddings", "/v1/embeddings"),
    ],
)
def test_the_address_may_be_given_short_or_whole(
    server: ScriptedServer, given: str, path: str
) -> None:
    server.default = vectors
    embedder = connect(server, url=server.url + given, api_key=None)
    embedder.embed(["a"])
    assert server.requests[0].path == path
    assert "Authorization" not in server.requests[0].headers
    embedder.close()


@pytest.mark.parametrize(
    "url", ["not an address", "ftp://host/v1", "http://", "http://[", "https://\x00"]
)
def test_an_address_that_is_none_is_a_clear_error(url: str) -> None:
    with pytest.raises(EmbedderUnavailable):
        open_openai_endpoint("some-model", url=url, patience=HASTE)


def test_a_key_that_is_no_header_is_a_clear_error(server: ScriptedServer) -> None:
    for key in ("line\nbreak", "clé€"):
        with pytest.raises(EmbedderUnavailable) as caught:
            connect(server, api_key=key, dim=None)
        assert key not in str(caught.value)


def test_a_spec_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match="the name of a model"):
        open_embedder(EmbedderSpec("openai", tmp_path))
