"""What the janitor does in one turn, on a clock that is passed; and that its thread does it."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
from tests.support import ManualClock, harness

import ai_memory
from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.compose import Share, open_node
from ai_memory.config import load_config
from ai_memory.errors import EmbedderUnavailable
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.store_memory import StoreMemory


def test_it_archives_what_expired() -> None:
    with harness() as open_:
        open_.run(StoreMemory(title="T", content="C", tier="short"))
        open_.clock.advance(6 * 3_600 + 1)
        open_.opened.janitor.turn()
        with open_.node.store.read() as rows:
            assert rows.counts(open_.clock.now()).archived == 1


def test_it_purges_what_was_archived_too_long_ago() -> None:
    config = load_config({"db": ":memory:", "tier": "keyword", "archive_max_days": "30"})
    clock = ManualClock()
    opened = open_node(config, background=False, clock=clock)
    caller = opened.caller("python")
    for title in ("old", "young"):
        stored = opened.node.execute(caller, StoreMemory(title=title, content="C", tier="long"))
        opened.node.execute(caller, DeleteMemory(id=stored.id))
        opened.janitor.turn()
        clock.advance(20 * 86_400)
    opened.janitor.turn()
    with opened.node.store.read() as rows:
        assert rows.counts(clock.now()).archived == 1
    opened.close()


def test_it_merges_the_keyword_index_once_nobody_writes(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with harness(db) as open_, closing(apsw.Connection(str(db))) as file:

        def store_some() -> None:
            for number in range(8):
                open_.run(StoreMemory(title=f"T{number}", content="walrus", on_conflict="version"))

        def parts() -> int:
            return int(file.execute("SELECT count(DISTINCT segid) FROM words_idx").get)

        store_some()
        assert parts() > 2
        open_.opened.janitor.turn()
        assert parts() <= 2
        store_some()
        many = parts()
        open_.opened.janitor.turn()  # writers may be at it
        assert parts() == many > 2
        open_.opened.janitor.turn()
        assert parts() <= 2
        assert open_.run(RecallMemories(context="walrus")).count == 10


def test_it_embeds_what_was_stored_without_an_embedder(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with harness(db) as open_:
        for number in range(70):
            open_.run(StoreMemory(title=f"T{number}", content=f"walrus {number}"))
    with harness(db, semantic=True) as open_:
        open_.opened.janitor.turn()
        with open_.node.store.read() as rows:
            assert rows.count_unembedded() == 0
        found = open_.run(RecallMemories(context="walrus 7"))
        assert found.meta.candidate_counts.hnsw > 0


def test_an_embedder_that_fails_costs_no_memory(tmp_path: Path) -> None:
    class Moody(HashingEmbedder):
        broken = True

        def embed(self, texts: Any, *, bulk: bool = False) -> Any:
            if self.broken:
                raise EmbedderUnavailable("it does not answer")
            return super().embed(texts, bulk=bulk)

    embedder, clock = Moody(), ManualClock()
    config = load_config({"db": str(tmp_path / "a.db"), "tier": "semantic"})
    opened = open_node(config, background=False, clock=clock, embedder=embedder)
    caller = opened.caller("python")
    opened.node.execute(caller, StoreMemory(title="T", content="walrus"))
    recalled = opened.node.execute(caller, RecallMemories(context="walrus"))
    assert (recalled.mode, recalled.count) == ("keyword", 1)
    opened.janitor.turn()
    embedder.broken = False
    opened.janitor.turn()  # too soon after a failure
    with opened.node.store.read() as rows:
        assert rows.count_unembedded() == 1
    clock.advance(61)
    opened.janitor.turn()
    with opened.node.store.read() as rows:
        assert rows.count_unembedded() == 0
    opened.close()


def test_its_thread_writes_touches_by_itself(tmp_path: Path) -> None:
    written = threading.Event()

    class Listener:
        def executed(self, operation: str, seconds: float, code: str) -> None:
            if operation == "touch_memories" and code == "OK":
                written.set()

        def committed(self, entries: Any) -> None:
            pass

    from ai_memory.compose import open_node
    from ai_memory.config import load_config

    config = load_config({"db": str(tmp_path / "a.db"), "tier": "keyword"})
    opened = open_node(config, observer=Listener())
    caller = opened.caller("python")
    opened.node.execute(caller, StoreMemory(title="T", content="walrus"))
    opened.node.execute(caller, RecallMemories(context="walrus"))
    assert written.wait(10)
    opened.close()
    with ai_memory.open_node(db=tmp_path / "a.db", level="keyword") as node:
        assert node.list().memories[0].access_count == 1


def test_one_that_does_no_chores_writes_its_touches_and_passes_the_rest_on(tmp_path: Path) -> None:
    """As beside a worker of a server that is not the first."""
    rung = threading.Semaphore(0)
    config = load_config({"db": str(tmp_path / "a.db"), "tier": "keyword"})
    clock = ManualClock()
    share = Share(processes=2, keeps_house=False, ring=rung.release)
    opened = open_node(config, clock=clock, share=share)
    try:
        caller = opened.caller("python")
        stored = opened.node.execute(caller, StoreMemory(title="T", content="Tea.", tier="short"))
        assert rung.acquire(timeout=30)  # at its start
        opened.node.execute(caller, RecallMemories(context="tea"))
        assert rung.acquire(timeout=30)  # the recall woke it
        clock.advance(30 * 86_400)
        opened.node.wake()
        assert rung.acquire(timeout=30)
    finally:
        opened.close()
    with closing(open_node(config, background=False, clock=clock)) as again:
        with again.node.store.read() as rows:
            assert rows.counts(clock.now()).archived == 0
            assert rows.memories([stored.id])[0].access_count == 1
        again.janitor.turn()
        with again.node.store.read() as rows:
            assert rows.counts(clock.now()).archived == 1
