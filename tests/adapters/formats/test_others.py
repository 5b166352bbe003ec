"""Memories of other programs: mem0, the MCP reference server, Markdown notes, Slack."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ai_memory.adapters.formats import ImportLink, ImportProblem, ImportRecord, open_records
from ai_memory.model.clock import parse_rfc3339
from ai_memory.model.field import check_metadata, check_namespace, check_title


def read(source: Any, wanted: str) -> tuple[list[ImportRecord], list[ImportLink]]:
    with open_records(source) as stream:
        items = list(stream)
    assert stream.format == wanted
    assert not [item for item in items if isinstance(item, ImportProblem)]
    records = [item for item in items if isinstance(item, ImportRecord)]
    for record in records:
        check_title(record.title)
        check_metadata(record.metadata)
        if record.namespace is not None:
            check_namespace(record.namespace)
    return records, [item for item in items if isinstance(item, ImportLink)]


def lines(*values: object) -> io.BytesIO:
    return io.BytesIO("\n".join(map(json.dumps, values)).encode())


MEM0 = {
    "id": "892db2ae-06d9-49e5-8b3e-585ef9b85b8e",
    "memory": "Prefers window seats on trains.",
    "hash": "5f2b",
    "user_id": "ada lovelace",
    "metadata": {"trip": "rome", "agent_id": "not ours to claim!"},
    "categories": ["travel", "travel"],
    "created_at": "2024-07-20T01:30:36-07:00",
    "updated_at": None,
}


@pytest.mark.parametrize("shape", ["results", "list", "lines"])
def test_mem0(shape: str) -> None:
    graph = [{"source": "ada", "relationship": "lives_in", "target": "london"}]
    source = {
        "results": io.BytesIO(json.dumps({"results": [MEM0], "relations": graph}).encode()),
        "list": io.BytesIO(json.dumps([MEM0], indent=1).encode()),
        "lines": lines(MEM0),
    }[shape]
    (memory, *graphs), links = read(source, "mem0")
    assert (memory.id, memory.content) == (MEM0["id"], MEM0["memory"])
    assert memory.namespace == "mem0/ada-lovelace"
    assert memory.tags == ("travel",)
    assert memory.metadata["trip"] == "rome"
    assert memory.metadata["imported"] == {
        "hash": "5f2b",
        "user_id": "ada lovelace",
        "metadata": {"agent_id": "not ours to claim!"},
    }
    assert memory.created_at == parse_rfc3339("2024-07-20T08:30:36Z", field="at")
    assert links == []
    assert [one.content for one in graphs] == (
        ["ada lives in london"] if shape == "results" else []
    )


@pytest.mark.parametrize("shape", ["lines", "document"])
def test_the_mcp_reference_server(shape: str) -> None:
    entities = [
        {"type": "entity", "name": "Ada", "entityType": "person",
         "observations": ["Likes tea.", "Lives in London."]},
        {"type": "entity", "name": "London", "entityType": "city", "observations": []},
    ]  # fmt: skip
    relation = {"type": "relation", "from": "Ada", "to": "London", "relationType": "lives in"}
    source = (
        lines(*entities, relation)
        if shape == "lines"
        else io.BytesIO(json.dumps({"entities": entities, "relations": [relation]}).encode())
    )
    (ada, london), (link,) = read(source, "mcp-memory")
    assert ada.content == "Likes tea.\nLives in London."
    assert ada.tags == ("person",)
    assert london.content == "London"
    assert (link.source_id, link.target_id, link.relation) == (ada.id, london.id, "lives in")


def test_entities_of_one_name_are_one_memory() -> None:
    said = [
        {"type": "entity", "name": "Ada", "entityType": "person", "observations": ["Likes tea."]},
        {"type": "entity", "name": "Ada", "entityType": "baker", "id": 7,
         "observations": ["Likes tea.", {"content": "  Bakes.", "at": "now"}, 42]},
    ]  # fmt: skip
    (ada,), _links = read(lines(*said), "mcp-memory")
    assert ada.content == "Likes tea.\n  Bakes.\n42"
    assert ada.tags == ("person", "baker")
    assert ada.metadata["id"] == 7


NOTE = """---
title: Coffee Brewing
type: note
permalink: drinks/coffee
tags:
- coffee
- brewing
created: 2025-01-05
---

# Coffee Brewing

## Observations
- [method] Pour over brings out clarity #slow

## Relations
- supersedes [[Old Coffee Notes]]
- pairs with [[drinks/Tea]]
"""


def test_a_folder_of_notes(tmp_path: Path) -> None:
    (tmp_path / "drinks").mkdir()
    (tmp_path / ".obsidian").mkdir()
    (tmp_path / ".obsidian" / "plugin.md").write_text("not a note")
    (tmp_path / "drinks" / "coffee.md").write_text(NOTE)
    (tmp_path / "drinks" / "tea.md").write_text("# Tea\n\nGreen.")
    (tmp_path / "Old Coffee Notes.md").write_text("Boil it.")
    (tmp_path / "empty.md").write_text("---\ntitle: Empty\n---\n")
    records, links = read(tmp_path, "markdown")
    by_title = {record.title: record for record in records}
    coffee = by_title["Coffee Brewing"]
    assert by_title.keys() == {"Coffee Brewing", "Tea", "Old Coffee Notes"}
    assert coffee.namespace == "drinks"
    assert coffee.tags == ("coffee", "brewing")
    assert coffee.content.startswith("# Coffee Brewing")
    assert coffee.metadata == {
        "mined_from": "markdown", "type": "note", "permalink": "drinks/coffee"
    }  # fmt: skip
    assert coffee.created_at == parse_rfc3339("2025-01-05T00:00:00Z", field="at")
    assert by_title["Old Coffee Notes"].namespace is None
    assert [(link.source_id, link.relation, link.target_id) for link in links] == [
        (coffee.id, "supersedes", by_title["Old Coffee Notes"].id),
        (coffee.id, "pairs with", by_title["Tea"].id),
    ]


def test_one_note_and_its_own_fields(tmp_path: Path) -> None:
    file = tmp_path / "note.md"
    file.write_text(
        "---\nid: abc\ntitle: 'It''s mine'\nnamespace: team/a\ntier: long\npriority: 8\n"
        'tags: [x, "y z"]\nmood: sunny\n---\nText: here\n'
    )
    (note,), _links = read(file, "markdown")
    assert (note.id, note.title, note.namespace, note.tier) == (
        "abc",
        "It's mine",
        "team/a",
        "long",
    )
    assert (note.priority, note.tags, note.content) == (8, ("x", "y z"), "Text: here")
    assert note.metadata["mood"] == "sunny"


@pytest.mark.parametrize(
    "value",
    [
        {"memory": "", "user_id": "a"},
        {"type": "relation", "relationType": "x", "from": "", "to": "b"},
        {"name": "", "entityType": "x", "observations": [1, None]},
    ],
)
def test_what_cannot_be_read_is_a_problem(value: dict[str, Any]) -> None:
    items = list(open_records(lines(value, value)))
    assert len(items) == 2
    assert all(isinstance(item, ImportProblem) for item in items)


def test_mem0_keeps_its_expiry_and_all_of_its_metadata() -> None:
    memory = {
        "memory": "    indented\n", "user_id": "a", "immutable": True,
        "expiration_date": "2099-08-01",
        "metadata": {"scope": "x", "part": 3, "kind": "entity", "mined_from": "us", "topic": "t"},
        "categories": {"b": ["c"]}, "score": None,
    }  # fmt: skip
    (one,), _links = read(io.BytesIO(json.dumps({"memories": [memory]}).encode()), "mem0")
    assert one.content == "    indented\n"
    assert one.expires_at == parse_rfc3339("2099-08-02T00:00:00Z", field="at")
    assert one.tags == ("b", "c")
    assert one.metadata == {
        "topic": "t",
        "mined_from": "mem0",
        "imported": {
            "user_id": "a",
            "immutable": True,
            "metadata": {"scope": "x", "part": 3, "kind": "entity", "mined_from": "us"},
        },
    }


def test_the_export_of_another_memory_service() -> None:
    document = {
        "export_metadata": {"total_memories": 1},
        "memories": [{"content": "Deployed on kiwi", "content_hash": "5", "memory_type": "note",
                      "tags": ["deploy"], "created_at": 1755000000.5, "metadata": {"a": 1}}],
    }  # fmt: skip
    (one,), _links = read(io.BytesIO(json.dumps(document, indent=1).encode()), "jsonl")
    assert (one.content, one.tags) == ("Deployed on kiwi", ("deploy",))
    assert one.created_at == 1_755_000_000_500_000
    assert one.metadata == {"a": 1, "imported": {"content_hash": "5", "memory_type": "note"}}


def test_a_date_nobody_can_read_stays_and_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ncreated: 02.03.2024\nscope: mine\n---\nText\n")
    with open_records(tmp_path / "a.md") as stream:
        (note,) = (item for item in stream if isinstance(item, ImportRecord))
    assert note.metadata == {
        "created": "02.03.2024",
        "mined_from": "markdown",
        "imported": {"metadata": {"scope": "mine"}},
    }
    assert [one.where for one in stream.remarks] == [["created (a.md)"]]
