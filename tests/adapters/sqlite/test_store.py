"""The Store port's conformance suite: what any store must do, run on a file and in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.support import NOON, ManualClock, memory, open_store

from ai_memory import limits
from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.adapters.sqlite.turn import Turn
from ai_memory.errors import NodeClosed, SchemaTooNew, StoreUnavailable
from ai_memory.model.change import MemoryPut
from ai_memory.model.link import Link, LinkFilter
from ai_memory.model.memory import Memory, payload_of
from ai_memory.model.query import Filter, ListCursor
from ai_memory.operations.apply import apply, stamp, words_of
from ai_memory.ports import EmbeddingModel, Lookups, Transaction, WindowVector, WordsAsk
from ai_memory.retrieval.expression import hint_terms

MODEL = EmbeddingModel("test-model", 4)
EVERYTHING = Filter(now=NOON)


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStore]:
    opened = open_store(tmp_path / "a.db" if request.param == "file" else ":memory:")
    yield opened
    opened.close()


def put(store: SqliteStore, *memories: Memory) -> None:
    def work(rows: Transaction) -> None:
        payloads = {payload_of(m).hash(): payload_of(m) for m in memories}
        changes = [MemoryPut.of(m, payload_of(m).hash()) for m in memories]
        apply(rows, stamp(rows, changes, NOON), payloads)

    store.submit(work).result()


def embed(store: SqliteStore, one: Memory, vector: bytes) -> None:
    window = [WindowVector(0, 5, vector)]

    def work(rows: Transaction) -> None:
        assert rows.put_windows(one.id, payload_of(one).hash(), MODEL, window)

    store.submit(work).result()


def test_a_memory_comes_back_as_it_was_put(store: SqliteStore) -> None:
    stored = memory(
        title="Tïtle 标题",
        content='quotes " and \\ and\nlines\r\n🧠',
        tags=("a", 'b"c'),
        metadata={"n": 0.1, "deep": [1, {"x": None}], "big": 2**62, "tiny": 1e-17},
        confidence=0.123456789012345678,
        priority=9,
        tier="long",
        expires_at=NOON + 5,
    )

    put(store, stored)

    with store.read() as rows:
        assert rows.memory(stored.id) == stored
        assert rows.memory_titled("global", stored.title) == stored
        assert rows.memories([stored.id, "nobody"]) == [stored]
        assert rows.memory("nobody") is None


def test_a_new_version_replaces_the_row_and_keeps_the_old_text(store: SqliteStore) -> None:
    put(store, memory(content="old words"))
    put(store, memory(content="new words", version=2, updated_at=NOON + 1))

    with store.read() as rows:
        assert [v.payload.content for v in rows.history("memory-1", limit=9, offset=0)] == [
            "new words",
            "old words",
        ]
        assert [v.current for v in rows.history("memory-1", limit=9, offset=0)] == [True, False]
        assert rows.match_words('"old"', EVERYTHING, offset=0, limit=9) == []
        assert len(rows.match_words('"new"', EVERYTHING, offset=0, limit=9)) == 1
        assert rows.count_memories(EVERYTHING).value == 1


def test_a_deleted_memory_is_gone_everywhere_but_in_history(store: SqliteStore) -> None:
    put(store, memory())
    store.submit(lambda rows: rows.delete_memory("memory-1", at=NOON, reason="delete")).result()

    with store.read() as rows:
        assert rows.memory("memory-1") is None
        assert rows.match_words('"content"', EVERYTHING, offset=0, limit=9) == []
        assert rows.counts(NOON).archived == 1
        assert rows.count_history("memory-1") == 1
        assert rows.known_ids(["memory-1", "memory-2"]) == {"memory-1"}

    put(store, memory())
    with store.read() as rows:
        assert rows.counts(NOON).archived == 0


def test_a_batch_sees_its_own_writes(store: SqliteStore) -> None:
    def work(rows: Transaction) -> tuple[Any, ...]:
        before = rows.memory("memory-1")
        text = payload_of(memory())
        rows.put_memory(memory(), text.hash(), words_of(text))
        return (
            before,
            rows.memory("memory-1"),
            rows.memory_titled("global", "Title 1"),
            rows.count_memories(EVERYTHING).value,
        )

    before, by_id, by_title, count = store.submit(work).result()

    assert before is None
    assert by_id == by_title == memory()
    assert count == 1


def test_list_order_and_cursor(store: SqliteStore) -> None:
    put(
        store,
        *(
            memory(n, priority=1 + n % 3, updated_at=NOON + n % 2, created_at=NOON)
            for n in range(9)
        ),
    )
    with store.read() as rows:
        whole = rows.list_memories(EVERYTHING, after=None, offset=0, limit=99)
        assert whole == sorted(whole, key=lambda m: (-m.priority, -m.updated_at, m.id))
        pages: list[Memory] = []
        after = None
        while page := rows.list_memories(EVERYTHING, after=after, offset=0, limit=2):
            pages += page
            after = ListCursor(page[-1].priority, page[-1].updated_at, page[-1].id)
        assert pages == whole
        assert rows.list_memories(EVERYTHING, after=None, offset=7, limit=5) == whole[7:]


def test_id_prefixes(store: SqliteStore) -> None:
    put(store, memory(1, id="ab-1"), memory(2, id="ab-2"), memory(3, id="b%_"))
    with store.read() as rows:
        assert rows.ids_with_prefix("ab", 9) == ["ab-1", "ab-2"]
        assert rows.ids_with_prefix("ab", 1) == ["ab-1"]
        assert rows.ids_with_prefix("%", 9) == []
        assert rows.ids_with_prefix("b%", 9) == ["b%_"]


def test_words_are_ranked_and_filtered(store: SqliteStore) -> None:
    put(
        store,
        memory(1, title="apple pie", content="a cake"),
        memory(2, title="cake", content="the apple was in it", namespace="kitchen"),
        memory(3, title="pear", content="no such fruit", tags=("apple",)),
    )
    with store.read() as rows:
        hits = rows.match_words('"apple"', EVERYTHING, offset=0, limit=9)
        assert len(hits) == 3
        assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
        found = rows.memories_by_key([hits[0].key])
        assert found[hits[0].key].id == "memory-1"
        kitchen = Filter(now=NOON, namespaces=("kitchen",))
        assert rows.count_words('"apple"', kitchen).value == 1
        assert rows.count_words('"apples"', EVERYTHING).value == 3  # stemmed


def test_windows_belong_to_the_text_they_were_made_from(store: SqliteStore) -> None:
    put(store, memory())
    text = payload_of(memory()).hash()
    vectors = [WindowVector(0, 5, b"\1" * 8), WindowVector(5, 9, b"\2" * 8)]

    accepted = store.submit(
        lambda rows: rows.put_windows("memory-1", text, MODEL, vectors)
    ).result()
    stale = store.submit(lambda rows: rows.put_windows("memory-1", b"0" * 32, MODEL, [])).result()
    other = store.submit(
        lambda rows: rows.put_windows("memory-1", text, EmbeddingModel("other", 4), [])
    ).result()

    assert (accepted, stale, other) == (True, False, False)
    with store.read() as rows:
        assert rows.embedding_model() == MODEL
        assert rows.window_count() == 2
        assert rows.count_unembedded() == 0
        keys, blobs = rows.window_vectors_after(0, 99)
        assert keys == [1, 2]
        assert blobs == b"\1" * 8 + b"\2" * 8
        assert rows.window_memories(keys) == {1: (1, 0, 5), 2: (1, 5, 9)}
        assert rows.window_keys(EVERYTHING, 2) == [1, 2]
        assert rows.window_keys(EVERYTHING, 1) is None
        expired = Filter(now=NOON, namespaces=("elsewhere",))
        assert rows.window_vectors([1, 2], expired) == ([], b"")
        assert rows.window_vectors([2, 7], EVERYTHING) == ([2], b"\2" * 8)


def test_windows_of_what_has_expired_are_left_out(store: SqliteStore) -> None:
    for name, expires_at in (("a", None), ("b", NOON), ("c", NOON + 1)):
        one = memory(id=name, title=name, expires_at=expires_at)
        put(store, one)
        embed(store, one, name.encode() * 8)

    with store.read() as rows:
        assert rows.window_vectors([1, 2, 3]) == ([1, 2, 3], b"a" * 8 + b"b" * 8 + b"c" * 8)
        assert rows.window_vectors([1, 2, 3], EVERYTHING) == ([1, 3], b"a" * 8 + b"c" * 8)
        later = Filter(now=NOON + 1, tier="mid")
        assert rows.window_vectors([1, 2, 3], later) == ([1], b"a" * 8)
        assert rows.window_vectors([1, 2, 3], Filter(now=NOON + 1)) == ([1], b"a" * 8)


def test_new_text_drops_the_vectors_and_keys_are_never_reused(store: SqliteStore) -> None:
    put(store, memory())
    text = payload_of(memory()).hash()
    window = [WindowVector(0, 5, b"\1" * 8)]
    store.submit(lambda rows: rows.put_windows("memory-1", text, MODEL, window)).result()

    put(store, memory(tags=("new",), version=2))
    with store.read() as rows:
        assert rows.window_count() == 1  # tags are not embedded
    put(store, memory(content="changed", version=3))

    with store.read() as rows:
        assert rows.window_count() == 0
        assert [m.id for m in rows.unembedded(9)] == ["memory-1"]
        assert rows.last_window_key() == 1
    changed = payload_of(memory(content="changed")).hash()
    store.submit(lambda rows: rows.put_windows("memory-1", changed, MODEL, window)).result()
    with store.read() as rows:
        assert rows.last_window_key() == 2


def test_links_show_from_both_ends(store: SqliteStore) -> None:
    put(store, memory(1))
    put(store, memory(2))
    link = Link(
        source_id="memory-1",
        target_id="memory-2",
        relation="supersedes",
        created_at=NOON,
        recorded_at=NOON,
        valid_from=3,
    )
    store.submit(lambda rows: rows.put_link(link)).result()

    def links(memory_id: str) -> list[Link]:
        with store.read() as rows:
            where, live = LinkFilter(), Filter(now=NOON)
            found = rows.links(memory_id, where, live, direction="both", after=None, limit=9)
            assert rows.count_links(memory_id, where, live, direction="both") == len(found)
            return found

    assert links("memory-1") == links("memory-2") == [link]
    assert links("memory-3") == []
    store.submit(lambda rows: rows.delete_memory("memory-2", at=NOON, reason="delete")).result()
    assert links("memory-1") == []


def test_touches_count_and_do_not_move_the_content_clock(store: SqliteStore) -> None:
    put(store, memory())
    position = store.submit(lambda rows: rows.log_position()).result()
    store.submit(lambda rows: rows.touch([("memory-1", 3, NOON + 9), ("gone", 1, NOON)])).result()

    with store.read() as rows:
        touched = rows.memory("memory-1")
        assert touched is not None
        assert (touched.access_count, touched.last_accessed_at) == (3, NOON + 9)
        assert touched.updated_at == NOON
        assert rows.log_position() == position


def test_touches_of_one_commit_add_up_and_go_to_the_archive_with_their_memory(
    store: SqliteStore,
) -> None:
    put(store, memory())

    def work(rows: Transaction) -> tuple[int, ...]:
        seen = []
        for count in (9, 1):
            rows.touch([("memory-1", count, NOON + count)])
            touched = rows.memory("memory-1")
            assert touched is not None
            seen.append(touched.access_count)
        rows.delete_memory("memory-1", at=NOON, reason="delete")
        return tuple(seen)

    assert store.submit(work).result() == (9, 10)
    with store.read() as rows:
        kept = rows.archived(["memory-1"])[0].memory
        assert (kept.access_count, kept.last_accessed_at) == (10, NOON + 9)


def test_the_log_is_gap_free_per_origin_and_ordered(store: SqliteStore) -> None:
    for n in range(5):
        put(store, memory(n))

    with store.read() as rows:
        entries = rows.log_entries(0, 99)
        assert [e.sequence for e in entries] == [1, 2, 3, 4, 5]
        assert {e.origin for e in entries} == {store.origin}
        times = [e.hybrid_time for e in entries]
        assert times == sorted(set(times))
        assert rows.log_entries(3, 1) == [entries[3]]


def test_one_units_failure_undoes_only_itself(store: SqliteStore) -> None:
    gate = threading.Event()
    text = payload_of(memory()).hash()

    def fails_after_writing(rows: Transaction) -> None:
        rows.put_memory(memory(2), text, words_of(payload_of(memory())))
        raise ValueError("on purpose")

    def fails_before(rows: Transaction) -> None:
        raise ValueError("on purpose too")

    if str(store.path) == ":memory:":
        works = [fails_after_writing, fails_before]
        futures = [store.submit(work) for work in works]
        put(store, memory(1))
    else:
        first = store.submit(lambda rows: gate.wait(10))  # the others pile up behind it
        payload = payload_of(memory(1))
        futures = [
            store.submit(fails_after_writing),
            store.submit(fails_before),
        ]
        good = store.submit(
            lambda rows: rows.put_memory(memory(1), payload.hash(), words_of(payload))
        )
        gate.set()
        first.result()
        good.result()

    for future in futures:
        with pytest.raises(ValueError, match="on purpose"):
            future.result()
    with store.read() as rows:
        assert [m.id for m in rows.list_memories(EVERYTHING, after=None, offset=0, limit=9)] == [
            "memory-1"
        ]
        assert rows.integrity_problems() == []


def test_many_callers_share_a_commit(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db")
    gate = threading.Event()
    first = store.submit(lambda rows: gate.wait(10))
    before = store.commits

    def put_one(rows: Transaction, number: int) -> None:
        payload = payload_of(memory(number))
        rows.put_memory(memory(number), payload.hash(), words_of(payload))

    futures = [store.submit(partial(put_one, number=n)) for n in range(100)]
    gate.set()
    first.result()
    for future in futures:
        future.result()

    assert store.commits - before <= 2
    with store.read() as rows:
        assert rows.count_memories(EVERYTHING).value == 100
    store.close()


def test_a_crowd_gets_no_title_hints_nor_does_who_comes_right_behind_it(tmp_path: Path) -> None:
    clock = ManualClock()
    store = open_store(tmp_path / "crowd.db", clock)
    put(store, memory())
    ask = WordsAsk("global", hint_terms(memory().title))
    lookups = Lookups(similar=(ask,))

    def hints(rows: Transaction) -> list[str]:
        return rows.similar_texts([ask], 1, NOON)[0]

    assert store.submit(hints, lookups).result() == [memory().id]
    gate = threading.Event()
    first = store.submit(lambda rows: gate.wait(10))
    crowd = [store.submit(hints, lookups) for _ in range(limits.HINT_CROWD_MAX + 1)]
    gate.set()
    assert first.result()
    assert not any(future.result() for future in crowd)
    assert store.submit(hints, lookups).result() == []
    clock.advance(1)
    assert store.submit(hints, lookups).result() == [memory().id]
    store.close()


def test_a_crowd_that_calls_several_processes_is_one(tmp_path: Path) -> None:
    class Contended(Turn):
        """Others had the turn each time."""

        def take(self) -> None:
            super().take()
            self.writing = 4

    with (tmp_path / "turns").open("wb") as file:
        store = open_store(tmp_path / "crowd.db", turn=Contended(file.fileno(), 4))
        put(store, memory())
        ask = WordsAsk("global", hint_terms(memory().title))
        lookups = Lookups(similar=(ask,))
        gate = threading.Event()
        assert store.submit(lambda rows: rows.similar_texts([ask], 1, NOON)[0], lookups).result()
        first = store.submit(lambda rows: gate.wait(10))
        crowd = [
            store.submit(lambda rows: rows.similar_texts([ask], 1, NOON)[0], lookups)
            for _ in range(limits.HINT_CROWD_MAX // 4 + 1)
        ]
        gate.set()
        assert first.result()
        assert not any(future.result() for future in crowd)
        store.close()


def test_a_turn_that_was_free_tells_of_no_other_writer(tmp_path: Path) -> None:
    with (tmp_path / "turns").open("wb") as file:
        turn = Turn(file.fileno(), 4)
        turn.take()
        turn.take()
        assert turn.writing == 1
        turn.give()


def test_closing_commits_what_was_submitted(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db")
    payload = payload_of(memory())
    future = store.submit(lambda rows: rows.put_memory(memory(), payload.hash(), words_of(payload)))
    store.close()
    store.close()

    assert future.done()
    with pytest.raises(NodeClosed):
        store.submit(lambda rows: None)
    with pytest.raises(NodeClosed), store.read():
        pass
    again = open_store(tmp_path / "a.db")
    with again.read() as rows:
        assert rows.memory("memory-1") is not None
    assert again.origin == store.origin
    again.close()


def test_a_snapshot_does_not_move(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db")
    put(store, memory(1))
    with store.read() as rows:
        assert rows.count_memories(EVERYTHING).value == 1
        put(store, memory(2))
        assert rows.count_memories(EVERYTHING).value == 1
    with store.read() as rows:
        assert rows.count_memories(EVERYTHING).value == 2
    store.close()


def test_readers_cannot_write(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db")
    with pytest.raises(StoreUnavailable), store.read() as rows:
        rows._connection.execute("DELETE FROM memory")  # type: ignore[attr-defined]
    store.close()


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda path: path.write_bytes(b"this is no database" * 99), StoreUnavailable),
        (lambda path: path.mkdir(), StoreUnavailable),
    ],
)
def test_unusable_files_are_refused(tmp_path: Path, damage: Any, error: type[Exception]) -> None:
    path = tmp_path / "a.db"
    damage(path)
    with pytest.raises(error):
        open_store(path)


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    import apsw

    path = tmp_path / "a.db"
    open_store(path).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 999)
    connection.close()

    with pytest.raises(SchemaTooNew, match="999"):
        open_store(path)
    connection = apsw.Connection(str(path))
    assert connection.pragma("user_version") == 999
    connection.close()


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    import apsw

    path = tmp_path / "a.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()

    with pytest.raises(StoreUnavailable, match="another program"):
        open_store(path)


def test_migrations_are_numbered_recorded_and_complete(tmp_path: Path) -> None:
    import apsw

    from ai_memory.adapters.sqlite.migration import STEPS, migrations

    steps = migrations()
    # Whoever changes a step that has landed finds here that its files exist already.
    assert tuple((step.number, step.name, step.digest) for step in steps) == STEPS
    assert len({step.name for step in steps}) == len(steps)
    open_store(tmp_path / "a.db", ManualClock()).close()
    connection = apsw.Connection(str(tmp_path / "a.db"))
    recorded = connection.execute(
        "SELECT number, name, digest, applied_at FROM migration ORDER BY number, name"
    ).fetchall()
    assert recorded == [(*step, NOON) for step in STEPS]
    connection.close()


def test_a_title_given_up_and_taken_in_one_batch(store: SqliteStore) -> None:
    put(store, memory(1, title="held"))
    renamed = memory(1, title="other", version=2, updated_at=NOON + 1)

    put(store, renamed, memory(2, title="held"))

    with store.read() as rows:
        found = rows.memory_titled("global", "held")
        assert found is not None
        assert found.id == "memory-2"
        assert rows.memory("memory-1") == renamed


def test_an_overgrown_log_is_emptied_once_nobody_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAL_BYTES_MAX", 100_000)
    monkeypatch.setattr(limits, "WAL_WAIT_MS", 1)
    store = open_store(tmp_path / "a.db", ManualClock())
    log = tmp_path / "a.db-wal"
    assert store.tidy()
    with store.read() as rows:
        assert rows.count_memories(EVERYTHING).value == 0
        for number in range(200):
            put(store, memory(number, content="much " * 400))
        grown = log.stat().st_size
        assert grown > 100_000
        assert not store.tidy()
        assert log.stat().st_size >= grown
        assert rows.count_memories(EVERYTHING).value == 0
    assert store.tidy()
    assert log.stat().st_size == 0
    put(store, memory(500))
    with store.read() as rows:
        assert rows.count_memories(EVERYTHING).value == 201
    store.close()
    with pytest.raises(NodeClosed):
        store._writer.between(lambda _connection: True)


def test_the_parts_of_the_keyword_index_are_merged_while_it_is_read_and_written(
    tmp_path: Path,
) -> None:
    store = open_store(tmp_path / "a.db", ManualClock())
    for number in range(40):
        put(store, memory(number, content=f"tea word{number} " + "filler " * 50))
    store.submit(lambda rows: rows.delete_memory("memory-7", at=NOON, reason="gone")).result()
    with closing(apsw.Connection(str(tmp_path / "a.db"))) as other:
        parts = "SELECT count(DISTINCT segid) FROM words_idx"
        assert other.execute(parts).get > 4
        with store.read() as rows:
            before = rows.match_words('"tea"', EVERYTHING, offset=0, limit=100)
            steps = 1
            while store.merge_words():
                steps += 1
                put(store, memory(7, content="tea again"))
                assert steps < 100
            assert rows.match_words('"tea"', EVERYTHING, offset=0, limit=100) == before
        assert other.execute(parts).get <= 4
    with store.read() as rows:
        found = rows.match_words('"tea"', EVERYTHING, offset=0, limit=100)
        assert len(found) == 40
        assert rows.count_words('"again"', EVERYTHING).value == 1
        assert rows.count_words('"word7"', EVERYTHING).value == 0
    assert not store.merge_words()
    store.close()
    with pytest.raises(NodeClosed):
        store.merge_words()
