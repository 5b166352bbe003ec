"""Whether a text is stored already, by meaning and by words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import UNSET
from tests.support import Harness, harness

from ai_memory.operations.check_duplicate import CheckDuplicate, DuplicateResult
from ai_memory.operations.store_memory import StoreMemory

TEXT = "The billing service uses PostgreSQL because of its row locks and backups."


@pytest.fixture(params=[True, False], ids=["meaning", "words"])
def open_(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with harness(semantic=request.param) as open_:
        yield open_


def store(open_: Harness, title: str, content: str, **fields: Any) -> str:
    stored: str = open_.run(StoreMemory(title=title, content=content, **fields)).id
    return stored


def check(open_: Harness, title: str, content: str, **fields: Any) -> DuplicateResult:
    found: DuplicateResult = open_.run(CheckDuplicate(title=title, content=content, **fields))
    return found


def test_an_empty_store_has_no_duplicate(open_: Harness) -> None:
    found = check(open_, "Billing", TEXT)
    assert not found.is_duplicate
    assert (found.nearest, found.suggested_merge, found.candidates_scanned) == (None, None, 0)
    assert found.threshold == 0.85


def test_the_same_text_is_a_duplicate_and_another_is_not(open_: Harness) -> None:
    one = store(open_, "Billing", TEXT)
    store(open_, "Herons", "Herons nest in the reeds of the delta every spring.")
    found = check(open_, "Billing", TEXT)
    assert found.is_duplicate
    assert found.suggested_merge == one
    assert found.nearest is not None
    assert (found.nearest.id, found.nearest.title) == (one, "Billing")
    assert found.nearest.similarity >= 0.99
    other = check(open_, "Walrus", "Tusks grow all their life.")
    assert not other.is_duplicate
    assert other.suggested_merge is None


def test_it_says_how_it_compared(open_: Harness) -> None:
    store(open_, "Billing", TEXT)
    found = check(open_, "Billing", TEXT)
    semantic = open_.node.index is not None
    assert found.method == ("meaning" if semantic else "words")
    assert found.degraded is not None
    assert found.candidates_scanned == 1


def test_the_nearest_is_told_below_the_threshold_too(open_: Harness) -> None:
    one = store(open_, "Billing", TEXT)
    found = check(open_, "Billing", "The billing service has a dashboard.", threshold=0.99)
    assert not found.is_duplicate
    assert found.nearest is not None
    assert found.nearest.id == one
    assert 0 < found.nearest.similarity < 0.99


def test_a_threshold_has_a_floor(open_: Harness) -> None:
    store(open_, "Billing", TEXT)
    assert check(open_, "Billing", TEXT, threshold=0.1).threshold == 0.5


def test_only_the_namespace_asked_for_and_nothing_expired(open_: Harness) -> None:
    store(open_, "Billing", TEXT, namespace="a", ttl_secs=60)
    assert check(open_, "Billing", TEXT, namespace="a").is_duplicate
    assert check(open_, "Billing", TEXT, namespace="b").nearest is None
    open_.clock.advance(61)
    assert check(open_, "Billing", TEXT, namespace="a").nearest is None


def test_a_part_of_a_long_memory_is_a_duplicate_by_meaning() -> None:
    parts = [
        " ".join(f"{topic} {verb} number {n} near the harbour." for n in range(14))
        for topic, verb in (
            ("Herons", "nest"), ("Engines", "stall"), ("Ledgers", "balance"), ("Lamps", "flicker"),
        )
    ]  # fmt: skip
    with harness(semantic=True) as open_:
        whole = store(open_, "Notes", "\n\n".join(parts))
        found = check(open_, "Notes", parts[0])
        assert found.nearest is not None
        assert found.nearest.id == whole
        long = check(open_, "Notes", "\n\n".join(parts))
        assert long.is_duplicate
        half = check(open_, "Notes", "\n\n".join([*parts[:1], "Zebra stripes. " * 400]))
        assert half.nearest is not None
        assert half.nearest.similarity < long.nearest.similarity  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace("PostgreSQL", "MySQL"),
        TEXT.replace("uses", "does not use"),
        TEXT.replace("row locks", "table locks"),
        TEXT.replace("backups", "7 backups"),
    ],
)
def test_what_differs_in_a_fact_is_no_duplicate_however_near(open_: Harness, other: str) -> None:
    store(open_, "Billing", TEXT)
    found = check(open_, "Billing", other, threshold=0.5)
    assert found.nearest is not None
    assert (found.is_duplicate, found.suggested_merge) == (False, None)
    assert found.differs is (True if found.nearest.similarity >= 0.5 else UNSET)
    stored = open_.run(StoreMemory(title="Billing again", content=other))
    assert not stored.near_duplicates


def test_the_same_behind_a_nearer_one_that_differs_is_found(open_: Harness) -> None:
    wanted = store(open_, "Billing", f"{TEXT} Ask Carol.")
    store(open_, "Billing 2", TEXT.replace("PostgreSQL", "MySQL"))
    assert check(open_, "Billing", TEXT, threshold=0.5).suggested_merge == wanted
