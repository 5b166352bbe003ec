"""A call that writes loads no model: the next recall makes the vectors, and nothing is lost."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.faces.cli.shell import Shell

from ai_memory import limits
from ai_memory.compose import open_node
from ai_memory.config import load_config

SEMANTIC = ("--level", "semantic")


def said(sh: Shell, *words: str) -> Any:
    return json.loads(sh.ok(*words, *SEMANTIC, "--json").out)


def store(sh: Shell, title: str) -> Any:
    return said(sh, "store", "-T", title, "-c", f"{title} is what Ada drinks.")


def unembedded() -> int:
    config = load_config({"tier": "keyword"})
    with closing(open_node(config, background=False)) as opened, opened.node.store.read() as rows:
        return rows.count_unembedded()


def test_the_recall_after_a_store_finds_it_by_meaning(sh: Shell) -> None:
    assert store(sh, "Coffee")["vectors_pending"] is True
    assert unembedded() == 1
    found = said(sh, "recall", "what does Ada drink?")
    assert found["mode"] == "hybrid"
    assert found["meta"]["candidate_counts"]["hnsw"] == 1
    assert [memory["title"] for memory in found["memories"]] == ["Coffee"]
    assert unembedded() == 0


def test_every_call_that_writes_one_text_says_what_is_pending(sh: Shell) -> None:
    memory_id = store(sh, "Coffee")["id"]
    said(sh, "recall", "coffee")
    assert "vectors_pending" not in said(sh, "update", memory_id, "--priority", "9")
    assert unembedded() == 0
    assert said(sh, "update", memory_id, "-c", "Ada drinks tea.")["vectors_pending"] is True
    assert unembedded() == 1
    said(sh, "recall", "coffee")
    version = said(sh, "restore-version", memory_id, "--version", "1")
    assert version["vectors_pending"] is True
    said(sh, "recall", "coffee")
    said(sh, "delete", memory_id)
    assert said(sh, "archive", "restore", memory_id)["vectors_pending"] is True
    assert said(sh, "recall", "coffee")["meta"]["candidate_counts"]["hnsw"] == 1


def test_a_person_is_told_in_one_line(sh: Shell) -> None:
    found = sh.ok("store", "-T", "Coffee", "-c", "Black.", *SEMANTIC)
    assert found.out.startswith("stored: ")
    assert found.err.splitlines() == [
        "note: found by its words; by its meaning from the next recall on, which makes its vector"
    ]


def test_without_an_embedder_nothing_is_pending(sh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "vectors_pending" not in json.loads(
        sh.ok("store", "-T", "Coffee", "-c", "Black.", "--level", "keyword", "--json").out
    )
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "none")
    assert "vectors_pending" not in store(sh, "Tea")


def test_a_running_node_makes_what_a_call_left(
    sh: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without being told: it looks from time to time."""
    monkeypatch.setattr(limits, "FOREIGN_TEXT_SECS", 0.01)
    made = threading.Event()

    class Watching:
        """The node's observer."""

        def executed(self, operation: str, seconds: float, code: str) -> None:
            if (operation, code) == ("embed_memories", "OK"):
                made.set()

        def committed(self, entries: object) -> None:
            pass

    del tmp_path
    with closing(open_node(load_config({"tier": "semantic"}), observer=Watching())):
        store(sh, "Coffee")
        assert made.wait(60)
    assert unembedded() == 0
