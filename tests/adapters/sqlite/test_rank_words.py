"""The ranking for questions: by FTS5 or from memory, it is the same one."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.support import NOON, memory, open_store

from ai_memory.adapters.sqlite import reader, store, word_cache
from ai_memory.adapters.sqlite.posting import numbers, word_counts
from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.model.memory import Memory, payload_of
from ai_memory.model.query import Filter
from ai_memory.operations.apply import words_of
from ai_memory.ports import Transaction, WordHit
from ai_memory.retrieval.expression import any_word

EVERYTHING = Filter(now=NOON)
COMMON = [f"common{number}" for number in range(9)]
RARE = [f"rare{number}" for number in range(400)]


@pytest.fixture(params=["file", "memory"])
def opened(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SqliteStore]:
    """A store that ranks from memory at any size, from the first question on."""
    monkeypatch.setattr(reader, "CACHE_FROM", 0)
    monkeypatch.setattr(reader, "_NARROW_MIN", 20)
    monkeypatch.setattr(store, "_PATIENCE", 0)
    found = open_store(tmp_path / "a.db" if request.param == "file" else ":memory:")
    yield found
    found.close()


def put(into: SqliteStore, *memories: Memory) -> None:
    def work(rows: Transaction) -> None:
        for one in memories:
            payload = payload_of(one)
            rows.put_memory(one, payload.hash(), words_of(payload))

    into.submit(work).result()


def crowd(count: int = 600) -> list[Memory]:
    """Memories of every length, some with a word in title or tags, in two namespaces."""
    chance = random.Random(7)
    made = []
    for number in range(count):
        words = chance.choices(COMMON, k=chance.choice((2, 5, 20, 300)))
        words += chance.choices(RARE, k=3)
        made.append(
            memory(
                number,
                title=f"{chance.choice(COMMON)} {number}",
                content=" ".join(words),
                tags=(chance.choice(RARE),) if number % 3 else (),
                namespace="small" if number % 50 == 0 else "large",
                created_at=NOON - number,
            )
        )
    return made


def both(
    opened: SqliteStore, words: Sequence[str], where: Filter = EVERYTHING, limit: int = 30
) -> tuple[list[WordHit], list[WordHit]]:
    """The ranking from memory, and FTS5's."""
    with opened.read() as rows:
        quick = rows.rank_words(words, where, limit)
        exact = rows.match_words(any_word(words), where, offset=0, limit=limit)
    assert opened._cache is not None
    return quick, exact


def titles(opened: SqliteStore, *words: str) -> list[str]:
    with opened.read() as rows:
        hits = rows.rank_words(words, EVERYTHING, 50)
        found = rows.memories_by_key([hit.key for hit in hits])
        return [found[hit.key].title for hit in hits]


@pytest.mark.parametrize(
    "where",
    [
        EVERYTHING,
        Filter(now=NOON, namespaces=("small",)),
        Filter(now=NOON, namespaces=("large",)),
        Filter(now=NOON, namespaces=("small", "large")),
        Filter(now=NOON, namespaces=("nowhere",)),
        Filter(now=NOON, tag="rare7"),
        Filter(now=NOON, since=NOON - 20),
        Filter(now=NOON, tier="long"),
    ],
)
def test_memory_ranks_as_fts5_does(opened: SqliteStore, where: Filter) -> None:
    put(opened, *crowd())
    chance = random.Random(3)
    for _ in range(20):
        words = chance.sample(COMMON, chance.randint(0, 4)) + chance.sample(RARE, 3)
        quick, exact = both(opened, words, where)
        assert [hit.score for hit in quick] == pytest.approx([hit.score for hit in exact], rel=1e-3)
        # Scores are rounded; where two are alike, their order may differ.
        assert {hit.key for hit in quick[:10]} <= {hit.key for hit in exact}


def test_only_common_words_still_answer(
    opened: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_cache, "_BUDGET", 50)
    put(opened, *crowd())
    with opened.read() as rows:
        assert len(rows.rank_words(COMMON, EVERYTHING, 50)) == 50
        assert len(rows.rank_words(COMMON[:1], EVERYTHING, 50)) == 50
        assert rows.rank_words(["unknown"], EVERYTHING, 50) == []
        assert rows.rank_words([], EVERYTHING, 50) == []


def test_a_rare_word_is_found_among_many_common_ones(
    opened: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_cache, "_BUDGET", 300)
    put(opened, *crowd(), memory(999, title="The one", content="zyzzyva " + "common1 " * 500))
    assert titles(opened, *COMMON, "zyzzyva")[0] == "The one"


def test_new_memories_are_found_at_once(opened: SqliteStore) -> None:
    put(opened, *crowd(50))
    assert titles(opened, "fresh", "common1")
    put(opened, memory(900, title="new", content="fresh"))
    assert titles(opened, "fresh") == ["new"]
    put(opened, memory(901, title="newer", content="fresh"))
    assert titles(opened, "fresh") == ["new", "newer"]


def test_changed_and_deleted_memories_are_followed(opened: SqliteStore) -> None:
    put(opened, *crowd(300), memory(900, title="one", content="before common1"))
    assert titles(opened, "before") == ["one"]
    assert titles(opened, "after", "later") == []

    put(opened, memory(900, title="one", content="after common1", version=2, updated_at=NOON + 1))
    assert titles(opened, "before") == []
    assert titles(opened, "after") == ["one"]
    put(opened, memory(901, title="two", content="after"))
    assert titles(opened, "after") == ["one", "two"]

    opened.submit(lambda rows: rows.delete_memory("memory-900", at=NOON, reason="delete")).result()
    assert titles(opened, "after") == ["two"]
    put(opened, memory(900, title="one", content="back after a while"))
    assert sorted(titles(opened, "after")) == ["one", "two"]


def test_a_word_looked_up_in_place_keeps_its_other_memories(opened: SqliteStore) -> None:
    many = [memory(number, title=f"t{number}", content="shared") for number in range(400)]
    put(opened, *many)
    assert len(titles(opened, "shared")) == 50
    put(opened, memory(7, title="t7", content="otherwise", version=2, updated_at=NOON + 1))
    with opened.read() as rows:
        found = rows.rank_words(["shared"], EVERYTHING, 500)
        assert len(found) == 399
    put(opened, memory(7, title="t7", content="shared again", version=3, updated_at=NOON + 2))
    with opened.read() as rows:
        assert len(rows.rank_words(["shared"], EVERYTHING, 500)) == 400


def test_after_many_changes_all_is_read_anew(
    opened: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_cache, "_VERSIONS_MAX", 20)
    monkeypatch.setattr(word_cache, "_CHANGES_MAX", 10)
    monkeypatch.setattr(word_cache, "_LOOKUP_COST", 0)
    put(opened, *crowd(100))
    for version in range(2, 30):
        content = f"word{version} common1"
        put(
            opened,
            *(
                memory(number, content=content, version=version, updated_at=NOON + version)
                for number in range(version)
            ),
        )
        assert len(titles(opened, f"word{version}")) == version
        assert titles(opened, f"word{version - 1}") == []
        quick, exact = both(opened, ["common1", f"word{version}"], limit=200)
        assert {hit.key for hit in quick} == {hit.key for hit in exact}


def test_words_that_are_not_held_are_read_again(
    opened: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_cache, "_POSTINGS_MAX", 100)
    put(opened, *crowd())
    for _ in range(2):
        for word in (*COMMON, *RARE[:20]):
            quick, exact = both(opened, [word], limit=5)
            assert [hit.score for hit in quick] == pytest.approx([h.score for h in exact], rel=1e-3)


def test_words_stems_and_bigrams(opened: SqliteStore) -> None:
    put(
        opened,
        memory(1, title="a", content="She was hiking generally, naïvely"),
        memory(2, title="b", content="绿茶很好"),
        memory(3, title="c", content="茶"),
    )
    assert titles(opened, "hikes") == ["a"]
    assert titles(opened, "generally") == ["a"]
    assert titles(opened, "naive") == ["a"]
    assert titles(opened, "绿茶") == ["b"]
    assert set(titles(opened, "茶")) == {"b", "c"}
    put(opened, memory(4, title="d", content="generally 茶"))
    assert titles(opened, "generally") == ["d", "a"]
    assert set(titles(opened, "茶")) == {"b", "c", "d"}


def test_expired_memories_do_not_take_the_place_of_others(opened: SqliteStore) -> None:
    gone = [memory(n, content="word", expires_at=NOON - 1) for n in range(100)]
    put(opened, *gone, *(memory(n, content="word and more") for n in range(100, 160)))
    quick, exact = both(opened, ["word"], limit=50)
    assert len(quick) == len(exact) == 50


def test_two_stores_on_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "CACHE_FROM", 0)
    monkeypatch.setattr(store, "_PATIENCE", 0)
    here, there = open_store(tmp_path / "a.db"), open_store(tmp_path / "a.db")
    put(here, *crowd(50))
    assert titles(there, "word") == []
    put(here, memory(900, title="x", content="word"))
    assert titles(there, "word") == ["x"]
    put(here, memory(900, title="x", content="other", version=2, updated_at=NOON + 1))
    assert titles(there, "word") == []
    assert titles(there, "other") == ["x"]
    here.close()
    there.close()


def test_readers_follow_a_busy_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "CACHE_FROM", 0)
    monkeypatch.setattr(store, "_PATIENCE", 0)
    opened = open_store(tmp_path / "a.db")
    put(opened, *crowd(200))
    stored = [0]
    done = threading.Event()
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            while not done.is_set():
                known = stored[0]
                assert len(set(titles(opened, "steady", "common1", *RARE[:5]))) >= min(known, 1)
                with opened.read() as rows:
                    assert len(rows.rank_words(["steady"], EVERYTHING, 500)) >= known
        except BaseException as failure:  # noqa: BLE001 - told to the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(150):
        put(opened, memory(1_000 + number, content=f"steady {RARE[number]}"))
        stored[0] = number + 1
    done.set()
    for thread in threads:
        thread.join()
    opened.close()
    assert failures == []


def test_few_questions_and_small_stores_need_no_cache(tmp_path: Path) -> None:
    opened = open_store(tmp_path / "a.db")
    put(opened, *crowd(10))
    assert titles(opened, "common1", "common2")
    assert opened._cache is None
    opened.close()


def test_sizes_are_varints() -> None:
    assert word_counts(bytes((1, 2, 3, 0, 0x81, 0x00, 1))).tolist() == [6, 129]
    assert word_counts(bytes((0x81, 0x80, 0x00, 5, 0))).tolist() == [16_389]
    assert word_counts(b"").tolist() == []


def test_numbers_of_an_empty_array() -> None:
    assert numbers("[]").tolist() == []
    assert numbers("[3,9007199254740993]").tolist() == [3, 9007199254740993]


@pytest.mark.parametrize(
    ("name", "bindings", "steps"),
    [
        ("namespace_keys", {"namespaces": "[]", "limit": 1}, {"memory": "COVERING INDEX"}),
        (
            "changed_memories",
            {"version": 1, "covered": 1},
            {"v ": "INTEGER PRIMARY KEY", "m ": "INDEX"},
        ),
        ("word_sizes_after", {"after": 1}, {"words_docsize": "INTEGER PRIMARY KEY"}),
        (
            "window_vectors_live",
            {"keys": "[]", "f_now": 1},
            {"w ": "INTEGER PRIMARY KEY", "memory": "COVERING INDEX memory_by_expiry"},
        ),
        ("word_sizes", {"keys": "[]"}, {"words_docsize": "INTEGER PRIMARY KEY"}),
    ],
)
def test_nothing_is_scanned_to_follow_the_store(
    opened: SqliteStore, name: str, bindings: dict[str, object], steps: dict[str, str]
) -> None:
    plan = [
        str(row[3])
        for row in opened._writer_connection.execute(f"EXPLAIN QUERY PLAN {query(name)}", bindings)
    ]
    for table, way in steps.items():
        assert any(f"SEARCH {table}" in step and way in step for step in plan), plan
