"""What a route answers when a memory or a model fails it stands in the document, by its status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.adapters.embedder.scripted_server import Reply, ScriptedServer
from tests.faces.http.running import Running, require_error, running

from ai_memory.faces.http.openapi import openapi
from ai_memory.faces.http.routes import API

DOCUMENT = openapi("1.2.3", guarded=False)
NOBODY = "00000000-0000-4000-8000-000000000000"

MISSING: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/memories/{id}", {}),
    ("PUT", "/memories/{id}", {"content": "Milk."}),
    ("DELETE", "/memories/{id}", {}),
    ("POST", "/memories/{id}/promote", {}),
    ("GET", "/memories/{id}/history", {}),
    ("POST", "/memories/{id}/erase", {}),
    ("GET", "/memories/{id}/diff", {}),
    ("POST", "/memories/{id}/restore", {"version": 1}),
    ("POST", "/archive/{id}/restore", {}),
    ("POST", "/links", {"source_id": NOBODY, "target_id": NOBODY[:-1] + "1"}),
    ("POST", "/consolidate/{id}/undo", {}),
    ("POST", "/consolidate", {"ids": [NOBODY, NOBODY[:-1] + "1"], "title": "Tea"}),
    ("POST", "/detect_contradiction", {"id_a": NOBODY, "id_b": NOBODY[:-1] + "1"}),
]


@pytest.mark.parametrize(("method", "path", "fields"), MISSING)
def test_a_memory_that_is_not_there(
    empty: Running, method: str, path: str, fields: dict[str, Any]
) -> None:
    named = API + path.replace("{id}", NOBODY)
    body = None if method == "GET" else fields
    answer = empty.client.request(method, named, json=body)
    require_error(answer, 404, "NOT_FOUND")
    assert "404" in DOCUMENT["paths"][API + path][method.lower()]["responses"]


@pytest.mark.parametrize("path", ["/auto_tag", "/expand_query"])
def test_a_model_that_answers_with_nothing_of_use(tmp_path: Path, path: str) -> None:
    lie = Reply({"message": {"role": "assistant", "content": "As a language model, I"}})
    with ScriptedServer() as server:
        server.default = lambda _: lie
        with running(tmp_path, tier="smart", embedder_kind="none", llm_url=server.url) as node:
            fields = {"id": node.store()["id"]} if path == "/auto_tag" else {"query": "tea"}
            answer = node.client.post(API + path, json=fields)
            require_error(answer, 502, "LANGUAGE_MODEL_ANSWER_INVALID")
    assert "502" in DOCUMENT["paths"][API + path]["post"]["responses"]
