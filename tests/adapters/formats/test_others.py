"""Memories of other programs: mem0, the MCP reference server, Markdown notes, Slack."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ai_memory.adapters.formats import ImportLink, ImportProblem, ImportRecord, open_records
from ai_memory.adapters.formats.markdown import front_matter
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
    assert memory.metadata["imported"] == {"user_id": "ada lovelace"}
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
    assert ada.metadata["relations"] == [{"to": "London", "relation": "lives in"}]
    assert london.content == "London"
    assert (link.source_id, link.target_id, link.relation) == (ada.id, london.id, "related_to")


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
    assert coffee.metadata == {"mined_from": "markdown"}
    assert coffee.created_at == parse_rfc3339("2025-01-05T00:00:00Z", field="at")
    assert by_title["Old Coffee Notes"].namespace is None
    assert [(link.source_id, link.relation, link.target_id) for link in links] == [
        (coffee.id, "supersedes", by_title["Old Coffee Notes"].id),
        (coffee.id, "related_to", by_title["Tea"].id),
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


def test_front_matter_survives_what_it_does_not_understand() -> None:
    head = "- stray\nkey: value: more\nlist:\n  - a\n\n  - b\n : nothing\nlast: [ ]"
    assert front_matter(head) == {"key": "value: more", "list": ["a", "b"], "last": []}


def test_a_slack_export(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text(
        json.dumps([{"id": "U1", "name": "ada", "profile": {"display_name": "Ada L."}}])
    )
    (tmp_path / "general").mkdir()
    said = [
        {"user": "U1", "ts": "1709280000.000100", "text": "Hi <@U1> &lt;3"},
        {"subtype": "channel_join", "user": "U1", "ts": "1709280001.0", "text": "joined"},
        {"user": "U2", "ts": "x", "text": "see <https://e.org|the page>"},
    ]
    (tmp_path / "general" / "2024-03-01.json").write_text(json.dumps(said, indent=1))
    (tmp_path / "general" / "2024-03-02.json").write_text("[]")
    with open_records(tmp_path) as stream:
        (day,) = [item for item in stream if isinstance(item, ImportRecord)]
    assert (stream.format, stream.skipped) == ("slack", 1)
    assert day.title == "#general 2024-03-01"
    assert day.content == "[Ada L.]: Hi @Ada L. <3\n[U2]: see the page (https://e.org)"
    assert day.namespace == "slack-export"
    assert day.created_at == 1_709_280_000_000_100


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
