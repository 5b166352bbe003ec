"""Two models in one store: one serves, one is coming; and what a file from before had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.support import ManualClock, memory, open_store

from ai_memory.adapters.sqlite.migration import migrations
from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.model.change import MemoryPut
from ai_memory.model.memory import Memory, payload_of
from ai_memory.model.query import Filter
from ai_memory.operations.apply import apply, stamp
from ai_memory.ports import EmbeddingModel, Transaction, WindowVector

OLD, NEW, THIRD = EmbeddingModel("old", 4), EmbeddingModel("new", 8), EmbeddingModel("third", 2)
NOW = ManualClock().now()
ANY = Filter(now=NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = open_store(tmp_path / "a.db")
    yield store
    store.close()


def put(store: SqliteStore, *memories: Memory) -> None:
    def work(rows: Transaction) -> None:
        payloads = {payload_of(one).hash(): payload_of(one) for one in memories}
        changes = [MemoryPut.of(one, payload_of(one).hash()) for one in memories]
        apply(rows, stamp(rows, changes, NOW), payloads)

    store.submit(work).result()


def embed(store: SqliteStore, model: EmbeddingModel, *memories: Memory) -> list[bool]:
    """Vectors whose bytes name the memory; whether each was taken."""

    def work(rows: Transaction) -> list[bool]:
        return [
            rows.put_windows(one.id, payload_of(one).hash(), model, [vector_of(one, model)])
            for one in memories
        ]

    taken: list[bool] = store.submit(work).result()
    return taken


def vector_of(one: Memory, model: EmbeddingModel) -> WindowVector:
    number = int(one.id.rsplit("-", 1)[1])
    return WindowVector(0, 3, bytes([number]) * 2 * model.dim)


def written(store: SqliteStore, method: str, *arguments: Any) -> Any:
    return store.submit(lambda rows: getattr(rows, method)(*arguments)).result()


def prepare(store: SqliteStore, limit: int = 100) -> list[str]:
    """Embed what the coming model lacks; whom."""
    with store.read() as rows:
        found, model = rows.unprepared(limit), rows.coming_model()
    assert model is not None

    def work(rows: Transaction) -> None:
        if rows.reach(model, found):
            for one in found.memories:
                rows.put_windows(one.id, payload_of(one).hash(), model, [vector_of(one, model)])

    store.submit(work).result()
    return sorted(one.id for one in found.memories)


def vectors(store: SqliteStore, model: EmbeddingModel) -> int:
    with store.read() as rows:
        return rows.vectors_of(model).window_count()


def test_the_coming_model_changes_nothing_for_those_who_search(store: SqliteStore) -> None:
    one, two = memory(1), memory(2)
    put(store, one, two)
    assert embed(store, OLD, one, two) == [True, True]
    with store.read() as rows:
        before = (rows.window_vectors_after(0, 9), rows.window_keys(ANY, 9))
        assert rows.coming_model() is None

    assert written(store, "begin_model", NEW) is False
    assert prepare(store) == ["memory-1", "memory-2"]

    with store.read() as rows:
        assert (rows.embedding_model(), rows.coming_model()) == (OLD, NEW)
        assert (rows.window_vectors_after(0, 9), rows.window_keys(ANY, 9)) == before
        assert rows.window_count() == 2
        assert rows.counts(NOW).windows == 2
        coming = rows.vectors_of(NEW)
        assert coming.window_count() == 2
        keys, blobs = coming.window_vectors_after(0, 9)
        assert blobs == b"\1" * 16 + b"\2" * 16
        assert coming.window_keys(ANY, 9) == keys
        assert min(keys) > max(before[0][0])  # keys are of one space, and only grow
        assert rows.vectors_of(THIRD).window_vectors_after(0, 9) == ([], b"")


def test_the_switch_waits_for_the_last_memory(store: SqliteStore) -> None:
    ones = [memory(number) for number in range(1, 6)]
    put(store, *ones)
    embed(store, OLD, *ones)
    written(store, "begin_model", NEW)
    assert written(store, "switch_model", NEW, 0) is False
    assert prepare(store, 3) == ["memory-1", "memory-2", "memory-3"]
    with store.read() as rows:
        assert rows.count_unprepared() == 2
    assert written(store, "switch_model", NEW, 0) is False
    assert written(store, "switch_model", THIRD, 9) is False
    assert prepare(store, 3) == ["memory-4", "memory-5"]
    put(store, memory(6))
    embed(store, OLD, memory(6))
    assert written(store, "switch_model", NEW, 0) is False
    assert prepare(store) == ["memory-6"]

    assert written(store, "switch_model", NEW, 0) is True
    assert written(store, "switch_model", NEW, 0) is True  # twice is once
    with store.read() as rows:
        assert (rows.embedding_model(), rows.coming_model()) == (NEW, None)
        assert rows.window_count() == 6
        assert rows.count_unembedded() == rows.count_unprepared() == 0
        assert rows.is_leaving()
        # Who still has the old model finds no vectors, rather than other ones.
        assert rows.vectors_of(OLD).window_count() == 0
        assert rows.vectors_of(OLD).last_window_key() == rows.last_window_key()
    assert embed(store, OLD, memory(6)) == [False]


def test_old_vectors_go_bit_by_bit(store: SqliteStore) -> None:
    ones = [memory(number) for number in range(1, 6)]
    put(store, *ones)
    embed(store, OLD, *ones)
    written(store, "begin_model", NEW)
    prepare(store)
    written(store, "switch_model", NEW, 0)
    assert [written(store, "drop_left", 2) for _ in range(4)] == [2, 2, 1, 0]
    with store.read() as rows:
        assert not rows.is_leaving()
        assert rows.window_count() == 5


def test_new_text_and_new_memories_are_caught_up(store: SqliteStore) -> None:
    ones = [memory(number) for number in range(1, 5)]
    put(store, *ones)
    embed(store, OLD, *ones)
    written(store, "begin_model", NEW)
    prepare(store)
    changed = memory(2, content="changed", version=2)
    put(store, changed, memory(3, tags=("tagged",), version=2), memory(5))
    assert embed(store, OLD, changed, memory(5)) == [True, True]
    with store.read() as rows:
        assert rows.count_unprepared() == 2
    assert prepare(store) == ["memory-2", "memory-5"]
    with store.read() as rows:
        assert rows.unprepared(9).memories == []
        assert rows.vectors_of(NEW).window_count() == rows.window_count() == 5


def test_what_waits_and_is_deleted_keeps_nobody_waiting(store: SqliteStore) -> None:
    put(store, memory(1), memory(2))
    embed(store, OLD, memory(1), memory(2))
    written(store, "begin_model", NEW)
    prepare(store)
    put(store, memory(1, content="changed", version=2))
    store.submit(lambda rows: rows.delete_memory("memory-1", at=NOW, reason="test")).result()
    assert vectors(store, NEW) == vectors(store, OLD) == 1
    assert written(store, "switch_model", NEW, 0) is True


def test_a_process_of_the_coming_model_stores_for_it(store: SqliteStore) -> None:
    put(store, memory(1))
    embed(store, OLD, memory(1))
    written(store, "begin_model", NEW)
    put(store, memory(2))
    assert embed(store, NEW, memory(2)) == [True]
    with store.read() as rows:
        assert [one.id for one in rows.unembedded(9)] == ["memory-2"]  # the old one still serves
    assert prepare(store) == ["memory-1"]  # not those that are done
    assert written(store, "switch_model", NEW, 0) is True
    with store.read() as rows:
        assert rows.count_unembedded() == 0


def test_what_lies_behind_the_prepared_is_not_overlooked(store: SqliteStore) -> None:
    put(store, memory(1))
    embed(store, OLD, memory(1))
    written(store, "begin_model", NEW)
    prepare(store)
    put(store, memory(2), memory(3), memory(4))
    assert embed(store, NEW, memory(2), memory(3)) == [True, True]
    assert written(store, "switch_model", NEW, 0) is False
    assert prepare(store, 2) == []
    assert prepare(store, 2) == ["memory-4"]
    assert written(store, "switch_model", NEW, 0) is True


def test_text_that_changes_in_the_batch_of_its_vectors_loses_them(store: SqliteStore) -> None:
    put(store, memory(1))
    changed = memory(1, content="changed", version=2)

    def work(rows: Transaction) -> None:
        old = memory(1)
        rows.put_windows(old.id, payload_of(old).hash(), OLD, [vector_of(old, OLD)])
        payload = payload_of(changed)
        apply(
            rows,
            stamp(rows, [MemoryPut.of(changed, payload.hash())], NOW),
            {payload.hash(): payload},
        )

    store.submit(work).result()
    with store.read() as rows:
        assert rows.window_count() == 0
        assert rows.count_unembedded() == 1


def test_a_few_may_follow_the_switch(store: SqliteStore) -> None:
    ones = [memory(number) for number in range(1, 6)]
    put(store, *ones)
    embed(store, OLD, *ones)
    written(store, "begin_model", NEW)
    prepare(store, 3)
    assert written(store, "switch_model", NEW, 1) is False
    assert written(store, "switch_model", NEW, 2) is True
    with store.read() as rows:
        assert [one.id for one in rows.unembedded(9)] == ["memory-4", "memory-5"]
        assert rows.window_count() == 3
    assert embed(store, NEW, memory(4), memory(5)) == [True, True]


def test_a_change_is_given_up_for_another(store: SqliteStore) -> None:
    put(store, memory(1), memory(2))
    embed(store, OLD, memory(1), memory(2))
    written(store, "begin_model", NEW)
    with store.read() as rows:
        late = rows.unprepared(9)
    prepare(store, 1)
    assert written(store, "begin_model", THIRD) is False
    assert vectors(store, NEW) == 0
    assert embed(store, NEW, memory(1)) == [False]
    assert written(store, "reach", NEW, late) is False
    assert written(store, "begin_model", OLD) is True  # back to what serves
    with store.read() as rows:
        assert (rows.embedding_model(), rows.coming_model()) == (OLD, None)
        assert rows.window_count() == 2
    assert written(store, "begin_model", NEW) is False
    with store.read() as rows:
        assert rows.unprepared(9).memories != []  # from the beginning
        assert rows.count_unprepared() == 2


def test_a_batch_of_a_change_given_up_does_not_count_for_the_next(store: SqliteStore) -> None:
    ones = [memory(number) for number in range(1, 5)]
    put(store, *ones)
    embed(store, OLD, *ones)
    written(store, "begin_model", NEW)
    prepare(store, 2)
    with store.read() as rows:
        late = rows.unprepared(2)
    written(store, "begin_model", OLD)
    written(store, "begin_model", NEW)
    assert written(store, "reach", NEW, late) is False
    assert prepare(store) == [one.id for one in ones]


def test_a_file_from_before_keeps_its_vectors(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = apsw.Connection(str(path))
    steps = [step for step in migrations() if step.number <= 2]
    for step in steps:
        connection.execute(step.sql)
    connection.execute(
        "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
        "applied_at INTEGER NOT NULL) STRICT"
    )
    connection.executemany(
        "INSERT INTO migration VALUES (?, ?, 1)", [(step.number, step.name) for step in steps]
    )
    connection.execute("INSERT INTO meta VALUES ('embedding_model', 'old'), ('embedding_dim', '4')")
    connection.execute("INSERT INTO window_vector VALUES (7, 1, 0, 3, x'0102030405060708')")
    connection.pragma("user_version", 2)
    connection.pragma("application_id", 0x61694D65)
    connection.close()

    store = open_store(path)
    with store.read() as rows:
        assert rows.embedding_model() == OLD
        assert rows.window_vectors_after(0, 9) == ([7], bytes(range(1, 9)))
    store.close()
