"""Files of before migration 11: their words are indexed anew, their names are composed."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import apsw
import pytest
from tests.support import NOON, memory, open_store

from ai_memory.adapters.sqlite import migration
from ai_memory.adapters.sqlite.migration import migrate, migrations, schema_version
from ai_memory.adapters.sqlite.word_cache import _TOKENIZER
from ai_memory.model.memory import payload_of
from ai_memory.model.query import ArchiveFilter, Filter
from ai_memory.operations.apply import words_of
from ai_memory.ports import Transaction
from ai_memory.retrieval.expression import and_expression

APART = unicodedata.normalize("NFD", "café")
OLD = """
DROP TABLE word_instance; DROP TABLE words;
CREATE VIRTUAL TABLE words USING fts5 (title, content, tags, content = '', contentless_delete = 1,
    tokenize = 'porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE word_instance USING fts5vocab (words, instance);
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file as an older program left it."""
    path = tmp_path / "old.db"
    store = open_store(path)

    def work(rows: Transaction) -> None:
        for number, (title, content) in enumerate((("йод", "バグ C++"), (APART, "x"), ("z", "y"))):
            one = memory(number, title=title, content=content, tags=(APART,), namespace="here")
            payload = payload_of(one)
            rows.put_memory(one, payload.hash(), words_of(payload))
        rows.delete_memory("memory-2", at=NOON, reason="delete")

    store.submit(work).result()
    store.close()
    connection = apsw.Connection(str(path))
    connection.execute(OLD)
    connection.execute("UPDATE memory SET namespace = ?", (APART,))
    connection.execute("UPDATE archived SET namespace = ?", (APART,))
    connection.execute("UPDATE archive_tally SET namespace = ?", (APART,))
    connection.execute("UPDATE memory SET title_digest = randomblob(16) WHERE id = 'memory-1'")
    connection.execute("DELETE FROM migration WHERE number >= 11")
    connection.pragma("user_version", 10)
    connection.close()
    return path


def test_an_older_file_is_indexed_anew_and_its_names_are_one(old: Path) -> None:
    store = open_store(old)
    with store.read() as rows:
        where = Filter(now=NOON, namespaces=("café",))
        for asked in ("йод", "バグ", "C++", "title:café", f"tags:{APART}"):
            expression = and_expression(asked)
            assert expression is not None
            assert rows.match_words(expression, where, offset=0, limit=9), asked
        assert not rows.match_words('"ハク"', where, offset=0, limit=9)
        assert rows.count_memories(Filter(now=NOON, tag="café")).value == 2
        assert rows.count_memories(where).value == 2
        assert [name for name, _count in rows.namespaces(NOON)[0]] == ["café"]
        archived = rows.list_archived(
            ArchiveFilter(namespace="café"), after=None, offset=0, limit=9
        )
        assert len(archived) == 1
    held = store.submit(lambda rows: rows.memory_titled("café", "café")).result()
    assert held is not None
    store.close()


def test_a_migration_that_is_killed_has_not_begun(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(text: str) -> str:
        if "バグ" in text:
            raise KeyboardInterrupt
        return text

    from ai_memory.retrieval import words

    connection = apsw.Connection(str(old))
    monkeypatch.setattr(words, "fold", fail)
    with pytest.raises(KeyboardInterrupt):
        migrate(connection, NOON)
    assert schema_version(connection) == 10
    assert connection.execute("SELECT count(*) FROM words").get == 0
    monkeypatch.undo()
    assert 11 in migrate(connection, NOON)
    assert connection.execute("SELECT count(*) FROM words").get == 2
    connection.close()


def test_a_long_migration_tells_how_far_it_is(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[float] = []
    connection = apsw.Connection(str(old))
    monkeypatch.setattr(migration, "_TOLD_FROM", 1)

    def stop(share: float) -> None:
        heard.append(share)
        if len(heard) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(connection, NOON, stop)
    assert schema_version(connection) == 10
    migrate(connection, NOON, heard.append)
    assert heard[3:] == [pytest.approx(done / 6) for done in range(6)] + [1.0]
    assert migrate(connection, NOON, heard.append) == []
    assert len(heard) == 10
    connection.close()


def test_the_cache_stems_as_the_index_does() -> None:
    last = [step.sql for step in migrations() if "tokenize" in step.sql][-1]
    name, options = _TOKENIZER
    assert f"tokenize = '{' '.join((name, *options))}'" in last
