"""Many memories in one request: in order, each for itself, with few commits."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from tests.support import Harness, harness

import ai_memory
from ai_memory import limits
from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.errors import StoreBusy, StoreUnavailable
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.store_many import StoreMany
from ai_memory.ports import Transaction


def titled(count: int, **fields: Any) -> tuple[dict[str, Any], ...]:
    return tuple({"title": f"t{n}", "content": f"c{n}", **fields} for n in range(count))


def titles(open_: Harness) -> set[str]:
    return {one.title for one in open_.run(ListMemories(limit=99)).memories}


@pytest.mark.parametrize("semantic", [False, True])
def test_each_is_stored_for_itself(semantic: bool) -> None:
    given = (
        *titled(3),
        {"title": "t0", "content": "again"},
        {"title": "t1", "content": "revised", "on_conflict": "merge"},
        {"title": "t2", "content": "beside", "on_conflict": "version"},
        {"title": "late", "content": "c", "expires_at": "2001-01-01T00:00:00Z"},
        {"title": "t9", "content": "c", "namespace": "a b"},
    )
    with harness(semantic=semantic) as open_:
        answer = open_.run(StoreMany(memories=given))
        assert answer.created == len(answer.ids) == 5
        assert answer.ids[1] == answer.ids[3]
        assert [(one.index, one.title, one.code) for one in answer.errors] == [
            (3, "t0", "CONFLICT"),
            (6, "late", "VALIDATION_FAILED"),
            (7, "t9", "VALIDATION_FAILED"),
        ]
        assert titles(open_) == {"t0", "t1", "t2", "t2 (2)"}
        with open_.node.store.read() as rows:
            # A merged or renumbered text is embedded later, with the words it has.
            assert rows.count_unembedded() <= (2 if semantic else 4)


def test_what_waits_together_is_committed_together(tmp_path: Path) -> None:
    with ai_memory.open_node(db=tmp_path / "many.db", level="keyword") as node:
        store = node._opened.node.store
        assert isinstance(store, SqliteStore)
        held, go = threading.Event(), threading.Event()

        def hold(_rows: Transaction) -> bool:
            held.set()
            return go.wait()

        holding = store.submit(hold)
        assert held.wait(30)  # now it takes nobody along
        answers: list[Any] = []
        asking = threading.Thread(
            target=lambda: answers.append(node.store_many(memories=list(titled(20))))
        )
        before = store.commits
        asking.start()
        while store._writer._queue.qsize() < 20:
            assert asking.is_alive()
        go.set()
        asking.join()
        assert holding.result()
        assert answers[0].created == 20
        assert store.commits - before == 2  # the one that held the writer, and ours


def test_a_store_that_fails_at_once_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with harness() as open_:
        monkeypatch.setattr(limits, "WRITE_QUEUE_MAX", 0)
        with pytest.raises(StoreBusy):
            open_.run(StoreMany(memories=titled(2)))


def test_a_store_that_fails_half_way_tells_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "IMPORT_COMMIT_RECORDS", 2)
    with harness() as open_:
        submit = open_.node.store.submit
        given = []

        def failing(work: Any, *lookups: Any) -> Any:
            def full(_rows: Transaction) -> Any:
                raise StoreUnavailable("the disk is full")

            given.append(work)
            return submit(work if len(given) <= 3 else full, *lookups)

        monkeypatch.setattr(open_.node.store, "submit", failing)
        answer = open_.run(StoreMany(memories=titled(7)))
        assert answer.created == len(answer.ids) == 3
        assert [(one.index, one.code) for one in answer.errors] == [
            (index, "STORE_UNAVAILABLE") for index in range(3, 7)
        ]
        assert len(given) == 4  # nobody asks a broken store again
        assert titles(open_) == {"t0", "t1", "t2"}
