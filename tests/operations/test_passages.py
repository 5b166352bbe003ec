"""Long content is shown in passages on every list, and read on by range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import Harness, harness

from ai_memory import limits
from ai_memory.adapters.tokens import count_cl100k
from ai_memory.errors import ValidationFailed
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.list_archived import ListArchived
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.load_family import LoadFamily
from ai_memory.operations.memory_history import MemoryHistory
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.start_session import StartSession
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory

FILLING = "The committee met again and talked about the weather of the week before. "
SAID = "The walrus eats clams near Svalbard, 海象吃蛤蜊 🦭."
LONG = FILLING * 300 + SAID + " " + FILLING * 300
SHORT = "The walrus is a large marine mammal."


@pytest.fixture(params=[False, True], ids=["keyword", "semantic"])
def open_(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with harness(semantic=request.param) as opened:
        opened.run(StoreMemory(title="Minutes", content=LONG, metadata={"family": "graph"}))
        opened.run(StoreMemory(title="Walrus", content=SHORT))
        yield opened


def of(memories: list[Any], title: str) -> Any:
    return next(memory for memory in memories if memory.title == title)


def found(open_: Harness, how: str, **more: Any) -> list[Any]:
    if how == "recall":
        return open_.run(RecallMemories(context="what does the walrus eat?", **more)).memories  # type: ignore[no-any-return]
    if how == "search":
        return open_.run(SearchMemories(query="walrus", **more)).results  # type: ignore[no-any-return]
    if how == "list":
        return open_.run(ListMemories(**more)).memories  # type: ignore[no-any-return]
    return open_.run(StartSession(**more)).memories  # type: ignore[no-any-return]


@pytest.mark.parametrize("how", ["recall", "search"])
def test_a_question_gets_the_passage_that_answers(open_: Harness, how: str) -> None:
    shown = of(found(open_, how), "Minutes")
    assert SAID in shown.content
    assert shown.truncated is True
    assert shown.content_chars == len(LONG)
    for place in shown.passages:
        assert LONG[place.start : place.end].strip() in shown.content


@pytest.mark.parametrize("how", ["list", "session"])
def test_a_list_shows_how_it_begins(open_: Harness, how: str) -> None:
    shown = of(found(open_, how), "Minutes")
    assert shown.content.startswith("The committee met")
    assert shown.content.endswith("…")
    assert shown.truncated is True
    assert len(shown.content) <= limits.OPENING_CHARS_MAX + 2


@pytest.mark.parametrize("how", ["recall", "search", "list", "session"])
def test_full_is_all_of_it_and_short_is_as_ever(open_: Harness, how: str) -> None:
    whole = of(found(open_, how, content="full"), "Minutes")
    short = of(found(open_, how), "Walrus")
    assert whole.content == LONG
    assert short.content == SHORT
    for view in (whole, short):
        assert not isinstance(view.truncated, bool)
        assert not isinstance(view.passages, tuple)


def test_a_family_and_the_archive_show_passages_too(open_: Harness) -> None:
    (loaded,) = open_.run(LoadFamily(family="graph")).memories
    assert loaded.truncated is True
    open_.run(DeleteMemory(id=loaded.id))
    (archived,) = open_.run(ListArchived()).archived
    assert archived.truncated is True
    (whole,) = open_.run(ListArchived(content="full")).archived
    assert whole.content == LONG


def test_what_is_written_is_never_a_passage(open_: Harness) -> None:
    ident = of(found(open_, "list"), "Minutes").id
    open_.run(UpdateMemory(id=ident, priority=9))
    assert open_.memory(ident).content == LONG
    assert open_.run(MemoryHistory(id=ident)).versions[0].content == LONG
    assert open_.run(GetMemory(id=ident)).content == LONG


def test_a_place_that_is_shown_can_be_read(open_: Harness) -> None:
    shown = of(found(open_, "recall"), "Minutes")
    parts = [
        open_.run(GetMemory(id=shown.id, start=place.start, end=place.end)).content
        for place in shown.passages
    ]
    assert any(SAID in part for part in parts)


def test_a_range_is_counted_in_characters(open_: Harness) -> None:
    ident = of(found(open_, "list"), "Minutes").id
    at = LONG.index("海象")
    read = open_.run(GetMemory(id=ident, start=at, end=at + 2))
    assert (read.content, read.truncated) == ("海象", True)
    assert [(place.start, place.end) for place in read.passages] == [(at, at + 2)]
    rest = open_.run(GetMemory(id=ident, start=at))
    assert rest.content == LONG[at:]
    past = open_.run(GetMemory(id=ident, start=at, end=len(LONG) + 5))
    assert past.content == LONG[at:]


@pytest.mark.parametrize(
    "given_", [{"start": len(LONG)}, {"start": 5, "end": 5}, {"start": 9, "end": 3}]
)
def test_a_range_that_is_none_is_refused(open_: Harness, given_: dict[str, int]) -> None:
    ident = of(found(open_, "list"), "Minutes").id
    with pytest.raises(ValidationFailed) as caught:
        open_.run(GetMemory(id=ident, **given_))
    assert f"{len(LONG)} characters" in caught.value.hint


class TestBudget:
    def test_a_long_first_hit_hides_no_short_one(self, open_: Harness) -> None:
        answer = open_.run(
            RecallMemories(context="walrus clams Svalbard", budget_tokens=60, min_relevance=0)
        )
        assert [memory.title for memory in answer.memories] == ["Walrus"]
        assert answer.meta.memories_dropped == 1
        assert "budget_tokens" in answer.meta.left_out

    def test_one_that_no_budget_holds_is_cut_and_flagged(self, open_: Harness) -> None:
        answer = open_.run(RecallMemories(context="clams near Svalbard", budget_tokens=60, limit=1))
        (memory,) = answer.memories
        assert memory.title == "Minutes"
        assert memory.truncated is True
        assert "Svalbard" in memory.content
        assert answer.meta.budget_overflow is True
        assert answer.tokens_used <= 60

    def test_a_short_one_is_cut_too_rather_than_too_long(self, open_: Harness) -> None:
        open_.run(StoreMemory(title="Gannet", content="A gannet dives from on high. " * 12))
        answer = open_.run(RecallMemories(context="gannet", budget_tokens=20, limit=1))
        (memory,) = answer.memories
        assert memory.truncated is True
        assert answer.tokens_used <= 20

    def test_a_session_says_what_it_left_out(self, open_: Harness) -> None:
        answer = open_.run(StartSession(budget_tokens=40))
        assert [memory.title for memory in answer.memories] == ["Walrus"]
        assert answer.memories_dropped == 1
        assert answer.left_out


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 6_000), min_size=1, max_size=6, unique=True),
    st.integers(0, 900),
)
def test_a_budget_is_kept_and_nothing_is_dropped_in_silence(sizes: list[int], budget: int) -> None:
    with harness() as open_:
        for size in sizes:
            text = ("walrus " + FILLING * 90)[:size].ljust(6, "x")
            open_.run(StoreMemory(title=f"walrus {size}", content=text))
        answer = open_.run(RecallMemories(context="walrus", budget_tokens=budget, min_relevance=0))
        again = open_.run(RecallMemories(context="walrus", budget_tokens=budget, min_relevance=0))
    used = sum(count_cl100k([memory.content for memory in answer.memories]))
    assert answer.tokens_used == used
    assert used <= budget or answer.meta.budget_overflow
    assert [m.content for m in answer.memories] == [m.content for m in again.memories]
    if budget >= 20:
        assert answer.memories
        assert used <= budget
