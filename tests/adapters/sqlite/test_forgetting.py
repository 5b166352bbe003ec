"""What is kept in memory beside the file goes when something is erased, whoever erases it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.support import NOON, memory, open_store

from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.model.change import MemoryPut
from ai_memory.model.memory import Archived, Memory, payload_of
from ai_memory.operations.apply import apply, stamp, words_of
from ai_memory.ports import IndexedWords, Transaction


def put(store: SqliteStore, one: Memory) -> None:
    def work(rows: Transaction) -> None:
        payload = payload_of(one)
        change = MemoryPut.of(one, payload.hash())
        apply(rows, stamp(rows, [change], NOON), {payload.hash(): payload})

    store.submit(work).result()


def reads_of_the_archive(store: SqliteStore) -> int:
    """How often its texts are read for one question."""
    reads = 0

    def choose(archived: Sequence[Archived]) -> list[Memory]:
        nonlocal reads
        reads += 1
        return [one.memory for one in archived]

    def words(one: Memory) -> IndexedWords:
        return words_of(payload_of(one))

    with store.read() as rows:
        assert len(rows.archived_matching('"gateway"', None, 9, choose, words)) == 1
    return reads


def test_texts_of_the_archive_leave_memory_when_another_process_erases(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    left = memory(title="Left", content="the gateway has gone")
    other = memory(2, title="Other", content="something else")
    with closing(open_store(path)) as mine, closing(open_store(path)) as another:
        put(mine, left)
        put(mine, other)
        mine.submit(lambda rows: rows.delete_memory(left.id, at=NOON, reason="deleted")).result()
        assert [reads_of_the_archive(mine) for _ in range(2)] == [1, 0]
        mine.forget_erased()
        assert reads_of_the_archive(mine) == 0, "nothing was erased"

        another.submit(lambda rows: rows.purge_memory(other.id, at=NOON, kind="erase")).result()
        mine.forget_erased()
        assert [reads_of_the_archive(mine) for _ in range(2)] == [1, 0]
        mine.forget_erased()
        assert reads_of_the_archive(mine) == 0

        mine.scrub()
        assert reads_of_the_archive(mine) == 1
