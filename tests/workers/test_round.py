"""Rounds of the curator: what they do, within which budget, and how it is undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.embedder.scripted_server import Reply, ScriptedServer
from tests.support import Harness, ManualClock, harness

from ai_memory.errors import NotFound
from ai_memory.model.link import LinkFilter
from ai_memory.model.query import Filter
from ai_memory.operations.curator_report import CuratorReport
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.touch_memories import TouchMemories
from ai_memory.operations.undo_curation import UndoCuration
from ai_memory.operations.update_memory import UpdateMemory
from ai_memory.workers.curator import CURATOR, Curator, Plan

TEXT = "We chose PostgreSQL for the billing service because of its row locks."
DAY = 86_400


def said(value: Any) -> Reply:
    return Reply({"message": {"role": "assistant", "content": json.dumps(value)}})


def answers(body: Any) -> Reply:
    """A model that finds two tags for everything and no contradiction anywhere."""
    if "contradicts" in body["format"]["properties"]:
        return said({"contradicts": False})
    return said({"tags": ["postgresql", "billing"]})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        server.default = answers
        yield server


def smart(server: ScriptedServer, **more: Any) -> dict[str, Any]:
    return {"tier": "smart", "embedder": "none", "llm_url": server.url, **more}


def store(h: Harness, title: str, content: str = TEXT, **fields: Any) -> str:
    stored: str = h.run(StoreMemory(title=title, content=content, **fields)).id
    return stored


def unlike(number: int) -> str:
    """A text that no other is like, or it would be consolidated."""
    return " ".join(f"word{number}{place}" for place in "abcdefghij")


def curate(h: Harness, **plan: Any) -> dict[str, Any]:
    return h.opened.curator.round(Plan(**plan))


def links(h: Harness, memory_id: str) -> list[Any]:
    with h.node.store.read() as rows:
        return rows.links_at([memory_id], LinkFilter(), Filter(now=0), direction="both", limit=99)


def state(h: Harness) -> bytes:
    with h.node.store.read() as rows:
        return rows.state_hash()


def undo(h: Harness, action_id: str | None) -> Any:
    assert action_id is not None
    return h.run(UndoCuration(id=action_id))


# -- tags ------------------------------------------------------------------------------------------


def test_what_was_stored_without_a_model_is_tagged(server: ScriptedServer, tmp_path: Path) -> None:
    clock = ManualClock()
    with harness(tmp_path / "a.db", clock=clock) as h:
        one = store(h, "Database", tags=("mine",))
        store(h, "Short", "too short")
        store(h, "Inside", namespace="_internal")
        store(h, "Fleeting", tier="short")
    with harness(tmp_path / "a.db", clock=clock, **smart(server)) as h:
        report = curate(h)
        (action,) = report["actions"]
        assert (action.action, action.memory_id) == ("tag", one)
        assert action.detail == {"tags": ["postgresql", "billing"]}
        assert report["auto_tagged"] == 1
        assert h.memory(one).tags == ("mine", "postgresql", "billing")
        asked = len(server.requests)
        assert curate(h)["auto_tagged"] == 0
        assert len(server.requests) == asked  # what is tagged is not read again


def test_tagging_is_undone_and_stays_undone(server: ScriptedServer, tmp_path: Path) -> None:
    clock = ManualClock()
    with harness(tmp_path / "a.db", clock=clock) as h:
        one = store(h, "Database", tags=("mine",))
    with harness(tmp_path / "a.db", clock=clock, **smart(server)) as h:
        (action,) = curate(h)["actions"]
        h.run(UpdateMemory(id=one, tags=("mine", "postgresql", "billing", "yours")))
        done = undo(h, action.id)
        assert (done.undone, done.action, done.memory_id) == (True, "tag", one)
        assert h.memory(one).tags == ("mine", "yours")
        assert h.memory(one).metadata["auto_tags"] == []
        again = undo(h, action.id)
        assert (again.undone, again.reason) == (False, "it is undone already")
        assert curate(h)["auto_tagged"] == 0


# -- contradictions --------------------------------------------------------------------------------


def test_contradictions_are_linked_without_a_model() -> None:
    with harness() as h:
        one = store(h, "Server port", "The server listens on port 9077.")
        h.clock.advance(60)
        other = store(h, "Server port today", "The server listens on port 8080.")
        store(h, "Server log", "The server writes its log to stderr.")
        before = state(h)
        dry = curate(h, dry_run=True)
        assert dry["contradictions_found"] == 1
        assert dry["actions"][0].id is None
        assert state(h) == before
        assert h.run(CuratorReport()).count == 0
        report = curate(h)
        assert report["contradictions_found"] == 1
        assert report["errors"] == ["tags: no language model is configured"]
        (link,) = links(h, one)
        assert (link.source_id, link.target_id, link.relation) == (other, one, "contradicts")
        assert link.observed_by == CURATOR.agent_id
        assert curate(h)["contradictions_found"] == 0
        (action,) = report["actions"]
        h.clock.advance(60)
        assert undo(h, action.id).undone
        (link,) = links(h, one)
        assert link.valid_until == h.clock.now()
        assert curate(h)["contradictions_found"] == 0


def test_a_model_finds_what_words_do_not_show(server: ScriptedServer) -> None:
    with harness(**smart(server)) as h:
        one = store(h, "Jonas diet", "Jonas has not touched any meat for many years, he says.")
        h.clock.advance(60)
        other = store(h, "Jonas lunch", "Jonas had a steak today, as he does on every Friday.")
        server.default = lambda body: (
            said({"contradicts": True})
            if "contradicts" in body["format"]["properties"]
            else answers(body)
        )
        report = curate(h)
        assert report["contradictions_found"] == 1
        assert [link.source_id for link in links(h, one)] == [other]


# -- priorities ------------------------------------------------------------------------------------


def test_priorities_drift_once_in_a_while_and_back() -> None:
    with harness() as h:
        unused = store(h, "Unused", tier="long", priority=5)
        used = store(h, "Used", tier="long", priority=4)
        h.clock.advance(31 * DAY)
        h.node.execute(CURATOR, TouchMemories(touches=((used, 10, h.clock.now()),)))
        assert h.memory(used).priority == 5  # the tenth recall raises it by itself
        before = h.memory(unused)
        report = curate(h)
        assert report["autonomy"]["priority_adjustments"] == 2
        assert (h.memory(used).priority, h.memory(unused).priority) == (6, 4)
        assert h.memory(unused).updated_at == before.updated_at
        assert h.memory(unused).version == before.version
        assert curate(h)["autonomy"]["priority_adjustments"] == 0
        by_memory = {action.memory_id: action for action in report["actions"]}
        h.run(UpdateMemory(id=used, priority=9))
        assert undo(h, by_memory[used].id).reason == "the priority was changed since then"
        assert undo(h, by_memory[unused].id).undone
        assert (h.memory(used).priority, h.memory(unused).priority) == (9, 5)
        h.clock.advance(8 * DAY)
        assert curate(h)["autonomy"]["priority_adjustments"] == 1


# -- budgets, failures, reports --------------------------------------------------------------------


def test_a_round_keeps_to_its_budget_and_the_next_goes_on() -> None:
    with harness() as h:
        for number in range(7):
            store(h, f"Note {number}", unlike(number), tier="long")
        h.clock.advance(31 * DAY)
        done: list[str] = []
        for _ in range(10):
            report = curate(h, max_ops=3)
            assert report["operations_attempted"] <= 3
            done += [a.memory_id for a in report["actions"] if a.action == "priority"]
        assert sorted(done) == sorted(set(done))
        assert len(done) == 7


def test_a_round_ends_when_its_time_is_over(server: ScriptedServer) -> None:
    with harness(**smart(server)) as h:
        for number in range(5):
            store(h, f"Note {number}")

        def slowly(body: Any) -> Reply:
            h.clock.advance(40)
            return answers(body)

        server.default = slowly
        report = curate(h, max_secs=180)  # a third for each pass
        assert report["auto_tagged"] == 2
        assert report["operations_skipped_cap"] is True


def test_namespaces_can_be_chosen_and_left_out() -> None:
    with harness() as h:
        ids = {name: store(h, "Note", tier="long", namespace=name) for name in ("a", "b", "c")}
        h.clock.advance(31 * DAY)
        assert {a.memory_id for a in curate(h, include=("a",))["actions"]} == {ids["a"]}
        assert {a.memory_id for a in curate(h, exclude=("b",))["actions"]} == {ids["c"]}


def test_a_dead_model_costs_one_question_and_words_and_numbers_go_on(
    server: ScriptedServer,
) -> None:
    server.default = lambda _: Reply({"error": "no memory"}, 400)
    with harness(**smart(server)) as h:
        for number in range(5):
            store(h, f"Note {number}", unlike(number), tier="long")
        h.clock.advance(31 * DAY)
        report = curate(h)
        assert report["auto_tagged"] == 0
        assert any(error.startswith("tags: ") for error in report["errors"])
        assert report["autonomy"]["priority_adjustments"] == 5


def test_what_an_endpoint_says_of_a_text_is_in_no_report(
    server: ScriptedServer,
) -> None:
    server.default = lambda body: Reply({"error": f"cannot read: {body['messages']}"}, 400)
    with harness(**smart(server)) as h:
        store(h, "Secret title", f"The secret is a sunflower. {TEXT}")
        (error,) = curate(h)["errors"]
        assert error.startswith("tags: LANGUAGE_MODEL_UNAVAILABLE. ")
        assert "doctor" in error
        assert "sunflower" not in str(h.run(CuratorReport()).reports)


def test_the_report_is_kept_and_holds_no_text(server: ScriptedServer) -> None:
    with harness(**smart(server)) as h:
        one = store(h, "Secret title", f"The secret is a sunflower. {TEXT}")
        report = curate(h)
        found = h.run(CuratorReport())
        assert found.count == 1
        kept = found.reports[0]
        assert kept["id"] == report["id"]
        assert kept["auto_tagged"] == 1
        assert "actions" not in kept
        (action,) = found.actions
        assert (action.action, action.memory_id) == ("tag", one)
        assert found.queue.waiting == 1
        with h.node.store.read() as rows:
            noted = json.dumps([curation.undo for curation in rows.curations(limit=10)])
        for text in (json.dumps(kept), noted):
            assert "postgresql" not in text
            assert "ecret" not in text
        assert undo(h, action.id).undone
        assert isinstance(h.run(CuratorReport()).actions[0].undone_at, str)


def test_what_never_happened_cannot_be_undone() -> None:
    with harness() as h, pytest.raises(NotFound, match="nothing"):
        h.run(UndoCuration(id="nothing"))


def test_rounds_come_by_themselves_at_the_autonomous_level_only(server: ScriptedServer) -> None:
    with harness(**smart(server)) as h:
        assert not h.opened.curator.round_is_due()
    with harness(**smart(server, tier="autonomous", curator_interval_secs=3_600)) as h:
        assert h.opened.curator.round_is_due()
        curate(h)
        assert not h.opened.curator.round_is_due()
        other = Curator(h.node, background=False, interval_secs=3_600)
        assert not other.round_is_due()  # another process's curator sees it as well
        h.clock.advance(3_600)
        assert h.opened.curator.round_is_due()
    with harness(**smart(server, tier="autonomous", curator_interval_secs=0)) as h:
        assert not h.opened.curator.round_is_due()
