"""A day given as a bound means the whole day, through every door that takes one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support import NOON, Harness, harness

from ai_memory.model.clock import to_rfc3339
from ai_memory.operations.archive_memories import ArchiveMemories
from ai_memory.operations.get_links import GetLinks
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.invalidate_link import InvalidateLink
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.list_archived import ListArchived
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.list_timeline import ListTimeline
from ai_memory.operations.query_graph import QueryGraph
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory

TODAY = to_rfc3339(NOON)[:10]
AROUND = [TODAY, TODAY.replace("-", ""), TODAY[:7], TODAY[:4], f"{to_rfc3339(NOON)[:13]}"]
DAY_SECS = 86_400


@pytest.fixture
def open_() -> Iterator[Harness]:
    with harness() as opened:
        yield opened


def _bounds(bound: str) -> tuple[dict[str, Any], ...]:
    return {"until": bound}, {"since": bound}, {"since": bound, "until": bound}


def _stored(open_: Harness, title: str) -> str:
    return str(open_.run(StoreMemory(title=title, content=f"stamp {title}")).id)


@pytest.mark.parametrize("bound", AROUND)
def test_what_was_stored_within_the_bound_is_found(open_: Harness, bound: str) -> None:
    _stored(open_, "xyzzy")
    for fields in _bounds(bound):
        assert open_.run(ListMemories(**fields)).count == 1
        assert open_.run(SearchMemories(query="xyzzy", **fields)).count == 1
        assert open_.run(RecallMemories(context="xyzzy", **fields)).count == 1


@pytest.mark.parametrize("bound", AROUND)
def test_what_was_archived_or_began_within_the_bound_is_listed(open_: Harness, bound: str) -> None:
    a, b, c = (_stored(open_, title) for title in "abc")
    open_.run(LinkMemories(source_id=a, target_id=b))
    open_.run(ArchiveMemories(ids=(c,)))
    for fields in _bounds(bound):
        assert open_.run(ListArchived(**fields)).count == 1
        assert open_.run(ListTimeline(source_id=a, **fields)).count == 1
    # As of a day is at its end: what was said on that day is known by then.
    assert open_.run(GetLinks(id=a, valid_at=bound)).count == 1
    assert open_.run(QueryGraph(source_id=a, as_of=bound)).count == 1
    assert open_.run(ListTimeline(source_id=a, as_recorded_at=bound)).count == 1


def test_a_link_until_a_day_holds_on_that_day(open_: Harness) -> None:
    a, b = _stored(open_, "a"), _stored(open_, "b")
    link: dict[str, Any] = {"source_id": a, "target_id": b}
    open_.run(LinkMemories(**link, valid_from="2020-03", valid_until="2020-04"))
    imported = {**link, "relation": "supersedes"}
    imported |= {"valid_from": "2020-03-01", "valid_until": "2020-04-30"}
    assert open_.run(ImportMemories(links=(imported,))).linked == 1
    open_.run(LinkMemories(**link, relation="contradicts", valid_from="2020-03-01"))
    open_.run(InvalidateLink(**link, relation="contradicts", valid_until="2020-04-30"))
    for instant, count in (("2020-02-29", 0), ("2020-03-01", 3), ("2020-04-30", 3), ("2020-05", 0)):
        assert open_.run(GetLinks(id=a, valid_at=instant)).count == count, instant
    assert open_.run(GetLinks(id=a, valid_at="2020-04-30T23:59:59.999999Z")).count == 3
    assert open_.run(GetLinks(id=a, valid_at="2020-05-01T00:00:00Z")).count == 0


def test_a_memory_that_expires_on_a_day_lives_on_that_day(open_: Harness) -> None:
    one = open_.run(StoreMemory(title="T", content="C", expires_at=TODAY))
    two = _stored(open_, "two")
    open_.run(UpdateMemory(id=two, expires_at=TODAY))
    shown = open_.run(GetMemory(id=one.id)).memory.expires_at
    assert shown == open_.run(GetMemory(id=two)).memory.expires_at
    assert shown == to_rfc3339(NOON - NOON % (DAY_SECS * 1_000_000) + DAY_SECS * 1_000_000)
