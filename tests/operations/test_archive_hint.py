"""A thin answer tells what would have matched, and is archived or has expired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import UNSET
from tests.support import Harness, harness

from ai_memory.operations.collect_expired import CollectExpired
from ai_memory.operations.consolidate_memories import ConsolidateMemories
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.erase_memory import EraseMemory
from ai_memory.operations.purge_archive import PurgeArchive
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory

QUESTION = "Which port does the staging gateway use?"


@pytest.fixture
def open_() -> Iterator[Harness]:
    with harness() as opened:
        yield opened


def store(open_: Harness, title: str, content: str, **fields: Any) -> str:
    return str(open_.run(StoreMemory(title=title, content=content, **fields)).id)


def gateway(open_: Harness, **fields: Any) -> str:
    return store(open_, "Staging gateway", "The staging gateway uses port 8443.", **fields)


def recalled(open_: Harness, **fields: Any) -> Any:
    return open_.run(RecallMemories(context=QUESTION, **fields)).meta


def test_what_expired_is_told_before_and_after_it_is_swept(open_: Harness) -> None:
    memory_id = gateway(open_, ttl_secs=60)
    store(open_, "Lunch", "The canteen closes at two.")
    assert recalled(open_).archived_matches is UNSET
    open_.clock.advance(61)
    for _sweep in range(2):
        told = recalled(open_)
        assert told.archived_matches == 1
        assert memory_id in told.archived_hint
        found = open_.run(SearchMemories(query="gateway port:"))
        assert (found.count, found.archived_matches) == (0, 1)
        open_.run(CollectExpired())


def test_what_was_deleted_is_told_and_what_is_purged_or_erased_is_not(open_: Harness) -> None:
    one, two = gateway(open_), gateway(open_, namespace="other")
    open_.run(DeleteMemory(id=one))
    open_.run(DeleteMemory(id=two))
    assert recalled(open_).archived_matches == 2
    open_.run(EraseMemory(id=two))
    assert recalled(open_).archived_matches == 1
    open_.run(PurgeArchive())
    assert recalled(open_).archived_matches is UNSET


def test_only_what_the_question_may_see_and_is_about(open_: Harness) -> None:
    there = gateway(open_, namespace="there", tags=("net",))
    open_.run(DeleteMemory(id=there))
    open_.run(DeleteMemory(id=store(open_, "Lunch", "The canteen closes at two.")))
    assert recalled(open_).archived_matches == 1
    assert recalled(open_, namespace="there").archived_matches == 1
    assert recalled(open_, namespace="there/below").archived_matches == 1  # as recall inherits
    assert recalled(open_, namespace="elsewhere").archived_matches is UNSET
    assert recalled(open_, tags="net").archived_matches == 1
    assert recalled(open_, tags="gross").archived_matches is UNSET
    assert recalled(open_, as_agent="somewhere/else").archived_matches is UNSET  # it is private
    assert recalled(open_, until="2001").archived_matches is UNSET


def test_sources_of_a_consolidation_are_not_missed(open_: Harness) -> None:
    ids = (gateway(open_), store(open_, "two", "The staging gateway uses port 8443 and TLS."))
    open_.run(ConsolidateMemories(ids=ids, title="Gateway"))
    assert recalled(open_).archived_matches is UNSET


def test_an_answer_that_is_full_or_rich_looks_no_further(open_: Harness) -> None:
    open_.run(DeleteMemory(id=gateway(open_)))
    gateway(open_)
    assert recalled(open_).archived_matches == 1
    assert recalled(open_, limit=1).archived_matches is UNSET
    for number in range(4):
        gateway(open_, namespace=f"n{number}")
    assert recalled(open_).archived_matches is UNSET
