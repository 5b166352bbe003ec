"""The queue of the language model's work, and what becomes of it when the model fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.embedder.scripted_server import Reply, ScriptedServer
from tests.support import CALLER, Harness, ManualClock, harness

from ai_memory.compose import OpenNode, open_node
from ai_memory.config import load_config
from ai_memory.model.change import MemoryPut
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.store_memory import StoreMemory, StoreResult
from ai_memory.operations.update_memory import UpdateMemory

TEXT = "We chose PostgreSQL for the billing service because of its row locks."
NEWER = "We moved the billing service to SQLite, for good this time around, and rest."


def said(value: Any) -> Reply:
    return Reply({"message": {"role": "assistant", "content": json.dumps(value)}})


TAGS = said({"tags": ["postgresql", "billing"]})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        server.default = lambda _: TAGS
        yield server


@contextmanager
def smart(server: ScriptedServer, path: Path | str = ":memory:", **more: Any) -> Iterator[Harness]:
    settings = {"tier": "smart", "embedder": "none", "llm_url": server.url, **more}
    with harness(path, **settings) as h:
        yield h


def store(h: Harness, title: str = "Database", content: str = TEXT, **fields: Any) -> StoreResult:
    stored: StoreResult = h.run(StoreMemory(title=title, content=content, **fields))
    return stored


def queue(h: Harness) -> tuple[int, int]:
    with h.node.store.read() as rows:
        counts = rows.model_work()
    return counts.waiting, counts.given_up


def test_a_store_returns_before_its_tags_exist(server: ScriptedServer) -> None:
    with smart(server) as h:
        stored = store(h)
        assert stored.tags_pending is True
        assert stored.tags == ()
        assert not server.requests
        assert queue(h) == (1, 0)
        h.opened.curator.drain()
        assert h.memory(stored.id).tags == ("postgresql", "billing")
        assert queue(h) == (0, 0)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"content": "short"}, "content_too_short"),
        ({"namespace": "_curator"}, "internal_namespace"),
    ],
)
def test_what_is_not_tagged_says_why(
    server: ScriptedServer, fields: dict[str, Any], why: str
) -> None:
    with smart(server) as h:
        stored = store(h, **fields)
        assert stored.autonomy_hook_skipped == why
        assert not isinstance(stored.tags_pending, bool)
        assert queue(h) == (0, 0)


def test_lower_levels_say_nothing_of_tags() -> None:
    with harness() as h:
        stored = store(h)
        assert not isinstance(stored.tags_pending, bool)
        assert not isinstance(stored.autonomy_hook_skipped, str)
    with harness(tier="smart", embedder="none", llm="none") as h:
        assert store(h).autonomy_hook_skipped == "no_llm"
        assert queue(h) == (0, 0)


def test_the_same_text_is_not_queued_again(server: ScriptedServer) -> None:
    with smart(server) as h:
        store(h)
        h.opened.curator.drain()
        again = store(h, on_conflict="merge")
        assert not isinstance(again.tags_pending, bool)
        newer = store(h, content=NEWER, on_conflict="merge")
        assert newer.tags_pending is True
        assert queue(h) == (1, 0)


def test_newer_text_takes_the_place_of_older_in_the_queue(server: ScriptedServer) -> None:
    with smart(server) as h:
        stored = store(h)
        store(h, content=NEWER, on_conflict="merge")
        assert queue(h) == (1, 0)
        h.opened.curator.drain()
        (request,) = server.requests
        assert NEWER in request.body["messages"][1]["content"]
        assert h.memory(stored.id).tags == ("postgresql", "billing")


def test_work_about_a_text_that_is_gone_asks_nobody(server: ScriptedServer) -> None:
    with smart(server) as h:
        one, other = store(h), store(h, "Other")
        h.run(UpdateMemory(id=one.id, content=NEWER))
        h.run(DeleteMemory(id=other.id))
        h.opened.curator.drain()
        assert not server.requests
        assert queue(h) == (0, 0)


def test_text_that_changes_while_it_is_read_is_not_tagged(server: ScriptedServer) -> None:
    with smart(server) as h:
        stored = store(h)

        def newer_text_comes(_: Any) -> Reply:
            server.default = lambda _: said({"tags": ["sqlite"]})
            store(h, content=NEWER, on_conflict="merge")
            return TAGS

        server.default = newer_text_comes
        h.opened.curator.drain()
        assert h.memory(stored.id).tags == ("sqlite",)
        assert queue(h) == (0, 0)


def test_a_dead_model_is_asked_about_one_text_at_a_time(server: ScriptedServer) -> None:
    server.default = lambda _: Reply({"error": "no memory"}, 400)
    with smart(server) as h:
        for number in range(5):
            assert store(h, f"Note {number}").tags_pending is True
        assert h.opened.curator.drain() == 30
        assert h.opened.curator.drain() == 30  # it waits, whoever rings
        assert len(server.requests) == 1
        h.clock.advance(30)
        h.opened.curator.drain()
        assert len(server.requests) == 2
        server.default = lambda _: TAGS
        h.clock.advance(60)
        h.opened.curator.drain()
        assert queue(h) == (0, 0)
        assert len(server.requests) == 7


def test_waits_grow_and_end_visibly(server: ScriptedServer) -> None:
    server.default = lambda _: Reply({"error": "no memory"}, 400)
    with smart(server) as h:
        stored = store(h)
        waits: list[int] = []
        while queue(h)[0]:
            assert len(waits) < 20
            h.opened.curator.drain()
            with h.node.store.read() as rows:
                due = rows.model_work().next_due
            if due is not None:
                waits.append((due - h.clock.now()) // 1_000_000)
                h.clock.advance(waits[-1])
        assert waits == [30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600]
        assert queue(h) == (0, 1)
        with h.node.store.read() as rows:
            assert "400 no memory" in str(rows.model_work().problem)
        # The text was stored all the same, and a newer one is asked about anew.
        assert h.memory(stored.id).content == TEXT
        store(h, content=NEWER, on_conflict="merge")
        assert queue(h) == (1, 0)


def test_a_lying_model_is_given_up_sooner(server: ScriptedServer) -> None:
    server.default = lambda _: said({"tags": "all of them"})
    with smart(server) as h:
        store(h)
        for _ in range(3):
            h.opened.curator.drain()
            h.clock.advance(3_600)
        assert queue(h) == (0, 1)
        assert len(server.requests) == 6


def test_work_outlives_the_process(server: ScriptedServer, tmp_path: Path) -> None:
    clock = ManualClock()
    with smart(server, tmp_path / "a.db", clock=clock) as h:
        stored = store(h)
    with smart(server, tmp_path / "a.db", clock=clock) as h:
        assert queue(h) == (1, 0)
        h.opened.curator.drain()
        assert h.memory(stored.id).tags == ("postgresql", "billing")


def test_work_that_died_with_its_process_is_taken_up_later(server: ScriptedServer) -> None:
    from ai_memory.operations.step import Outcome

    with smart(server) as h:
        store(h)
        until = h.clock.now() + 900 * 1_000_000

        def take(rows: Any) -> Outcome:
            return Outcome(rows.take_model_work(h.clock.now(), until))

        first = h.node.store.submit(take).result(20).result
        assert (first.kind, first.attempts) == ("tags", 1)
        assert h.node.store.submit(take).result(20).result is None
        h.opened.curator.drain()
        assert not server.requests
        h.clock.advance(900)
        h.opened.curator.drain()
        assert queue(h) == (0, 0)


def test_tagging_is_replayed_from_the_log(server: ScriptedServer) -> None:
    from tests.support import open_store

    from ai_memory.operations.apply import replay

    with smart(server) as h:
        store(h)
        h.opened.curator.drain()
        with h.node.store.read() as rows:
            entries = rows.log_entries(0, 100)
            expected = rows.state_hash()
            payloads = {
                put.payload_hash: rows.payload(put.memory_id, put.version, put.payload_hash)
                for entry in entries
                if isinstance(put := entry.change, MemoryPut)
            }
        assert len(payloads) == 2
        copy = open_store(":memory:")
        try:
            copy.submit(
                lambda rows: replay(rows, entries, lambda put: payloads[put.payload_hash])
            ).result(20)
            with copy.read() as rows:
                assert rows.state_hash() == expected
        finally:
            copy.close()


# -- with its thread -------------------------------------------------------------------------------


@contextmanager
def working(server: ScriptedServer, path: Path, **more: Any) -> Iterator[OpenNode]:
    settings = {"tier": "smart", "embedder": "none", "llm_url": server.url, **more}
    opened = open_node(load_config({"db": str(path), **settings}))
    try:
        yield opened
    finally:
        opened.close()


def test_tags_come_by_themselves(server: ScriptedServer, tmp_path: Path) -> None:
    landed = threading.Event()

    class Watch:
        def executed(self, operation: str, seconds: float, code: str) -> None:
            if operation == "tag_next":
                landed.set()

        def committed(self, entries: Any) -> None:
            pass

    config = load_config(
        {"db": str(tmp_path / "a.db"), "tier": "smart", "embedder": "none", "llm_url": server.url}
    )
    opened = open_node(config, observer=Watch())
    try:
        stored = opened.node.execute(CALLER, StoreMemory(title="Database", content=TEXT))
        assert landed.wait(30)
        found = opened.node.execute(CALLER, GetMemory(id=stored.id))
        assert found.tags == ("postgresql", "billing")
    finally:
        opened.close()


def test_a_silent_model_delays_no_store_and_no_close(
    server: ScriptedServer, tmp_path: Path
) -> None:
    server.default = lambda _: Reply(silent=True)
    with ThreadPoolExecutor(1) as pool:
        with working(server, tmp_path / "a.db", llm_timeout_secs=120) as opened:
            first = opened.node.execute(CALLER, StoreMemory(title="One", content=TEXT))
            assert server.asked.acquire(timeout=30)
            # The model is being asked now, and says nothing.
            second = pool.submit(
                opened.node.execute, CALLER, StoreMemory(title="Two", content=TEXT)
            ).result(timeout=10)
            assert first.tags_pending is True
            assert second.tags_pending is True
        with smart(server, tmp_path / "a.db") as h:
            assert queue(h) == (2, 0)
