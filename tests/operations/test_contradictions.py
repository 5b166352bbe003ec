"""Contradictions are listed and resolved, and nothing is destroyed by either."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET
from tests.support import Harness, harness

from ai_memory.errors import NotFound, ValidationFailed
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.invalidate_link import InvalidateLink
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.list_contradictions import ListContradictions
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.resolve_contradiction import ResolveContradiction
from ai_memory.operations.store_memory import StoreMemory

QUESTION = "Which database does the billing service use?"


def store(open_: Harness, title: str, content: str, **fields: Any) -> str:
    stored: str = open_.run(StoreMemory(title=title, content=content, **fields)).id
    return stored


def two(open_: Harness) -> tuple[str, str]:
    """The older one fits the question better."""
    old = store(open_, "Database of the billing service", "The billing service uses Oracle.")
    new = store(open_, "Move", "Since March it is PostgreSQL.")
    return old, new


def recalled(open_: Harness, question: str = QUESTION, **fields: Any) -> list[Any]:
    found: list[Any] = open_.run(RecallMemories(context=question, **fields)).memories
    return found


def test_the_winner_comes_first_and_the_loser_is_marked() -> None:
    with harness() as open_:
        old = store(open_, "Database of the billing service", "The billing service uses Oracle.")
        new = store(open_, "Move", "The billing service uses another database since March.")
        assert [hit.id for hit in recalled(open_)] == [old, new]
        open_.run(ResolveContradiction(winner=new, loser=old))
        first, second = recalled(open_)
        assert (first.id, second.id) == (new, old)
        assert second.superseded_by == [new]


def test_get_shows_it_until_the_link_ends_or_the_newer_one_is_gone() -> None:
    with harness() as open_:
        old, new = two(open_)
        open_.run(ResolveContradiction(winner=new, loser=old))
        assert open_.run(GetMemory(id=old)).superseded_by == [new]
        assert open_.run(GetMemory(id=new)).superseded_by is UNSET
        open_.clock.advance(1)
        open_.run(InvalidateLink(source_id=new, target_id=old, relation="supersedes"))
        assert open_.run(GetMemory(id=old)).superseded_by is UNSET
        open_.run(ResolveContradiction(winner=new, loser=old))
        open_.run(DeleteMemory(id=new))
        assert open_.run(GetMemory(id=old)).superseded_by is UNSET


def test_resolving_destroys_nothing_and_can_be_turned_round() -> None:
    with harness() as open_:
        old, new = two(open_)
        before = open_.memory(old)
        open_.run(LinkMemories(source_id=new, target_id=old, relation="contradicts"))
        open_.clock.advance(1)
        answer = open_.run(ResolveContradiction(winner=new, loser=old))
        assert (answer.resolved, answer.winner, answer.loser, answer.ended) == (True, new, old, 1)
        assert open_.memory(old) == before
        open_.clock.advance(1)
        assert open_.run(ResolveContradiction(winner=new, loser=old)).ended == 0
        open_.clock.advance(1)
        assert open_.run(ResolveContradiction(winner=old, loser=new)).ended == 1
        assert open_.run(GetMemory(id=new)).superseded_by == [old]
        assert open_.run(GetMemory(id=old)).superseded_by is UNSET


def test_resolving_needs_two_memories_that_are_there() -> None:
    with harness() as open_:
        old, _new = two(open_)
        with pytest.raises(ValidationFailed):
            open_.run(ResolveContradiction(winner=old, loser=old))
        with pytest.raises(NotFound) as refusal:
            open_.run(ResolveContradiction(winner=old, loser="nobody"))
        assert refusal.value.details["field"] == "loser"


def test_the_contradictions_of_a_namespace_are_those_that_hold() -> None:
    with harness() as open_:
        old, new = two(open_)
        assert open_.run(ListContradictions(namespace="global")).links == []
        open_.run(LinkMemories(source_id=new, target_id=old, relation="contradicts"))
        found = open_.run(ListContradictions(namespace="global"))
        (pair,) = found.links
        assert (pair.source_id, pair.target_id, pair.synthesized) == (new, old, False)
        assert {memory.id for memory in found.memories} == {old, new}
        assert open_.run(ListContradictions(namespace="elsewhere")).links == []
        open_.clock.advance(1)
        open_.run(ResolveContradiction(winner=new, loser=old))
        assert open_.run(ListContradictions(namespace="global")).links == []


def test_what_is_said_of_a_topic_is_paired() -> None:
    with harness() as open_:
        one = store(open_, "Port", "It listens on 8080.", namespace="a", priority=9)
        two_ = store(open_, "Port", "It listens on 9090.", namespace="b")
        three = store(open_, "Listening", "On 9090.", namespace="b", metadata={"topic": "Port"})
        store(open_, "Port of Hamburg", "Ships.", namespace="b")
        found = open_.run(ListContradictions(topic="Port"))
        assert found.memories[0].id == one
        assert {memory.id for memory in found.memories} == {one, two_, three}
        assert {frozenset((pair.source_id, pair.target_id)) for pair in found.links} == {
            frozenset((one, two_)), frozenset((one, three)), frozenset((two_, three)),
        }  # fmt: skip
        assert all(pair.synthesized for pair in found.links)
        open_.run(ResolveContradiction(winner=one, loser=two_))
        assert len(open_.run(ListContradictions(topic="Port")).links) == 2
        assert open_.run(ListContradictions(topic="Port", limit=1)).truncated
        within = open_.run(ListContradictions(topic="Port", namespace="b"))
        assert {memory.id for memory in within.memories} == {two_, three}


def test_neither_topic_nor_namespace_is_a_question_about_nothing() -> None:
    with harness() as open_, pytest.raises(ValidationFailed):
        open_.run(ListContradictions())
