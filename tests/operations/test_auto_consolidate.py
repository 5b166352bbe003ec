"""Groups that belong together become one; the curator does the same, and takes it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.adapters.embedder.scripted_server import Reply, ScriptedServer
from tests.support import Harness, harness

from ai_memory import limits
from ai_memory.operations.auto_consolidate import AutoConsolidate
from ai_memory.operations.consolidate_memories import ConsolidateMemories
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.start_session import StartSession
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.undo_consolidation import UndoConsolidation
from ai_memory.operations.undo_curation import UndoCuration
from ai_memory.workers.curator import Plan


@pytest.fixture(params=[True, False], ids=["meaning", "words"])
def open_(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with harness(semantic=request.param) as open_:
        yield open_


def store(open_: Harness, title: str, content: str, **fields: Any) -> str:
    stored: str = open_.run(StoreMemory(title=title, content=content, **fields)).id
    return stored


def fill(open_: Harness) -> list[str]:
    """Three that belong together, and others that do not."""
    group = [
        store(
            open_,
            f"Billing database {n}",
            f"The billing service keeps invoices in the PostgreSQL database {word}.",
            tags=("billing", f"n{n}"),
        )
        for n, word in enumerate(("primary", "replica", "standby"))
    ]
    store(open_, "Herons", "Herons nest in the reeds of the delta every spring.")
    store(open_, "Tusks", "A walrus grows tusks all its life.", tags=("billing",))
    return group


def live(open_: Harness) -> list[Any]:
    found: list[Any] = open_.run(ListMemories(limit=99)).memories
    return found


def test_a_dry_run_shows_the_groups_and_changes_nothing(open_: Harness) -> None:
    group = fill(open_)
    before = live(open_)
    found = open_.run(AutoConsolidate(dry_run=True))
    (only,) = found.groups
    assert (only.namespace, only.tag, only.count) == ("global", "billing", 3)
    assert set(only.ids) == set(group)
    assert (found.dry_run, found.consolidated) == (True, 0)
    assert live(open_) == before


def test_a_group_becomes_one_and_comes_back(open_: Harness) -> None:
    group = fill(open_)
    before = live(open_)
    done = open_.run(AutoConsolidate())
    (only,) = done.groups
    assert done.consolidated == 3
    assert only.title == "Consolidated: billing (3 memories)"
    made = open_.memory(only.id)
    assert set(made.metadata["derived_from"]) == set(group)
    for word in ("primary", "replica", "standby"):
        assert word in made.content
    assert len(live(open_)) == 3
    assert open_.run(AutoConsolidate(min_count=2)).groups == []
    open_.run(UndoConsolidation(id=only.id))
    assert live(open_) == before


def test_what_is_not_enough_or_elsewhere_or_internal_stays(open_: Harness) -> None:
    fill(open_)
    for n in range(3):
        text = f"Cleaning the coffee machine takes {n} minutes."
        store(open_, f"Coffee {n}", text, namespace="_internal")
        store(open_, f"Tea {n}", text.replace("coffee", "tea"), namespace=f"place{n}")
    assert len(open_.run(AutoConsolidate(dry_run=True)).groups) == 1
    assert open_.run(AutoConsolidate(dry_run=True, min_count=4)).groups == []
    assert open_.run(AutoConsolidate(dry_run=True, namespace="place1")).groups == []
    assert open_.run(AutoConsolidate(dry_run=True, short_only=True)).groups == []


def test_the_curator_consolidates_and_takes_it_back(open_: Harness) -> None:
    group = fill(open_)
    before = live(open_)
    dry = open_.opened.curator.round(Plan(dry_run=True))
    assert dry["autonomy"]["clusters_formed"] >= 1
    assert live(open_) == before
    report = open_.opened.curator.round(Plan())
    assert report["autonomy"]["clusters_formed"] == 1
    assert report["autonomy"]["memories_consolidated"] == 3
    (action,) = (one for one in report["actions"] if one.action == "consolidation")
    assert set(action.detail["ids"]) == set(group)
    assert len(live(open_)) == 3
    undone = open_.run(UndoCuration(id=action.id))
    assert undone.undone
    assert live(open_) == before


def test_an_undoing_that_a_title_forbids_says_why(open_: Harness) -> None:
    fill(open_)
    report = open_.opened.curator.round(Plan())
    (action,) = (one for one in report["actions"] if one.action == "consolidation")
    store(open_, "Billing database 1", "Somebody else's.")
    refused = open_.run(UndoCuration(id=action.id))
    assert not refused.undone
    assert "already exists" in refused.reason


# -- with a language model -------------------------------------------------------------------------


def said(value: Any) -> Reply:
    return Reply({"message": {"role": "assistant", "content": json.dumps(value)}})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def smart(server: ScriptedServer) -> Any:
    return harness(":memory:", tier="smart", embedder="none", llm_url=server.url)


def test_a_model_writes_the_summary(server: ScriptedServer) -> None:
    server.default = lambda _: said({"summary": "Invoices live in PostgreSQL."})
    with smart(server) as open_:
        done = open_.run(ConsolidateMemories(ids=tuple(fill(open_)), title="Billing"))
        assert (done.summary_by, done.summary_preview) == ("model", "Invoices live in PostgreSQL.")
        assert open_.memory(done.id).content == "Invoices live in PostgreSQL."
        assert open_.run(StartSession()).summary == "Invoices live in PostgreSQL."


def test_what_a_summary_loses_follows_it_word_for_word(server: ScriptedServer) -> None:
    server.default = lambda _: said({"summary": "Carol runs the gateway."})
    with smart(server) as open_:
        ids = tuple(
            open_.run(StoreMemory(title=title, content=content)).id
            for title, content in (
                ("Owner", "Carol runs the gateway."),
                ("Port", "It listens on port 8443. It is fast."),
            )
        )
        done = open_.run(ConsolidateMemories(ids=ids, title="Gateway"))
        assert (done.summary_by, done.kept_verbatim) == ("model", 1)
        assert open_.memory(done.id).content == (
            "Carol runs the gateway.\n- Port: It listens on port 8443."
        )


def test_a_model_that_fails_leaves_it_to_the_sources(server: ScriptedServer) -> None:
    server.default = lambda _: Reply({"error": "no such model"}, status=404)
    with smart(server) as open_:
        done = open_.run(ConsolidateMemories(ids=tuple(fill(open_)), title="Billing"))
        assert done.summary_by == "extract"
        assert "no such model" in done.language_model_problem
        started = open_.run(StartSession())
        assert started.count == 3
        assert "no such model" in started.language_model_problem


def test_the_start_of_a_session_waits_no_longer_than_its_budget(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SESSION_SUMMARY_SECS", 0.05)
    server.default = lambda _: Reply(silent=True)
    with smart(server) as open_:
        fill(open_)
        started = open_.run(StartSession())
        assert started.count == 5
        assert "within 0.05 seconds" in started.language_model_problem
