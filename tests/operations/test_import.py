"""A large import commits in parts, and nothing falls between them."""

from __future__ import annotations

import pytest
from tests.support import harness

from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.list_memories import ListMemories


@pytest.mark.parametrize("semantic", [False, True])
def test_parts_are_commits_and_know_of_each_other(
    monkeypatch: pytest.MonkeyPatch, semantic: bool
) -> None:
    monkeypatch.setattr("ai_memory.limits.IMPORT_COMMIT_RECORDS", 4)
    records = tuple(
        {"id": f"m{number}", "title": f"t{number % 5}", "content": f"c{number}"}
        for number in range(10)
    )
    with harness(semantic=semantic) as open_:
        store = open_.node.store
        assert isinstance(store, SqliteStore)
        before = store.commits
        first = open_.run(ImportMemories(memories=(*records, {"title": "no content"})))
        assert store.commits - before == 3
        assert (first.imported, first.updated, first.skipped, len(first.errors)) == (10, 0, 0, 1)
        titles = sorted(one.title for one in open_.run(ListMemories(limit=99)).memories)
        assert titles == sorted(f"t{n}{suffix}" for n in range(5) for suffix in ("", " (2)"))
        with store.read() as rows:
            # A numbered title is embedded later, with the text it has.
            assert rows.count_unembedded() == (5 if semantic else 10)
        newer = tuple(
            {**record, "content": "new", "updated_at": "2040-01-01T00:00:00Z"}
            for record in records[:6]
        )
        again = open_.run(ImportMemories(memories=newer + records[6:]))
        assert (again.imported, again.updated, again.skipped) == (0, 6, 4)
