"""Recalls leave counters behind, off the hot path; thresholds become ordinary changes."""

from __future__ import annotations

from tests.support import Harness, harness

from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.model.change import MemoryPut
from ai_memory.model.clock import SECOND
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.store_memory import StoreMemory

HOUR = 3_600


def recall(open_: Harness, times: int = 1) -> None:
    for _ in range(times):
        assert open_.run(RecallMemories(context="walrus")).count == 1
        open_.opened.janitor.flush_touches()


def test_a_recall_is_a_read_and_its_touch_is_written_later() -> None:
    with harness() as open_:
        stored = open_.run(StoreMemory(title="T", content="walrus"))
        with open_.node.store.read() as rows:
            position = rows.log_position()
        recalled = open_.run(RecallMemories(context="walrus")).memories[0]
        assert recalled.access_count == 0
        assert open_.memory(stored.id).access_count == 0

        open_.opened.janitor.flush_touches()

        touched = open_.memory(stored.id)
        assert touched.access_count == 1
        assert touched.last_accessed_at == open_.clock.now()
        with open_.node.store.read() as rows:
            assert rows.log_position() == position


def test_a_fresh_expiry_is_never_shortened() -> None:
    with harness() as open_:
        for tier in ("short", "mid"):
            stored = open_.run(StoreMemory(title=tier, content="walrus", tier=tier))
            before = open_.memory(stored.id).expires_at
            open_.run(RecallMemories(context="walrus"))
            open_.opened.janitor.flush_touches()
            assert open_.memory(stored.id).expires_at == before


def test_an_old_expiry_slides() -> None:
    with harness() as open_:
        stored = open_.run(StoreMemory(title="T", content="walrus", tier="short"))
        open_.clock.advance(5.5 * HOUR)
        recall(open_)
        memory = open_.memory(stored.id)
        assert memory.expires_at == open_.clock.now() + HOUR * SECOND
        assert memory.updated_at < open_.clock.now()
        with open_.node.store.read() as rows:
            newest = rows.log_entries(0, 99)[-1].change
        assert isinstance(newest, MemoryPut)
        assert newest.expires_at == memory.expires_at


def test_a_mid_memory_recalled_five_times_is_kept() -> None:
    with harness() as open_:
        stored = open_.run(StoreMemory(title="T", content="walrus"))
        recall(open_, 4)
        assert open_.memory(stored.id).tier == "mid"
        recall(open_)
        kept = open_.memory(stored.id)
        assert (kept.tier, kept.expires_at, kept.version) == ("long", None, 1)


def test_a_short_memory_is_never_promoted_by_recalls() -> None:
    with harness() as open_:
        stored = open_.run(StoreMemory(title="T", content="walrus", tier="short"))
        recall(open_, 6)
        assert open_.memory(stored.id).tier == "short"


def test_every_tenth_recall_raises_the_priority() -> None:
    with harness() as open_:
        stored = open_.run(StoreMemory(title="T", content="walrus", tier="long", priority=9))
        recall(open_, 9)
        assert open_.memory(stored.id).priority == 9
        recall(open_, 21)
        assert open_.memory(stored.id).priority == 10


def test_many_recalls_are_one_write() -> None:
    with harness() as open_:
        stored = open_.run(StoreMemory(title="T", content="walrus", tier="long"))
        for _ in range(25):
            open_.run(RecallMemories(context="walrus"))
        store = open_.node.store
        assert isinstance(store, SqliteStore)
        commits = store.commits
        open_.opened.janitor.flush_touches()
        assert store.commits == commits + 1
        assert open_.memory(stored.id).access_count == 25
        assert open_.memory(stored.id).priority == 7


def test_get_list_and_search_do_not_touch() -> None:
    from ai_memory.operations.get_memory import GetMemory
    from ai_memory.operations.list_memories import ListMemories
    from ai_memory.operations.search_memories import SearchMemories

    with harness() as open_:
        stored = open_.run(StoreMemory(title="T", content="walrus"))
        for command in (GetMemory(id=stored.id), ListMemories(), SearchMemories(query="walrus")):
            open_.run(command)
        assert open_.node.drain_touches() == ()


def test_closing_flushes(tmp_path: object) -> None:
    path = f"{tmp_path}/a.db"
    with harness(path) as open_:
        stored = open_.run(StoreMemory(title="T", content="walrus"))
        open_.run(RecallMemories(context="walrus"))
    with harness(path) as open_:
        assert open_.memory(stored.id).access_count == 1
