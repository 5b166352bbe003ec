"""Claude and ChatGPT exports, and how a long conversation is split."""

from __future__ import annotations

import io
import json
import uuid
from pathlib import Path
from typing import Any

from ai_memory import limits
from ai_memory.adapters.formats import ImportProblem, ImportRecord, open_records
from ai_memory.model.clock import parse_rfc3339, to_rfc3339

DATA = Path(__file__).parents[2] / "data"


def conversation(*texts: str, name: str = "Long talk", own_id: str = "u") -> dict[str, Any]:
    return {
        "uuid": own_id,
        "name": name,
        "created_at": "2024-01-01T00:00:00Z",
        "updated_at": "2024-01-02T00:00:00Z",
        "chat_messages": [
            {
                "sender": "assistant" if n % 2 else "human",
                "text": text,
                "created_at": f"2024-01-01T00:{n:02}:00Z",
            }
            for n, text in enumerate(texts)
        ],
    }


def read(value: object, **how: str) -> list[ImportRecord]:
    items = list(open_records(io.BytesIO(json.dumps(value).encode()), **how))
    assert not [item for item in items if isinstance(item, ImportProblem)]
    return [item for item in items if isinstance(item, ImportRecord)]


def test_a_claude_export() -> None:
    with open_records(DATA / "claude.json") as stream:
        watering, kettle = (item for item in stream if isinstance(item, ImportRecord))
    assert (stream.format, stream.skipped) == ("claude", 1)
    assert watering.title == "Watering the balcony"
    assert watering.content == (
        "[user]: How often should I water tomatoes on a south balcony?\n"
        "[assistant]: Daily in summer, early in the morning.\n"
        "Check the top two centimetres of soil first.\n"
        "[user]: Here is my list.\n"
        "[attachment: plants.txt]\nbasil\nchili\ntomato 'Matina'"
    )
    assert watering.namespace == "claude-export"
    assert watering.tags == ("claude",)
    assert watering.metadata == {
        "mined_from": "claude",
        "conversation_id": "6f0c1c1e-0c55-4a77-9a36-3a3d1f6f2b01",
    }
    assert watering.created_at == parse_rfc3339("2024-05-02T08:11:30.120000Z", field="")
    assert watering.updated_at == parse_rfc3339("2024-05-02T08:20:00Z", field="")
    assert kettle.title == 'Translate "the kettle is singing" into Danish.'


def test_a_chatgpt_export_follows_the_branch_last_seen() -> None:
    with open_records(DATA / "chatgpt.json") as stream:
        (bread,) = (item for item in stream if isinstance(item, ImportRecord))
    assert (stream.format, stream.skipped) == ("chatgpt", 1)
    assert bread.content == (
        "[user]: When do I feed the starter?\n"
        "[assistant]: Eight hours before mixing.\n"
        "[user]: Does this crumb look right?\nIt smells a little sour.\n"
        "[assistant]: Yes, open and even."
    )
    assert bread.title == "Sourdough schedule"
    assert bread.namespace == "chatgpt-export"
    assert bread.metadata["conversation_id"] == "c-100"
    assert to_rfc3339(bread.created_at or 0) == "2024-05-01T08:00:00.250000+00:00"


def test_a_chatgpt_tree_without_current_node_ends_at_its_newest_leaf() -> None:
    trees = json.loads((DATA / "chatgpt.json").read_text())[:1]
    (expected,) = read(trees)
    del trees[0]["current_node"]
    assert read(trees) == [expected]


def test_a_tree_that_bites_its_tail_ends() -> None:
    nodes = {
        name: {
            "parent": parent,
            "message": {"author": {"role": "user"}, "content": {"parts": [name]}},
        }
        for name, parent in (("a", "b"), ("b", "a"))
    }
    (record,) = read([{"title": "loop", "mapping": nodes, "current_node": "a"}])
    assert record.content == "[user]: b\n[user]: a"


def test_an_element_that_is_no_conversation_loses_no_other() -> None:
    export = [conversation("hello"), {"chat_messages": "none"}, 7, conversation("good bye")]
    items = list(open_records(io.BytesIO(json.dumps(export).encode()), format="claude"))
    assert [type(item) for item in items] == [
        ImportRecord,
        ImportProblem,
        ImportProblem,
        ImportRecord,
    ]
    assert [item.line for item in items] == [1, 2, 3, 4]


def test_a_long_conversation_is_split_between_messages_and_loses_nothing() -> None:
    texts = [f"{n} " + "é" * 9_000 for n in range(20)]
    records = read([conversation(*texts)])
    count = len(records)
    assert count > 1
    assert [record.title for record in records] == [
        f"Long talk ({n}/{count})" for n in range(1, count + 1)
    ]
    assert all(len(record.content.encode()) <= limits.CONTENT_BYTES_MAX for record in records)
    lines = [line for record in records for line in record.content.split("\n")]
    assert [line.partition(": ")[2] for line in lines] == texts
    assert records[1].metadata["part"] == 2
    assert records[1].metadata["parts"] == count
    first_said = records[1].content.partition(" ")[2].partition(" ")[0]
    assert to_rfc3339(records[1].created_at or 0) == f"2024-01-01T00:{int(first_said):02}:00+00:00"


def test_a_message_too_long_alone_is_cut_between_words() -> None:
    text = " ".join(f"wörd{n}" for n in range(30_000))
    records = read([conversation(text)])
    assert len(records) > 1
    words = " ".join(record.content for record in records).split()
    assert words == f"[user]: {text}".split()


def test_a_conversation_that_grew_keeps_the_ids_of_its_unchanged_parts() -> None:
    texts = [f"{n} " + "x" * 30_000 for n in range(7)]
    before = read([conversation(*texts)])
    after = read([conversation(*texts, "one more", "y" * 60_000)])
    assert len(after) > len(before)
    assert [r.id for r in after][: len(before) - 1] == [r.id for r in before][:-1]


def test_ids_are_equal_at_each_reading_and_differ_between_conversations() -> None:
    export = [conversation("same words", own_id=str(n)) for n in range(3)]
    first = [record.id for record in read(export)]
    assert [record.id for record in read(export)] == first
    assert len(set(first)) == 3
    assert {uuid.UUID(id_).version for id_ in first} == {8}
    assert [record.id for record in read(export, namespace="elsewhere")] != first
    lines = "\n".join(map(json.dumps, export)).encode()
    again = list(open_records(io.BytesIO(lines)))
    assert [item.id for item in again if isinstance(item, ImportRecord)] == first


def test_a_long_title_is_clipped_and_kept() -> None:
    title = "t" * 600
    (record,) = read([conversation("hello", name=title)])
    assert len(record.title) == limits.TITLE_CHARS_MAX
    assert record.metadata["imported"]["title"] == title
