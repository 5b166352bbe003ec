"""A damaged row is shown as what is left of it; the others of its page are as they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

import ai_memory
from ai_memory.api import Node

DAMAGES = {
    "an instant beyond the calendar": (
        "UPDATE memory SET expires_at = 9000000000000000000 WHERE id = :id",
        "expires_at",
    ),
    "an instant before it": (
        "UPDATE memory SET created_at = -9000000000000000000 WHERE id = :id",
        "created_at",
    ),
    "a tier of another program": ("UPDATE memory SET tier = 'eternal' WHERE id = :id", "tier"),
    "a confidence without end": (
        "UPDATE memory SET confidence = 9e999 WHERE id = :id",
        "confidence",
    ),
    "metadata that is no object": (
        "UPDATE version SET metadata = '[1]' WHERE memory_id = :id",
        "metadata",
    ),
    "tags that are no list": ("UPDATE version SET tags = '{}' WHERE memory_id = :id", "tags"),
    "tags that are cut": ("UPDATE version SET tags = '[\"a' WHERE memory_id = :id", "tags"),
    "content that is not there": (
        "UPDATE version SET content = NULL WHERE memory_id = :id",
        "content",
    ),
    "content that is no UTF-8": (
        "UPDATE version SET content = CAST(x'746561ff' AS TEXT) WHERE memory_id = :id",
        None,  # what is left of it is shown
    ),
    "a title that is no UTF-8": (
        "UPDATE version SET title = CAST(x'ff' AS TEXT) WHERE memory_id = :id",
        None,
    ),
}


@pytest.fixture(params=list(DAMAGES), ids=str)
def damaged(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Node, str, Any]]:
    """A node with three memories, one of them damaged; its id, and the field that shows it."""
    sql, field = DAMAGES[request.param]
    db = tmp_path / "memory.db"
    with ai_memory.open_node(db=str(db), level="keyword") as node:
        ids = [
            node.store(title=f"Tea {i}", content=f"green tea {i}", namespace="n", tier="long")["id"]
            for i in range(3)
        ]
        node.update(id=ids[1], content="green tea, the second text")
        node.link(source_id=ids[0], target_id=ids[1])
    connection = apsw.Connection(str(db))
    connection.execute("PRAGMA ignore_check_constraints = 1")
    connection.execute(sql, {"id": ids[1]})
    assert connection.changes() > 0
    connection.close()
    with ai_memory.open_node(db=str(db), level="keyword") as node:
        yield node, ids[1], field


def test_every_reader_shows_it_and_the_others(
    damaged: tuple[Node, str, str | None], tmp_path: Path
) -> None:
    node, memory_id, field = damaged
    answers = {
        "list": node.list(namespace="n")["memories"],
        "recall": node.recall(context="green tea", namespace="n", min_relevance=0)["memories"],
        "search": node.search(query="tea", namespace="n")["results"],
        "session": node.session_start(namespace="n")["memories"],
    }
    for name, memories in answers.items():
        assert len(memories) == 3, name
        for memory in memories:
            bad = field is not None and memory["id"] == memory_id
            assert list(memory.get("damaged", ())) == ([field] if bad else []), name
    shown = node.get(id=memory_id)
    assert shown["id"] == memory_id
    assert node.history(id=memory_id)["total"] == 2
    assert len(node.history(id=memory_id)["versions"]) == 2
    assert node.kg_query(source_id=memory_id)["memories"] is not None
    assert node.kg_timeline(source_id=memory_id)["count"] == 0
    lines = b"".join(node.export()).splitlines()
    assert sum(line.startswith(b'{"kind":"memory"') for line in lines) == 3


def test_it_can_be_mended_or_removed(damaged: tuple[Node, str, str | None]) -> None:
    node, memory_id, _field = damaged
    node.update(
        id=memory_id, title="Tea", content="mended", tags=["a"], tier="mid", confidence=0.5,
        metadata={"a": 1}, expires_at="",
    )  # fmt: skip
    assert node.get(id=memory_id)["content"] == "mended"
    node.delete(id=memory_id)
    assert memory_id in [row["id"] for row in node.archive_list()["archived"]]
    assert node.list(namespace="n")["count"] == 2
    node.archive_purge()
