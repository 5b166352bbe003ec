"""Consolidation: one of several, nothing lost, exactly reversed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support import Harness, harness

from ai_memory.errors import Conflict, NotFound, ValidationFailed
from ai_memory.model.command import Caller
from ai_memory.model.link import LinkFilter
from ai_memory.model.query import Filter
from ai_memory.operations.consolidate_memories import ConsolidateMemories
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.list_archived import ListArchived
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.purge_archive import PurgeArchive
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.restore_archived import RestoreArchived
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.touch_memories import TouchMemories
from ai_memory.operations.undo_consolidation import UndoConsolidation
from ai_memory.operations.update_memory import UpdateMemory

ADA, BOB = Caller(agent_id="ada", face="python"), Caller(agent_id="bob", face="python")


def store(open_: Harness, title: str, content: str = "", caller: Caller = ADA, **f: Any) -> str:
    command = StoreMemory(title=title, content=content or f"About {title}.", **f)
    stored: str = open_.run(command, caller).id
    return stored


def three(open_: Harness) -> tuple[str, str, str]:
    return (
        store(open_, "Port", "It listens on 8080.", tags=("net", "b"), priority=8,
              metadata={"a": 1, "k": "first"}, scope="team", namespace="x"),
        store(open_, "Proxy", "Behind nginx.", BOB, tags=("a",), tier="short", ttl_secs=500,
              metadata={"k": "last"}, scope="private"),
        store(open_, "TLS", "It ends there.", tags=("net",), confidence=0.5, scope="org"),
    )  # fmt: skip


def run(open_: Harness, ids: tuple[str, ...], **fields: Any) -> Any:
    return open_.run(ConsolidateMemories(ids=ids, **{"title": "Network", **fields}))


def live(open_: Harness) -> Any:
    """Everything a reader of the live set can see."""
    return (
        open_.run(ListMemories(limit=99)),
        [open_.run(GetMemory(id=one.id)) for one in open_.run(ListMemories(limit=99)).memories],
        open_.run(SearchMemories(query="nginx")),
    )


def test_it_is_made_of_its_sources() -> None:
    with harness() as open_:
        ids = three(open_)
        open_.run(TouchMemories(touches=((ids[0], 2, open_.clock.now()),)))
        open_.run(TouchMemories(touches=((ids[2], 1, open_.clock.now() + 5),)))
        done = run(open_, ids, summary="Port 8080 behind nginx with TLS.")
        assert done.consolidated == 3
        assert not done.auto_summary
        made = open_.memory(done.id)
        assert (made.title, made.namespace, made.tier) == ("Network", "global", "long")
        assert made.content == "Port 8080 behind nginx with TLS."
        assert made.tags == ("a", "b", "net")
        assert (made.priority, made.confidence, made.source) == (8, 1.0, "consolidation")
        assert (made.expires_at, made.access_count) == (None, 3)
        assert made.last_accessed_at == open_.clock.now() + 5
        assert made.metadata == {
            "a": 1,
            "k": "last",
            "scope": "private",
            "agent_id": "test:agent",
            "derived_from": list(ids),
            "consolidated_from_agents": ["ada", "bob"],
        }
        archived = open_.run(ListArchived())
        assert {one.id for one in archived.archived} == set(ids)
        assert {one.archive_reason for one in archived.archived} == {"consolidated"}
        with open_.node.store.read() as rows:
            assert {(link.target_id, link.relation) for link in rows.derivations(done.id)} == {
                (one, "derived_from") for one in ids
            }
        assert [hit.id for hit in open_.run(RecallMemories(context="nginx")).memories] == [done.id]


def test_priority_is_at_least_five() -> None:
    with harness() as open_:
        ids = (store(open_, "One", priority=1), store(open_, "Two", priority=2))
        assert open_.memory(run(open_, ids, summary="s").id).priority == 5


def test_without_a_model_the_sources_speak_for_themselves() -> None:
    with harness() as open_:
        done = run(open_, three(open_))
        assert (done.auto_summary, done.summary_by) == (True, "extract")
        content = open_.memory(done.id).content
        assert content == (
            "- Port: It listens on 8080.\n- Proxy: Behind nginx.\n- TLS: It ends there."
        )
        assert done.summary_preview == content


def test_what_fits_is_kept_to_the_last_word() -> None:
    with harness() as open_:
        text = "".join(f"Step {n} took {n * 7} ms. " for n in range(500))
        ids = tuple(store(open_, f"n{n}", f"{text}The code is ZED{n}TAIL.") for n in range(3))
        content = open_.memory(run(open_, ids).id).content
        assert all(f"n{n}: {text}The code is ZED{n}TAIL." in content for n in range(3))


def test_what_does_not_fit_is_refused_with_the_sizes_and_nothing_is_changed() -> None:
    with harness() as open_:
        ids = tuple(store(open_, f"n{n}", f"{n} " + "long " * 6_000) for n in range(3))
        before = live(open_)
        with pytest.raises(ValidationFailed, match=r"90,0.. bytes together.*65,536") as refused:
            run(open_, ids)
        assert refused.value.details["sizes"] == dict.fromkeys(ids, 30_002)
        assert live(open_) == before
        assert run(open_, ids[:2]).consolidated == 2


def test_tags_that_are_too_many_are_told() -> None:
    with harness() as open_:
        ids = tuple(
            store(open_, name, tags=tuple(f"{name}{n:02}" for n in range(30))) for name in "ab"
        )
        done = run(open_, ids, summary="s")
        assert done.tags_left_out == [f"b{n}" for n in range(20, 30)]


def test_numbers_and_names_that_a_summary_lacks_are_told() -> None:
    with harness() as open_:
        ids = (store(open_, "A", "Ask Carol for port 8080."), store(open_, "B", "Costs $5."))
        done = run(open_, ids, summary="It costs $5.")
        assert done.not_in_summary == ["8080", "carol"]
        assert {row.id for row in open_.run(ListArchived()).archived} == set(ids)


def test_undoing_reverses_it_exactly() -> None:
    with harness() as open_:
        ids = three(open_)
        other = store(open_, "Other")
        open_.run(LinkMemories(source_id=ids[0], target_id=other, relation="related_to"))
        open_.run(LinkMemories(source_id=ids[0], target_id=ids[1], relation="contradicts"))
        open_.run(TouchMemories(touches=((ids[0], 2, open_.clock.now()),)))
        before = live(open_)
        done = run(open_, ids)
        open_.clock.advance(60)
        undone = open_.run(UndoConsolidation(id=done.id[:30] if len(done.id) > 30 else done.id))
        assert undone.restored == sorted(ids, key=undone.restored.index)
        assert (set(undone.restored), undone.missing, undone.count) == (set(ids), [], 3)
        assert live(open_) == before
        (archived,) = open_.run(ListArchived()).archived
        assert (archived.id, archived.archive_reason) == (done.id, "consolidation_undone")
        with pytest.raises(NotFound):
            open_.run(UndoConsolidation(id=done.id))


def test_the_result_may_take_the_title_of_a_source_and_give_it_back() -> None:
    with harness() as open_:
        ids = (store(open_, "Port"), store(open_, "Proxy"))
        before = live(open_)
        done = run(open_, ids, title="Port")
        assert open_.memory(done.id).title == "Port"
        open_.run(UndoConsolidation(id=done.id))
        assert live(open_) == before


def test_a_title_taken_meanwhile_refuses_or_is_numbered() -> None:
    with harness() as open_:
        ids = (store(open_, "Port"), store(open_, "Proxy"))
        done = run(open_, ids)
        holder = store(open_, "Proxy", "Another one.")
        before = live(open_)
        with pytest.raises(Conflict) as refusal:
            open_.run(UndoConsolidation(id=done.id))
        assert refusal.value.details["existing_id"] == holder
        assert live(open_) == before  # all or nothing
        open_.run(UndoConsolidation(id=done.id, on_conflict="version"))
        assert open_.memory(ids[1]).title == "Proxy (2)"
        assert open_.memory(ids[0]).title == "Port"


def test_what_was_restored_or_purged_meanwhile_stays_as_it_is() -> None:
    with harness() as open_:
        ids = three(open_)
        done = run(open_, ids)
        open_.run(RestoreArchived(id=ids[0]))
        open_.run(UpdateMemory(id=ids[0], content="Now 9090."))
        undone = open_.run(UndoConsolidation(id=done.id))
        assert set(undone.restored) == {ids[1], ids[2]}
        assert undone.missing == [ids[0]]
        assert open_.memory(ids[0]).content == "Now 9090."


def test_nothing_but_a_consolidation_is_undone() -> None:
    with harness() as open_:
        one, two = store(open_, "One"), store(open_, "Two")
        open_.run(LinkMemories(source_id=one, target_id=two, relation="derived_from"))
        open_.run(DeleteMemory(id=two))
        with pytest.raises(NotFound):
            open_.run(UndoConsolidation(id=one))
        with pytest.raises(NotFound):
            open_.run(UndoConsolidation(id="nobody"))
        three_, four = store(open_, "Three"), store(open_, "Four")
        done = run(open_, (three_, four))
        open_.run(PurgeArchive())
        with pytest.raises(NotFound):
            open_.run(UndoConsolidation(id=done.id))


def test_it_can_be_undone_after_its_result_was_deleted() -> None:
    with harness() as open_:
        ids = (store(open_, "One"), store(open_, "Two"))
        done = run(open_, ids)
        open_.run(DeleteMemory(id=done.id))
        assert open_.run(UndoConsolidation(id=done.id)).count == 2


def test_consolidations_of_consolidations_are_undone_one_by_one() -> None:
    with harness() as open_:
        one, two, other = (store(open_, title) for title in ("One", "Two", "Other"))
        before = live(open_)
        first = run(open_, (one, two))
        middle = live(open_)
        open_.clock.advance(1)
        second = run(open_, (first.id, other), title="All")
        assert len(open_.run(ListMemories()).memories) == 1
        open_.run(UndoConsolidation(id=second.id))
        assert live(open_) == middle
        open_.run(UndoConsolidation(id=first.id))
        assert live(open_) == before


def test_what_is_refused_changes_nothing() -> None:
    with harness() as open_:
        one, two = store(open_, "One"), store(open_, "Two")
        taken = store(open_, "Taken")
        before = live(open_)
        for ids, fields, error in (
            ((one, one), {}, ValidationFailed),
            ((one,), {}, ValidationFailed),
            ((one, "nobody"), {}, NotFound),
            ((one, two), {"title": "Taken"}, Conflict),
        ):
            with pytest.raises(error):
                run(open_, ids, **fields)
            assert live(open_) == before
        assert open_.memory(taken).title == "Taken"


def test_the_log_names_no_text() -> None:
    with harness() as open_:
        ids = (store(open_, "One", "walrus tusks"), store(open_, "Two", "walrus whiskers"))
        done = run(open_, ids)
        open_.run(UndoConsolidation(id=done.id))
        with open_.node.store.read() as rows:
            assert "walrus" not in repr(rows.log_entries(0, 999))
            links = rows.links_at([done.id], LinkFilter(), Filter(now=0), direction="both", limit=9)
            assert len(links) == 2  # what is archived is still derived from them
