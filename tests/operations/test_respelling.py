"""A question that spells a name otherwise finds what the name would have found, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import UNSET
from tests.support import Harness, harness

from ai_memory.operations.recall_memories import RecallMemories, RecallResult
from ai_memory.operations.store_memory import StoreMemory

PEOPLE = ("Catherine", "Müller", "Достоевский", "Δημήτρης", "Nakamura", "Anneliese", "Mohammed")


@pytest.fixture(scope="module")
def open_() -> Iterator[Harness]:
    with harness() as opened:
        for person in PEOPLE:
            for fact in ("is allergic to penicillin", "plays the cello in a quartet"):
                store(opened, f"{person} {fact}.")
        store(opened, "The birthday party is at the restaurant by the harbour.", namespace="plans")
        yield opened


def store(open_: Harness, content: str, **fields: Any) -> None:
    open_.run(StoreMemory(title=content[:60], content=content, **fields))


def recall(open_: Harness, question: str, **fields: Any) -> RecallResult:
    found: RecallResult = open_.run(RecallMemories(context=question, **fields))
    return found


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("Katherine", "Catherine"),
        ("Cathrine", "Catherine"),
        ("Mueller", "Müller"),
        ("Dostoyevsky", "Достоевский"),
        ("Dimitris", "Δημήτρης"),
        ("ナカムラ", "Nakamura"),
        ("Annelise", "Anneliese"),
        ("Muhammad", "Mohammed"),  # their stems are one word to the index
    ],
)
def test_a_name_that_is_spelled_otherwise(open_: Harness, asked: str, written: str) -> None:
    found = recall(open_, f"Which instrument does {asked} play?")
    assert found.memories[0].content.startswith(f"{written} plays")
    assert found.meta.respelled == {asked: [written]}
    right = recall(open_, f"Which instrument does {written} play?")
    assert [one.id for one in found.memories] == [one.id for one in right.memories]
    assert right.meta.respelled is UNSET


def test_in_small_letters_and_in_words(open_: Harness) -> None:
    found = recall(open_, "which instrument does kathrine play?")
    assert found.memories[0].content.startswith("Catherine plays")
    found = recall(open_, "which restarant is the birtday party at?")
    assert found.memories[0].namespace == "plans"
    assert found.meta.respelled == {"restarant": ["restaurant"], "birtday": ["birthday"]}


def test_another_name_is_another_person(open_: Harness) -> None:
    for stranger in ("Rosalind", "Martin", "Chloe"):
        found = recall(open_, f"Which instrument does {stranger} play?")
        assert found.meta.respelled is UNSET


def test_no_spelling_is_learned_from_what_is_elsewhere(open_: Harness) -> None:
    found = recall(open_, "which restarant is the birtday party at?", namespace="own")
    assert found.meta.respelled is UNSET
    assert not found.memories
