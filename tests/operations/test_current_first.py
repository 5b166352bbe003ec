"""Which of two memories that say different things of one thing a recall puts first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.support import NOON, Harness, harness

from ai_memory.faces.toon import to_toon
from ai_memory.model.clock import SECOND, to_rfc3339
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.recall_memories import RecallMemories, RecallResult
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory

ASKED = "Where does Ada live?"
PARIS, ROME = "Ada lives in Paris.", "Ada has moved to Rome, she lives near the river there."


@pytest.fixture
def open_() -> Iterator[Harness]:
    with harness() as opened:
        yield opened


def store(open_: Harness, content: str, **fields: Any) -> str:
    open_.clock.advance(60)
    stored = open_.run(StoreMemory(title=content[:30], content=content, **fields))
    return str(stored.id)


def recall(open_: Harness, asked: str = ASKED, **fields: Any) -> RecallResult:
    result: RecallResult = open_.run(RecallMemories(context=asked, **fields))
    return result


@pytest.mark.parametrize(("first", "second"), [(PARIS, ROME), (ROME, PARIS)])
def test_the_newer_one_stands_first_and_says_so(open_: Harness, first: str, second: str) -> None:
    old = store(open_, first)
    store(open_, "The weather in Paris was fine on the day we met Ada.")
    new = store(open_, second)
    found = recall(open_).memories
    places = [one.id for one in found]
    assert places[0] == new
    assert old in places
    by_id = {one.id: one for one in found}
    assert by_id[new].may_supersede == [old]
    assert by_id[old].may_be_superseded_by == [new]
    assert not by_id[new].may_be_superseded_by
    assert not by_id[old].superseded_by  # no link says so
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)


def test_each_of_a_chain_stands_above_what_it_outdates(open_: Harness) -> None:
    texts = [f"Ada lives in {city}." for city in ("Paris", "Rome", "Oslo")]
    ids = [store(open_, text) for text in texts]
    found = recall(open_).memories
    assert [one.id for one in found] == ids[::-1]
    assert found[-1].may_be_superseded_by == ids[:0:-1]


def test_who_asks_how_it_was_gets_what_fits_best(open_: Harness) -> None:
    old = store(open_, PARIS)
    store(open_, "Ada lives in Rome.")
    asked = {"min_relevance": 0.0}
    assert recall(open_, "Where did Ada live before, in Paris?", **asked).memories[0].id == old
    assert recall(open_, "Ada lives in Paris", recency=False, **asked).memories[0].id == old
    assert recall(open_, "Ada lives in Paris", **asked).memories[0].id != old


def test_another_project_says_nothing_of_this_one(open_: Harness) -> None:
    store(open_, "The API listens on port 8080.", namespace="one")
    store(open_, "The API listens on port 9090.", namespace="two")
    found = recall(open_, "Which port does the API listen on?").memories
    assert len(found) == 2
    assert not any(one.may_supersede or one.may_be_superseded_by for one in found)


def test_a_link_is_no_guess_and_has_the_last_word(open_: Harness) -> None:
    old, new = store(open_, PARIS), store(open_, ROME)
    open_.run(LinkMemories(source_id=old, target_id=new, relation="supersedes"))
    first, second = recall(open_).memories
    assert (first.id, second.id) == (old, new)
    assert second.superseded_by == [old]
    assert not first.may_be_superseded_by
    assert not second.may_be_superseded_by


def test_a_text_is_as_old_as_its_words(open_: Harness) -> None:
    revised, other = store(open_, "Ada lives in Paris."), store(open_, "Ada lives in Rome.")
    open_.clock.advance(60)
    open_.run(UpdateMemory(id=revised, tags=("city",)))
    assert recall(open_).memories[0].id == other
    open_.clock.advance(60)
    open_.run(UpdateMemory(id=revised, content="Ada lives in Oslo."))
    assert recall(open_).memories[0].id == revised


def test_what_was_brought_with_its_day_is_as_old_as_that(open_: Harness) -> None:
    store(open_, PARIS)
    row = {
        "title": "Ada in Rome",
        "content": "Ada lives in Rome.",
        "created_at": to_rfc3339(NOON - 3_600 * SECOND),
    }
    open_.run(ImportMemories(memories=(row,)))
    assert recall(open_).memories[0].content == PARIS


def test_a_table_has_both_columns(open_: Harness) -> None:
    old, new = store(open_, PARIS), store(open_, ROME)
    table = to_toon(msgspec.to_builtins(recall(open_)), "toon_compact").splitlines()
    columns = table[1].removeprefix("memories[").removesuffix("]:").split("|")
    first = dict(zip(columns, table[2].split("|"), strict=True))
    second = dict(zip(columns, table[3].split("|"), strict=True))
    assert (first["id"], first["may_supersede"]) == (new, old)
    assert (second["id"], second["may_be_superseded_by"]) == (old, new)


def test_the_lift_is_explained(open_: Harness) -> None:
    store(open_, PARIS)
    store(open_, "Ada lives in Rome.")
    for hit in recall(open_, "Ada lives in Paris", explain=True).memories:
        assert isinstance(hit.explanation, dict)
        assert sum(hit.explanation.values()) == pytest.approx(hit.score, abs=0.001)
