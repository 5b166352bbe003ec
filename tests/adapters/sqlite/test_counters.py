"""Figures come from kept counters: they are the real counts, and nothing is scanned for them."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.operations.test_replay import perform, steps
from tests.support import NOON, Harness, harness, memory, open_store

from ai_memory.adapters.sqlite.filter import (
    compile_after,
    compile_filter,
    compile_links,
    compile_place,
)
from ai_memory.adapters.sqlite.migration import migrations
from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.model.link import LinkFilter
from ai_memory.model.memory import payload_of
from ai_memory.model.query import Filter, ListCursor
from ai_memory.operations.apply import replay, words_of
from ai_memory.operations.embed_memories import EmbedMemories
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.list_namespaces import ListNamespaces
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.ports import Reader, Transaction

KEPT = ("archived", "link")
WHICH = {"link": " WHERE retracted_at IS NULL"}


def tables(connection: apsw.Connection) -> tuple[Any, Any]:
    """What the counters say, and what the rows say."""
    kept = (
        connection.execute("SELECT * FROM tally ORDER BY 1, 2").fetchall(),
        connection.execute("SELECT * FROM row_count ORDER BY 1").fetchall(),
        connection.execute(
            "SELECT key, windows FROM embedding_model WHERE windows <> 0 ORDER BY 1"
        ).fetchall(),
    )
    real = (
        connection.execute(
            "SELECT namespace, tier, count(*), sum(embedded = 0) FROM memory GROUP BY 1, 2"
        ).fetchall(),
        [
            (name, connection.execute(f"SELECT count(*) FROM {name}{WHICH.get(name, '')}").get)
            for name in KEPT
        ],
        connection.execute("SELECT model, count(*) FROM window_vector GROUP BY 1").fetchall(),
    )
    return kept, real


def connection_of(open_: Harness) -> apsw.Connection:
    store = open_.node.store
    assert isinstance(store, SqliteStore)
    return store._writer_connection


@settings(max_examples=50, deadline=None)
@given(st.lists(steps, min_size=1, max_size=25), st.booleans())
def test_counters_are_the_counts(script: list[tuple[Any, ...]], semantic: bool) -> None:
    with harness(semantic=semantic) as open_:
        ids: list[str] = []
        for number, step in enumerate(script):
            perform(open_, ids, step)
            if semantic and number % 3 == 2:
                open_.run(EmbedMemories())
            kept, real = tables(connection_of(open_))
            assert kept == real
            # Some have expired and are not collected: totals leave them out.
            open_.clock.advance(7_000)
            with open_.node.store.read() as rows:
                now = open_.clock.now()
                live = rows.list_memories(Filter(now=now), after=None, offset=0, limit=999)
                places = Counter(one.namespace for one in live)
                expected = sorted(places.items(), key=lambda place: (-place[1], place[0]))
                assert rows.namespaces(now) == (expected, len(expected))
                counts = rows.counts(now)
                assert counts.total == len(live)
                assert dict(counts.by_tier) == Counter(one.tier for one in live)
                assert counts.unembedded == rows.count_unembedded()


def test_a_replay_counts_again() -> None:
    with harness() as open_:
        for number in range(9):
            open_.run(StoreMemory(title=f"t{number}", content="c", namespace=f"n{number % 2}"))
        copy = open_store(":memory:")
        with open_.node.store.read() as source:
            entries = source.log_entries(0, 99)

            def work(rows: Transaction, source: Reader = source) -> None:
                replay(
                    rows,
                    entries,
                    lambda put: source.payload(put.memory_id, put.version, put.payload_hash),
                )

            copy.submit(work).result()
        kept, real = tables(copy._writer_connection)
        assert kept == real
        with copy.read() as rows:
            assert rows.namespaces(NOON) == ([("n0", 5), ("n1", 4)], 2)
        copy.close()


def test_a_file_from_before_the_counters_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = apsw.Connection(str(path))
    for step in migrations()[:2]:
        old.execute(step.sql)
    old.execute(
        "INSERT INTO version VALUES (1, 'm1', 1, x'00', 't', 'c', '[]', '{}', 1);"
        "INSERT INTO memory (id, namespace, title_digest, version_key, tier, priority, confidence,"
        " source, scope, created_at, updated_at)"
        " SELECT 'm' || value, 'old', CAST(value AS BLOB), 1, 'mid', 5, 1, 'api', 'private', 1, 1"
        " FROM json_each('[1,2,3,4,5]');"
        "INSERT INTO link VALUES ('m1', 'm2', 'related_to', 1, NULL, NULL, NULL);"
        "INSERT INTO meta VALUES ('embedding_model', 'old'), ('embedding_dim', '4');"
        "INSERT INTO window_vector VALUES (1, 1, 0, 1, x'00')"
    )
    old.execute(
        "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
        "applied_at INTEGER NOT NULL) STRICT; "
        "INSERT INTO migration VALUES (1, 'initial', 1), (2, 'word_instance', 1)"
    )
    old.pragma("user_version", 2)
    old.pragma("application_id", 0x61694D65)
    old.close()
    store = open_store(path)
    kept, real = tables(store._writer_connection)
    assert kept == real
    assert kept[0] == [("old", "mid", 5, 5)]
    store.close()


def put(store: SqliteStore, count: int, **fields: Any) -> None:
    def work(rows: Transaction) -> None:
        for number in range(count):
            one = memory(number, **fields)
            payload = payload_of(one)
            rows.put_memory(one, payload.hash(), words_of(payload))

    store.submit(work).result()


def test_other_filters_count_so_far_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_memory.limits.COUNTED_MAX", 5)
    with harness() as open_:
        for number in range(7):
            open_.run(StoreMemory(title=f"t{number}", content="walrus", priority=1 + number % 2))
        for command, total, exact in (
            (ListMemories(), 7, True),
            (ListMemories(tier="mid", namespace="global"), 7, True),
            (ListMemories(min_priority=1), 5, False),
            (ListMemories(min_priority=2), 3, True),
            (SearchMemories(query="walrus"), 5, False),
        ):
            page = open_.run(command)
            assert (page.total, page.total_is_exact) == (total, exact)
        first = open_.run(SearchMemories(query="walrus", limit=6))
        rest = open_.run(SearchMemories(query="walrus", limit=6, cursor=first.next_cursor))
        assert (first.count, rest.count, bool(rest.next_cursor)) == (6, 1, False)


def test_namespaces_come_in_pages() -> None:
    with harness() as open_:
        for number in range(7):
            for title in range(1 + number // 3):
                open_.run(StoreMemory(title=f"t{title}", content="c", namespace=f"n{number}"))
        seen: list[tuple[str, int]] = []
        cursor = None
        while True:
            page = open_.run(ListNamespaces(limit=2, cursor=cursor))
            assert (page.total, page.count) == (7, len(page.namespaces))
            seen += [(place.namespace, place.count) for place in page.namespaces]
            if not page.next_cursor:
                break
            cursor = page.next_cursor
        assert [name for name, _count in seen] == ["n6", "n3", "n4", "n5", "n0", "n1", "n2"]
        assert not open_.run(ListNamespaces(limit=0)).next_cursor


LARGE = ("memory", "m", "version", "v", "window_vector", "w", "log", "l", "archived", "a", "link")
ASKED = {"now": 1, "f_now": 1, "limit": 20, "offset": 0, "most": 9, "soon": 2, "count": 9}
HOT = (
    "memories_by_id", "memories_by_title", "memories_by_key", "known_ids", "ids_with_prefix",
    "similar_texts", "last_window_key", "window_count", "window_vectors_after", "window_vectors",
    "window_memories", "history", "count_history", "believed_links", "labels",
    "namespaces", "tiers", "figures",
    "unembedded", "count_unembedded", "expired", "log_position", "log_entries", "version_payload",
    "opening", "insert_versions", "insert_memories", "update_memories", "delete_words",
    "delete_windows", "mark_embedded", "archive_memories", "delete_memories", "insert_links",
    "succeed_links", "retract_links", "delete_aliases", "insert_aliases",
    "insert_log", "touch_memories",
)  # fmt: skip


def plan(store: SqliteStore, sql: str) -> list[str]:
    """What the planner does; every binding has a value."""
    names = dict.fromkeys(re.findall(r":(\w+)", sql), "[]")
    bindings = {name: ASKED.get(name, value) for name, value in names.items()}
    explained = store._writer_connection.execute(f"EXPLAIN QUERY PLAN {sql}", bindings)
    return [str(row[3]) for row in explained]


def scanned(steps: list[str]) -> list[str]:
    """The large tables that are walked from end to end."""
    return [
        step
        for step in steps
        if re.match(rf"SCAN ({'|'.join(LARGE)})\b(?!.*memory_unembedded)", step)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    opened = open_store(tmp_path / "plan.db")
    put(opened, 300, tier="long")
    opened._writer_connection.execute("ANALYZE")
    yield opened
    opened.close()


@pytest.mark.parametrize("name", HOT)
def test_no_hot_statement_scans(store: SqliteStore, name: str) -> None:
    assert scanned(plan(store, query(name))) == []


@pytest.mark.parametrize("analyzed", [False, True])
def test_new_vectors_are_read_from_the_last_key_on(tmp_path: Path, analyzed: bool) -> None:
    with contextlib.closing(open_store(tmp_path / "plan.db")) as opened:
        put(opened, 300, tier="long")
        if analyzed:
            opened._writer_connection.execute("ANALYZE")
        steps = plan(opened, query("window_vectors_after"))
    assert any("USING INTEGER PRIMARY KEY (rowid>?)" in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps


@pytest.mark.parametrize("direction", ["outbound", "inbound", "both"])
def test_links_are_found_by_their_ends(store: SqliteStore, direction: str) -> None:
    live, links = compile_filter(Filter(now=NOON)), compile_links(LinkFilter(valid_at=NOON))
    ends = query(f"links_{direction}", believed=links.sql, where=live.sql, version_join="")
    for name in ("links_at", "links", "count_links"):
        assert scanned(plan(store, query(name, ends=ends, after="true"))) == []
    assert scanned(plan(store, query("entity_called", where=live.sql))) == []


FILTERS = {
    "everything": Filter(now=NOON),
    "namespace": Filter(now=NOON, namespaces=("a",)),
    "namespaces": Filter(now=NOON, namespaces=("a", "b")),
    "tier": Filter(now=NOON, tier="mid"),
    "both": Filter(now=NOON, namespaces=("a",), tier="mid"),
}


@pytest.mark.parametrize("name", FILTERS)
def test_totals_are_not_counted(store: SqliteStore, name: str) -> None:
    steps = plan(store, query("tallied_memories", place=compile_place(FILTERS[name]).sql))
    assert scanned(steps) == []
    assert any("memory_by_expiry" in step for step in steps)


@pytest.mark.parametrize("after", [None, ListCursor(5, NOON, "x")])
@pytest.mark.parametrize("name", ["everything", "namespace", "tier", "both"])
def test_a_page_is_read_in_its_order(
    store: SqliteStore, name: str, after: ListCursor | None
) -> None:
    compiled = compile_filter(FILTERS[name])
    steps = plan(store, query("list_memories", where=compiled.sql, after=compile_after(after)[0]))
    # Walked as far as the page needs, and never sorted.
    assert any(f"USING INDEX memory_by_{_order(name)}" in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps


def _order(name: str) -> str:
    return "namespace" if name in ("namespace", "both") else "order"
