"""A large import commits in parts, and nothing falls between them."""

from __future__ import annotations

import pytest
from tests.support import harness

from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.get_links import GetLinks
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


def record(memory_id: str, content: str, **fields: object) -> dict[str, object]:
    return {"id": memory_id, "title": "Weekly sync", "content": content, **fields}


def test_here_already_is_said_of_the_very_same_text_only() -> None:
    made = {"created_at": "2024-01-01T00:00:00Z"}
    later = {"updated_at": "2040-01-01T00:00:00Z"}
    with harness() as open_:

        def run(*records: dict[str, object]) -> tuple[int, ...]:
            done = open_.run(ImportMemories(memories=records))
            assert done.errors == []
            return (done.imported, done.updated, done.skipped, done.kept, done.gone)

        assert run(record("a", "3 May", **made), record("b", "10 May", **made)) == (2, 0, 0, 0, 0)
        # "b" is called "Weekly sync (2)" here, and is the same all the same.
        assert run(record("a", "3 May", **made), record("b", "10 May", **made)) == (0, 0, 2, 0, 0)
        assert run(record("b", "another", **made), record("a", "3 May", **made)) == (0, 0, 1, 1, 0)
        assert open_.memory("b").content == "10 May"
        assert run(record("b", "revised", **made, **later)) == (0, 1, 0, 0, 0)
        open_.run(DeleteMemory(id="a"))
        assert run(record("a", "3 May", **made)) == (0, 0, 0, 0, 1)


def test_two_texts_of_one_id_in_one_batch_are_judged_one_after_the_other() -> None:
    with harness() as open_:
        done = open_.run(
            ImportMemories(
                memories=(
                    record("a", "first", created_at="2024-01-01T00:00:00Z"),
                    record("a", "older", created_at="2023-01-01T00:00:00Z"),
                    record("a", "newer", created_at="2025-01-01T00:00:00Z"),
                    record("a", "newer", created_at="2025-01-01T00:00:00Z"),
                )
            )
        )
        assert (done.imported, done.updated, done.skipped, done.kept) == (1, 1, 1, 1)
        assert open_.memory("a").content == "newer"


def test_what_is_imported_stays_for_good_unless_it_says_otherwise() -> None:
    with harness() as open_:
        done = open_.run(
            ImportMemories(
                memories=(
                    record("a", "x"),
                    record("b", "x", tier="mid"),
                    record("c", "x", expires_at="2099-01-01T00:00:00Z"),
                    record("d", "x", expires_at="2001-01-01T00:00:00Z"),
                )
            )
        )
        assert (done.imported, done.expired) == (4, 1)
        assert [rename.title for rename in done.renamed] == [
            f"Weekly sync ({number})" for number in (2, 3, 4)
        ]
        assert [rename.index for rename in done.renamed] == [1, 2, 3]
        kept = {name: open_.memory(name) for name in "abc"}
        assert (kept["a"].tier, kept["a"].expires_at) == ("long", None)
        assert kept["b"].tier == "mid"
        assert kept["c"].expires_at is not None


def test_a_relation_is_kept_as_it_is_given() -> None:
    with harness() as open_:
        done = open_.run(
            ImportMemories(
                memories=(record("a", "x"), record("b", "y")),
                links=({"source_id": "a", "target_id": "b", "relation": "works at"},),
            )
        )
        assert (done.linked, done.errors) == (1, [])
        assert open_.run(GetLinks(id="a")).links[0].relation == "works at"
