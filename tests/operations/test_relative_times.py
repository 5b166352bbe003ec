"""Relative times in commands: told from the instant the command is carried out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import Harness, harness

from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import to_rfc3339
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_many import StoreMany
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory

DAY_SECS = 86_400


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Harness]:
    with harness(tmp_path / "m.db") as opened:
        yield opened


def store(node: Harness, title: str, **fields: Any) -> Any:
    return node.run(StoreMemory(title=title, content=f"about {title} tea", **fields))


def test_bounds_are_told_from_the_instant_of_the_request(node: Harness) -> None:
    store(node, "old", tier="long")
    node.clock.advance(3 * DAY_SECS)
    store(node, "new", tier="long")

    def listed(**bounds: Any) -> list[str]:
        return sorted(one.title for one in node.run(ListMemories(**bounds)).memories)

    assert listed(since="2d") == listed(since="yesterday") == ["new"]
    assert listed(until="2 days ago") == listed(until="yesterday") == ["old"]
    assert listed(since="3 days ago", until="now") == ["new", "old"]
    same = ListMemories(since="2d")
    assert node.run(same).total == 1
    node.clock.advance(3 * DAY_SECS)
    assert node.run(same).total == 0
    for asked in (
        SearchMemories(query="tea", since="4d"),
        RecallMemories(context="tea", since="4d"),
    ):
        found = node.run(asked)
        rows = found.results if isinstance(asked, SearchMemories) else found.memories
        assert [one.title for one in rows] == ["new"]


def test_an_expiry_is_ahead_on_every_way_in(node: Harness) -> None:
    expected = node.clock.now() + 7 * DAY_SECS * 1_000_000
    one = store(node, "one", expires_at="7d").id
    (two,) = node.run(
        StoreMany(memories=({"title": "two", "content": "x", "expires_at": "in a week"},))
    ).ids
    node.run(
        ImportMemories(
            memories=({"id": "three", "title": "three", "content": "x", "expires_at": "+7d"},)
        )
    )
    four = store(node, "four").id
    node.run(UpdateMemory(id=four, expires_at="7 days from now"))
    for memory_id in (one, two, "three", four):
        assert node.memory(memory_id).expires_at == expected


def test_a_link_ends_where_it_is_said_to(node: Harness) -> None:
    ids = [store(node, title).id for title in ("a", "b")]
    linked = node.run(
        LinkMemories(
            source_id=ids[0], target_id=ids[1], valid_from="2 days ago", valid_until="in 3 days"
        )
    )
    now = node.clock.now()
    assert linked.valid_from == to_rfc3339(now - 2 * DAY_SECS * 1_000_000)
    assert linked.valid_until == to_rfc3339(now + 3 * DAY_SECS * 1_000_000)


@pytest.mark.parametrize("text", ["soon", "7", "3M", "9999999d", "yesterday " * 10_000])
def test_another_text_is_refused_with_examples_at_the_boundary(text: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        ListMemories(since=text)
    assert refused.value.details["field"] == "since"
