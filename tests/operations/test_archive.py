"""What leaves the live set, how it comes back, and what is gone for good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support import NOON, Harness, harness

from ai_memory.adapters.sqlite.query import query
from ai_memory.errors import AmbiguousId, Conflict, NotFound, ValidationFailed
from ai_memory.model.clock import SECOND, to_rfc3339
from ai_memory.model.decode import decode_fields
from ai_memory.operations.archive_memories import ArchiveMemories
from ai_memory.operations.archive_stats import ArchiveStats
from ai_memory.operations.collect_expired import CollectExpired
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.forget_memories import ForgetMemories
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.list_archived import ListArchived
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.memory_history import MemoryHistory
from ai_memory.operations.promote_memory import PromoteMemory
from ai_memory.operations.purge_archive import PurgeArchive
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.restore_archived import RestoreArchived
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory

HOUR = 3_600
DAY = 24 * HOUR


@pytest.fixture
def open_() -> Iterator[Harness]:
    with harness() as opened:
        yield opened


def store(open_: Harness, title: str = "T", content: str = "C", **fields: Any) -> Any:
    return open_.run(StoreMemory(title=title, content=content, **fields))


def archived_ids(open_: Harness, **fields: Any) -> list[str]:
    return [row.id for row in open_.run(ListArchived(**fields)).archived]


class TestForget:
    def test_a_dry_run_counts_and_shows_and_changes_nothing(self, open_: Harness) -> None:
        for number in range(12):
            store(open_, f"walrus {number}")
        store(open_, "otter")
        would = open_.run(ForgetMemories(pattern="walrus", dry_run=True))
        assert (would.would_delete, len(would.sample), would.dry_run) == (12, 10, True)
        assert would.sample[0].title == "walrus 0"
        assert open_.run(ListMemories()).total == 13
        assert open_.run(ForgetMemories(tier="mid", dry_run=True)).would_delete == 13

    def test_any_word_of_the_pattern_in_title_content_or_tags(self, open_: Harness) -> None:
        store(open_, "one", "a walrus swims")
        store(open_, "otters")
        store(open_, "three", tags=("walrus",))
        kept = store(open_, "four", "a seal")
        done = open_.run(ForgetMemories(pattern="walrus OR otter"))
        assert (done.deleted, done.forgotten, done.archived, done.dry_run) == (3, 3, True, False)
        assert [m.id for m in open_.run(ListMemories()).memories] == [kept.id]
        assert {row.archive_reason for row in open_.run(ListArchived()).archived} == {"forget"}

    def test_filters_narrow_together(self, open_: Harness) -> None:
        wanted = store(open_, "walrus", namespace="a", tier="short")
        store(open_, "walrus", namespace="a/b", tier="short")
        store(open_, "otter", namespace="a", tier="short")
        store(open_, "walrus 2", namespace="a", tier="long")
        open_.run(ForgetMemories(pattern="walrus", namespace="a", tier="short"))
        assert archived_ids(open_) == [wanted.id]

    @pytest.mark.parametrize("fields", [{"namespace": "a"}, {"tier": "short"}, {"pattern": "w"}])
    def test_more_than_one_batch(self, open_: Harness, fields: dict[str, Any]) -> None:
        records = tuple(
            {"title": f"w {n}", "content": "c", "namespace": "a", "tier": "short"}
            for n in range(600)
        )
        for at in (0, 600):
            open_.run(ImportMemories(memories=tuple({**r, "title": f"w {at} {r['title']}"}
                                                    for r in records)))  # fmt: skip
        store(open_, "stays")
        assert open_.run(ForgetMemories(**fields, dry_run=True)).would_delete == 1_200
        assert open_.run(ForgetMemories(**fields)).deleted == 1_200
        assert open_.run(ListMemories()).total == 1
        assert open_.run(ArchiveStats()).archived_total == 1_200

    @pytest.mark.parametrize(
        "fields", [{}, {"pattern": "..."}, {"pattern": " "}, {"dry_run": True}]
    )
    def test_it_wants_something_to_go_by(self, open_: Harness, fields: dict[str, Any]) -> None:
        store(open_)
        with pytest.raises(ValidationFailed):
            open_.run(ForgetMemories(**fields))
        assert open_.run(ListMemories()).total == 1


class TestCollect:
    def test_a_dry_run_counts(self, open_: Harness) -> None:
        store(open_, "short", tier="short")
        store(open_, "long", tier="long")
        open_.clock.advance(7 * HOUR)
        assert open_.run(CollectExpired(dry_run=True)).collected == 1
        assert open_.run(ArchiveStats()).archived_total == 0
        collected = open_.run(CollectExpired())
        assert (collected.collected, collected.expired_deleted) == (1, 1)
        assert open_.run(CollectExpired()).collected == 0
        row = open_.run(ListArchived()).archived[0]
        assert (row.archive_reason, row.title) == ("ttl_expired", "short")
        assert row.archived_at == to_rfc3339(open_.clock.now())

    def test_all_of_many(self, open_: Harness) -> None:
        for at in (0, 600):
            open_.run(ImportMemories(memories=tuple(
                {"title": f"{at + n}", "content": "c", "tier": "short"} for n in range(600)
            )))  # fmt: skip
        open_.clock.advance(7 * HOUR)
        assert open_.run(CollectExpired()).collected == 1_200


class TestArchive:
    def test_by_id_with_a_reason(self, open_: Harness) -> None:
        first, second = store(open_, "one"), store(open_, "two")
        done = open_.run(
            ArchiveMemories(ids=(first.id, "nobody", second.id, first.id), reason="done")
        )
        assert (done.archived, done.missing, done.count) == (
            [first.id, second.id],
            ["nobody"],
            2,
        )
        assert sorted(archived_ids(open_, reason="done")) == sorted(done.archived)
        assert archived_ids(open_, reason="delete") == []

    def test_a_reason_is_a_word_because_the_log_keeps_it(self, open_: Harness) -> None:
        with pytest.raises(ValidationFailed):
            ArchiveMemories(ids=("a",), reason="because Ada said so")

    def test_the_list_pages_last_archived_first(self, open_: Harness) -> None:
        ids = [store(open_, f"t{n}", namespace=f"n{n % 2}").id for n in range(7)]
        for at, memory_id in enumerate(ids):
            open_.run(DeleteMemory(id=memory_id))
            open_.clock.advance(DAY if at % 2 else 0)  # some share their instant
        pages, cursor = [], None
        while True:
            page = open_.run(ListArchived(limit=2, cursor=cursor))
            assert (page.total, page.total_is_exact) == (7, True)
            pages += page.archived
            if not isinstance(page.next_cursor, str):
                break
            cursor = page.next_cursor
        assert sorted(row.id for row in pages) == sorted(ids)
        by_id = sorted(pages, key=lambda row: row.id)
        assert pages == sorted(by_id, key=lambda row: row.archived_at, reverse=True)
        assert archived_ids(open_, offset=5) == [row.id for row in pages[5:]]
        assert len(archived_ids(open_, namespace="n0")) == 4
        since = to_rfc3339(NOON + 2 * DAY * SECOND)
        assert len(archived_ids(open_, since=since)) == 3
        assert len(archived_ids(open_, until=to_rfc3339(NOON))) == 2

    def test_stats(self, open_: Harness) -> None:
        assert open_.run(ArchiveStats()).archived_total == 0
        first = store(open_, "ab", "海", namespace="a", agent_id="x")
        open_.run(DeleteMemory(id=first.id))
        open_.clock.advance(DAY)
        for number in range(2):
            open_.run(DeleteMemory(id=store(open_, f"{number}", namespace="b").id))
        stats = open_.run(ArchiveStats())
        assert [(row.namespace, row.count) for row in stats.by_namespace] == [("b", 2), ("a", 1)]
        assert (stats.oldest, stats.newest) == (
            to_rfc3339(NOON),
            to_rfc3339(NOON + DAY * SECOND),
        )
        open_.run(PurgeArchive(namespace="b"))
        assert open_.run(ArchiveStats()).archived_bytes == (
            len("ab") + len("海".encode()) + len("[]") + len('{"agent_id":"x"}')
        )
        open_.run(RestoreArchived(id=first.id))
        assert open_.run(ArchiveStats()).archived_bytes == 0


class TestRestore:
    def test_everything_comes_back(self, open_: Harness) -> None:
        first = store(
            open_, "walrus", "old", namespace="a/b", tags=("x",), priority=7, tier="long",
            metadata={"k": 1}, confidence=0.5,
        )  # fmt: skip
        store(open_, "walrus", "new", namespace="a/b", on_conflict="merge")
        clone = open_.run(PromoteMemory(id=first.id, to_namespace="a")).clone_id
        for _ in range(3):
            open_.run(RecallMemories(context="walrus", namespace="a/b"))
        open_.opened.janitor.flush_touches()
        before = open_.memory(first.id)
        assert before.access_count == 3
        history = open_.run(MemoryHistory(id=first.id)).versions

        open_.run(DeleteMemory(id=first.id))
        archived = open_.run(ListArchived()).archived[0]
        assert (archived.access_count, archived.metadata["k"]) == (3, 1)
        with pytest.raises(NotFound):
            open_.run(GetMemory(id=first.id))
        open_.clock.advance(DAY)
        restored = open_.run(RestoreArchived(id=first.id[:20]))

        assert open_.memory(first.id) == before
        assert (restored.restored, restored.archive_reason) == (True, "delete")
        assert open_.run(MemoryHistory(id=first.id)).versions == history
        assert open_.run(ArchiveStats()).archived_total == 0
        assert [link.source_id for link in open_.run(GetMemory(id=first.id)).links] == [clone]
        assert open_.run(SearchMemories(query="walrus new", namespace="a/b")).total == 1
        with pytest.raises(NotFound):
            open_.run(RestoreArchived(id=first.id))

    def test_what_expired_does_not_expire_again(self, open_: Harness) -> None:
        stored = store(open_, tier="short")
        open_.clock.advance(7 * HOUR)
        open_.run(CollectExpired())
        open_.run(RestoreArchived(id=stored.id))
        assert (open_.memory(stored.id).tier, open_.memory(stored.id).expires_at) == ("short", None)
        assert open_.run(CollectExpired()).collected == 0

    def test_an_expiry_to_come_is_kept(self, open_: Harness) -> None:
        stored = store(open_, tier="short")
        open_.run(DeleteMemory(id=stored.id))
        open_.clock.advance(HOUR)
        assert open_.run(RestoreArchived(id=stored.id)).expires_at == stored.expires_at

    def test_a_taken_title(self, open_: Harness) -> None:
        first = store(open_, content="old")
        open_.run(DeleteMemory(id=first.id))
        second = store(open_, content="new")
        with pytest.raises(Conflict) as raised:
            open_.run(RestoreArchived(id=first.id))
        assert raised.value.details["existing_id"] == second.id
        restored = open_.run(RestoreArchived(id=first.id, on_conflict="version"))
        assert (restored.title, restored.version, restored.content) == ("T (2)", 2, "old")
        assert [v.title for v in open_.run(MemoryHistory(id=first.id)).versions] == ["T (2)", "T"]

    def test_an_expired_holder_gives_way(self, open_: Harness) -> None:
        first = store(open_)
        open_.run(DeleteMemory(id=first.id))
        store(open_, tier="short")
        open_.clock.advance(7 * HOUR)
        assert open_.run(RestoreArchived(id=first.id)).title == "T"
        assert archived_ids(open_, reason="ttl_expired") != []

    def test_a_prefix_of_several(self, open_: Harness) -> None:
        for name in ("same-a", "same-b"):
            open_.run(ImportMemories(memories=({"id": name, "title": name, "content": "c"},)))
            open_.run(DeleteMemory(id=name))
        with pytest.raises(AmbiguousId) as raised:
            open_.run(RestoreArchived(id="same-"))
        assert raised.value.details["matches"] == ["same-a", "same-b"]

    def test_its_vectors_come_with_it(self) -> None:
        with harness(semantic=True) as open_:
            stored = store(open_, "walrus", "a walrus swims")
            open_.run(DeleteMemory(id=stored.id))
            with open_.node.store.read() as rows:
                assert rows.window_count() == 0
            open_.run(RestoreArchived(id=stored.id))
            with open_.node.store.read() as rows:
                assert (rows.window_count(), rows.count_unembedded()) == (1, 0)


class TestPurge:
    def test_it_takes_history_and_links_along_and_the_id(self, open_: Harness) -> None:
        first = store(open_, namespace="a/b")
        clone = open_.run(PromoteMemory(id=first.id, to_namespace="a")).clone_id
        open_.run(DeleteMemory(id=first.id))
        assert open_.run(PurgeArchive(dry_run=True)).purged == 1
        assert open_.run(PurgeArchive()).purged == 1
        assert open_.run(GetMemory(id=clone)).links == []
        for command in (MemoryHistory(id=first.id), RestoreArchived(id=first.id)):
            with pytest.raises(NotFound):
                open_.run(command)
        record = {"id": first.id, "title": "again", "content": "c"}
        assert open_.run(ImportMemories(memories=(record,))).gone == 1

    def test_by_age_and_namespace(self, open_: Harness) -> None:
        ids = [store(open_, f"{n}", namespace=f"n{n % 2}").id for n in range(4)]
        for memory_id in ids:
            open_.run(DeleteMemory(id=memory_id))
            open_.clock.advance(DAY)
        assert open_.run(PurgeArchive(older_than_days=3, namespace="n1")).purged == 1
        assert open_.run(PurgeArchive(older_than_days=3)).purged == 1
        assert sorted(archived_ids(open_)) == sorted(ids[2:])
        with pytest.raises(ValidationFailed):
            decode_fields(PurgeArchive, {"older_than_days": -1})

    def test_more_than_one_batch(self, open_: Harness) -> None:
        for at in (0, 600):
            open_.run(ImportMemories(memories=tuple(
                {"title": f"{at + n}", "content": "c", "tier": "short"} for n in range(600)
            )))  # fmt: skip
        open_.run(ForgetMemories(tier="short"))
        assert open_.run(PurgeArchive()).purged == 1_200


@pytest.mark.parametrize(
    ("name", "parts", "index"),
    [
        ("list_archived", {"where": "true"}, "archived_by_time"),
        ("list_archived", {"where": "a.namespace = :n"}, "archived_by_namespace"),
        ("list_archived", {"where": "a.reason = :n"}, "archived_by_reason"),
        ("archived_ids", {"where": "a.archived_at <= :u"}, "archived_by_time"),
        ("archived_ids", {"where": "a.namespace = :n AND a.archived_at <= :u"},
         "archived_by_namespace"),
        ("count_archived", {"where": "a.namespace = :n AND a.reason = :r"}, "archived_by_"),
        ("count_expired", {}, "memory_by_expiry"),
        ("purge_versions", {}, "sqlite_autoindex_version"),
        ("purge_links", {}, "link_by_target"),
        ("traces", {}, "link_by_target"),
        ("version_numbered", {}, "sqlite_autoindex_version"),
    ],
)  # fmt: skip
def test_nothing_walks_a_whole_table(
    open_: Harness, name: str, parts: dict[str, str], index: str
) -> None:
    connection = open_.node.store._writer_connection  # type: ignore[attr-defined]
    names = ("n", "r", "u", "now", "limit", "offset", "most", "id", "number")
    bindings = {**dict.fromkeys(names, 1), "rows": "[]"}
    sql = query(name, **parts)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", bindings)]
    assert any(index in line for line in plan), plan
    scans = [line for line in plan if line.startswith("SCAN") and "USING" not in line]
    allowed = ("json_each", "CONSTANT", "(subquery", "VIRTUAL")
    assert all(any(word in line for word in allowed) for line in scans), plan
    if name not in ("traces", "version_numbered"):  # those sort the few rows of one memory
        assert not any("TEMP B-TREE FOR ORDER BY" in line for line in plan), plan
