"""What each operation promises its caller, through the node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support import NOON, Harness, harness

from ai_memory.errors import AmbiguousId, Conflict, NotFound, ValidationFailed
from ai_memory.model.clock import to_rfc3339
from ai_memory.operations.collect_expired import CollectExpired
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.list_namespaces import ListNamespaces
from ai_memory.operations.memory_history import MemoryHistory
from ai_memory.operations.memory_stats import MemoryStats
from ai_memory.operations.promote_memory import PromoteMemory
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory

HOUR = 3_600


@pytest.fixture
def open_() -> Iterator[Harness]:
    with harness() as opened:
        yield opened


def store(open_: Harness, title: str = "T", content: str = "C", **fields: Any) -> Any:
    return open_.run(StoreMemory(title=title, content=content, **fields))


class TestStore:
    def test_defaults(self, open_: Harness) -> None:
        stored = store(open_)

        assert (stored.tier, stored.namespace, stored.priority, stored.source) == (
            "mid",
            "global",
            5,
            "api",
        )
        assert stored.agent_id == stored.metadata["agent_id"] == "test:agent"
        assert stored.expires_at == to_rfc3339(NOON + 7 * 24 * HOUR * 1_000_000)

    @pytest.mark.parametrize(
        ("fields", "secs"),
        [
            ({"tier": "short"}, 6 * HOUR),
            ({"tier": "long", "ttl_secs": 60}, 60),
            ({"ttl_secs": 60, "expires_at": to_rfc3339(NOON + 5_000_000)}, 5),
        ],
    )
    def test_expiry_precedence(self, open_: Harness, fields: dict[str, Any], secs: int) -> None:
        assert store(open_, **fields).expires_at == to_rfc3339(NOON + secs * 1_000_000)

    def test_an_expiry_in_the_past_is_refused(self, open_: Harness) -> None:
        with pytest.raises(ValidationFailed, match="past"):
            store(open_, expires_at=to_rfc3339(NOON))
        assert open_.run(ListMemories()).total == 0

    def test_a_taken_title_is_a_conflict_that_names_the_holder(self, open_: Harness) -> None:
        first = store(open_)
        with pytest.raises(Conflict) as raised:
            store(open_)
        assert raised.value.details["existing_id"] == first.id
        assert store(open_, namespace="other").id != first.id

    def test_merge_loses_nothing(self, open_: Harness) -> None:
        first = store(
            open_, content="old", tier="long", tags=("a",), priority=8, metadata={"k": 1, "m": 1}
        )
        merged = store(
            open_,
            content="new",
            tags=("b",),
            priority=2,
            metadata={"m": 2},
            agent_id="other",
            on_conflict="merge",
        )

        assert merged.id == first.id
        assert merged.duplicate is True
        assert (merged.content, merged.tier, merged.priority) == ("new", "long", 8)
        assert merged.tags == ("a", "b")
        assert merged.metadata == {"k": 1, "m": 2, "agent_id": "test:agent"}
        assert merged.version == 2
        versions = open_.run(MemoryHistory(id=first.id)).versions
        assert [v.content for v in versions] == ["new", "old"]

    def test_merging_the_same_text_makes_no_version(self, open_: Harness) -> None:
        store(open_, tier="long")
        merged = store(open_, tier="long", on_conflict="merge")
        assert (merged.version, merged.duplicate) == (1, True)

    def test_version_numbers_the_title(self, open_: Harness) -> None:
        titles = [store(open_, on_conflict="version").title for _ in range(3)]
        assert titles == ["T", "T (2)", "T (3)"]
        long = "x" * 512
        store(open_, title=long)
        assert len(store(open_, title=long, on_conflict="version").title) == 512

    def test_an_expired_holder_frees_its_title(self, open_: Harness) -> None:
        first = store(open_, tier="short")
        open_.clock.advance(7 * HOUR)
        second = store(open_)
        assert second.id != first.id
        assert open_.run(MemoryStats()).archived_total == 1

    def test_hints_of_contradictions(self, open_: Harness) -> None:
        first = store(open_, title="Database choice", content="We use PostgreSQL")
        store(open_, title="Database choice", namespace="elsewhere")
        store(open_, title="Lunch")
        second = store(open_, title="Choice of the database", content="We use MySQL")
        assert second.potential_contradictions == [first.id]

    def test_near_duplicates_at_the_semantic_level(self) -> None:
        with harness(semantic=True) as open_:
            text = "the deployment runs every night at two"
            first = store(open_, title="Deployment", content=text)
            second = store(open_, title="Deployments", content=text)
            assert [hint.id for hint in second.near_duplicates] == [first.id]
            third = store(open_, title="Cat", content="a cat sat upon some mat yesterday")
            assert not third.near_duplicates

    def test_scope_is_stamped(self, open_: Harness) -> None:
        assert store(open_, scope="team").metadata["scope"] == "team"

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"title": " "}, "title"),
            ({"title": "x" * 513}, "title"),
            ({"title": "a\x07b"}, "title"),
            ({"content": "\n"}, "content"),
            ({"content": "é" * 32_769}, "content"),
            ({"content": "a\x00b"}, "content"),
            ({"content": "a\ud800b"}, "content"),
            ({"namespace": "a b"}, "namespace"),
            ({"namespace": "/a"}, "namespace"),
            ({"namespace": "a//b"}, "namespace"),
            ({"namespace": "a/../b"}, "namespace"),
            ({"namespace": "/".join("abcdefghi")}, "namespace"),
            ({"tags": tuple(str(n) for n in range(51))}, "tags"),
            ({"tags": ("x" * 129,)}, "tags"),
            ({"tags": ("",)}, "tags"),
            ({"confidence": float("nan")}, "confidence"),
            ({"metadata": {"x": "y" * 65_536}}, "metadata"),
            ({"metadata": {"scope": "everyone"}}, "metadata"),
            ({"metadata": {"agent_id": "no spaces"}}, "metadata"),
            ({"metadata": {"n": 2**64}}, "metadata"),
            ({"metadata": {"n": float("inf")}}, "metadata"),
            ({"agent_id": "a b"}, "agent_id"),
            ({"source": "nowhere"}, "source"),
            ({"expires_at": "soon"}, "expires_at"),
        ],
    )
    def test_malformed_fields(self, open_: Harness, fields: dict[str, Any], field: str) -> None:
        with pytest.raises(ValidationFailed) as raised:
            StoreMemory(**{"title": "T", "content": "C", **fields})
        assert raised.value.details["field"] == field
        assert open_.run(ListMemories()).total == 0

    def test_metadata_as_deep_as_allowed(self, open_: Harness) -> None:
        def nest(levels: int) -> Any:
            return {"x": nest(levels - 1)} if levels else 1

        assert store(open_, metadata=nest(32)).metadata["x"] == nest(31)
        with pytest.raises(ValidationFailed):
            StoreMemory(title="t", content="c", metadata=nest(33))

    def test_line_ends_of_windows_are_text(self, open_: Harness) -> None:
        assert store(open_, content="a\r\nb").content == "a\r\nb"


class TestGetUpdateDelete:
    def test_get_by_prefix(self, open_: Harness) -> None:
        stored = store(open_)
        found = open_.run(GetMemory(id=stored.id[:8]))
        assert found.id == found.memory.id == stored.id
        assert found.links == []

    def test_an_ambiguous_prefix_lists_the_matches(self, open_: Harness) -> None:
        records = tuple({"id": f"same-{n}", "title": f"t{n}", "content": "c"} for n in range(3))
        open_.run(ImportMemories(memories=records))
        with pytest.raises(AmbiguousId) as raised:
            open_.run(GetMemory(id="same"))
        assert raised.value.details["matches"] == ["same-0", "same-1", "same-2"]

    def test_expired_and_deleted_are_not_found(self, open_: Harness) -> None:
        short = store(open_, tier="short")
        gone = store(open_, title="gone")
        open_.run(DeleteMemory(id=gone.id))
        open_.clock.advance(7 * HOUR)
        for command in (
            GetMemory(id=short.id),
            GetMemory(id=gone.id),
            UpdateMemory(id=short.id, title="x"),
            DeleteMemory(id=gone.id),
            PromoteMemory(id=short.id),
            GetMemory(id="%"),
        ):
            with pytest.raises(NotFound):
                open_.run(command)
        assert open_.run(MemoryHistory(id=gone.id)).total == 1

    def test_update_keeps_what_is_left_out(self, open_: Harness) -> None:
        stored = store(open_, tags=("a",), metadata={"k": 1})
        open_.clock.advance(5)
        updated = open_.run(UpdateMemory(id=stored.id, content="new", metadata={"x": 2}))
        assert updated.updated is True
        assert updated.memory.content == updated.content == "new"
        assert (updated.title, updated.tags) == ("T", ("a",))
        assert updated.metadata == {"x": 2, "agent_id": "test:agent"}
        assert (updated.version, updated.created_at) == (2, stored.created_at)
        assert updated.updated_at > stored.updated_at

    def test_an_update_that_changes_nothing_changes_nothing(self, open_: Harness) -> None:
        stored = store(open_)
        with open_.node.store.read() as rows:
            position = rows.log_position()
        assert open_.run(UpdateMemory(id=stored.id, title="T")).version == 1
        with open_.node.store.read() as rows:
            assert rows.log_position() == position

    def test_tier_only_rises_and_long_lives(self, open_: Harness) -> None:
        stored = store(open_)
        assert open_.run(UpdateMemory(id=stored.id, tier="short")).tier == "mid"
        raised = open_.run(UpdateMemory(id=stored.id, tier="long"))
        assert (raised.tier, bool(raised.expires_at)) == ("long", False)

    def test_null_clears_the_expiry(self, open_: Harness) -> None:
        stored = store(open_)
        assert not open_.run(UpdateMemory(id=stored.id, expires_at=None)).expires_at

    def test_a_title_held_by_another_is_a_conflict(self, open_: Harness) -> None:
        store(open_, title="held")
        other = store(open_)
        with pytest.raises(Conflict) as raised:
            open_.run(UpdateMemory(id=other.id, title="held"))
        assert "on_conflict" not in raised.value.hint  # an update has none
        moved = open_.run(UpdateMemory(id=other.id, title="held", namespace="elsewhere"))
        assert moved.namespace == "elsewhere"

    def test_new_text_is_found_and_old_is_not(self) -> None:
        with harness(semantic=True) as open_:
            stored = store(open_, content="a walrus in the bath")
            open_.run(UpdateMemory(id=stored.id, content="an otter on the roof"))
            assert open_.run(SearchMemories(query="walrus")).total == 0
            assert open_.run(SearchMemories(query="otter")).total == 1
            recalled = open_.run(RecallMemories(context="otter on the roof"))
            assert recalled.mode == "hybrid"
            assert recalled.meta.candidate_counts.hnsw == 1

    def test_delete_keeps_the_history(self, open_: Harness) -> None:
        stored = store(open_)
        assert open_.run(DeleteMemory(id=stored.id[:10])).id == stored.id
        assert open_.run(MemoryHistory(id=stored.id)).versions[0].current is False


class TestPromote:
    def test_tier(self, open_: Harness) -> None:
        stored = store(open_)
        promoted = open_.run(PromoteMemory(id=stored.id))
        assert (promoted.mode, promoted.tier) == ("tier", "long")
        kept = open_.run(GetMemory(id=stored.id))
        assert not kept.expires_at
        assert kept.updated_at == stored.updated_at

    def test_vertical(self, open_: Harness) -> None:
        stored = store(open_, namespace="a/b/c")
        promoted = open_.run(PromoteMemory(id=stored.id, to_namespace="a"))
        clone = open_.run(GetMemory(id=promoted.clone_id))
        assert (clone.namespace, clone.content) == ("a", "C")
        assert (clone.links[0].relation, clone.links[0].target_id) == ("derived_from", stored.id)
        with pytest.raises(Conflict) as raised:
            open_.run(PromoteMemory(id=stored.id, to_namespace="a"))
        assert "on_conflict" not in raised.value.hint
        for target in ("a/b/c", "a/bb", "z"):
            with pytest.raises(ValidationFailed):
                open_.run(PromoteMemory(id=stored.id, to_namespace=target))


class TestListSearch:
    def test_pages_are_whole_and_the_total_honest(self, open_: Harness) -> None:
        for n in range(7):
            store(open_, title=f"t{n}", priority=1 + n % 3)
        seen: list[str] = []
        cursor = None
        while True:
            page = open_.run(ListMemories(limit=3, cursor=cursor))
            assert page.total == 7
            seen += [m.title for m in page.memories]
            if not page.next_cursor:
                break
            cursor = page.next_cursor
        assert sorted(seen) == [f"t{n}" for n in range(7)]

    def test_foreign_cursors_are_refused(self, open_: Harness) -> None:
        for cursor in ("x", "bm90IGpzb24", "W10", "💥"):
            with pytest.raises(ValidationFailed):
                open_.run(ListMemories(cursor=cursor))

    def test_search_is_and_and_pages(self, open_: Harness) -> None:
        for n in range(5):
            store(open_, title=f"apple {n}", content="red fruit")
        store(open_, title="apple juice", content="a drink")
        found = open_.run(SearchMemories(query="apple fruit", limit=2))
        assert (found.count, found.total, found.query) == (2, 5, "apple fruit")
        rest = open_.run(SearchMemories(query="apple fruit", limit=9, cursor=found.next_cursor))
        assert rest.count == 3
        assert not rest.next_cursor
        assert open_.run(SearchMemories(query='"juice apple"')).total == 0
        assert open_.run(SearchMemories(query="title:juice")).total == 1
        assert open_.run(SearchMemories(query="appl*")).total == 6
        assert open_.run(SearchMemories(query="apple -fruit")).total == 1

    def test_namespaces_and_stats(self, open_: Harness) -> None:
        store(open_)
        store(open_, title="u")
        store(open_, namespace="b", tier="short")
        assert [(n.namespace, n.count) for n in open_.run(ListNamespaces()).namespaces] == [
            ("global", 2),
            ("b", 1),
        ]
        stats = open_.run(MemoryStats())
        assert stats.total == 3
        assert {t.tier: t.count for t in stats.by_tier} == {"mid": 2, "short": 1}
        open_.clock.advance(5.5 * HOUR)
        assert open_.run(MemoryStats()).expiring_soon == 1
        open_.clock.advance(1 * HOUR)
        assert open_.run(MemoryStats()).total == 2
        assert open_.run(CollectExpired()).collected == 1
        assert open_.run(MemoryStats()).archived_total == 1


class TestRecall:
    def test_the_right_memory_comes_first(self, open_: Harness) -> None:
        store(open_, title="Colours", content="The user prefers green.")
        store(open_, title="Food", content="The user likes pasta.", priority=10)
        recalled = open_.run(RecallMemories(context="which colour, green or red?"))
        assert recalled.memories[0].title == "Colours"
        assert 0 < recalled.memories[0].score <= 1
        assert recalled.mode == "keyword"
        assert recalled.meta.recall_mode == "keyword_only"

    def test_chinese(self, open_: Harness) -> None:
        store(open_, title="城市", content="北京是中国的首都")
        store(open_, title="食物", content="我喜欢吃面条")
        assert open_.run(RecallMemories(context="中国的首都在哪里")).memories[0].title == "城市"
        assert open_.run(SearchMemories(query="面条")).total == 1

    def test_filters(self, open_: Harness) -> None:
        store(open_, title="a", content="walrus", namespace="x", tags=("t",))
        store(open_, title="b", content="walrus", namespace="y")
        assert open_.run(RecallMemories(context="walrus", namespace="x")).count == 1
        assert open_.run(RecallMemories(context="walrus", tags="t")).count == 1
        assert open_.run(RecallMemories(context="walrus", since=to_rfc3339(NOON + 1))).count == 0
        assert open_.run(RecallMemories(context="walrus", until=to_rfc3339(NOON))).count == 2
        assert open_.run(RecallMemories(context="walrus", limit=1)).count == 1
        assert open_.run(RecallMemories(context="walrus", limit=0)).count == 0
        assert open_.run(RecallMemories(context="%%% ???")).count == 0

    def test_a_namespace_includes_its_ancestors_nearer_first(self, open_: Harness) -> None:
        for namespace in ("a", "a/b", "a/b/c", "a/b/c/d", "z"):
            store(open_, content="the same walrus", namespace=namespace)
        recalled = open_.run(RecallMemories(context="walrus", namespace="a/b/c"))
        assert [m.namespace for m in recalled.memories] == ["a/b/c", "a/b", "a"]

    def test_scopes(self, open_: Harness) -> None:
        for scope in ("private", "team", "unit", "org", "collective"):
            store(open_, title=scope, content="walrus", namespace="o/u/t/me", scope=scope)

        def seen(position: str) -> set[str]:
            recalled = open_.run(RecallMemories(context="walrus", as_agent=position))
            return {m.title for m in recalled.memories}

        assert seen("o/u/t/me") == {"private", "team", "unit", "org", "collective"}
        assert seen("o/u/t/you") == {"team", "unit", "org", "collective"}
        assert seen("o/u/s/you") == {"unit", "org", "collective"}
        assert seen("o/v/s/you") == {"org", "collective"}
        assert seen("p/v/s/you") == {"collective"}
        found = open_.run(SearchMemories(query="walrus", as_agent="p/x"))
        assert [m.title for m in found.results] == ["collective"]

    def test_budget(self, open_: Harness) -> None:
        for n in range(5):
            store(open_, title=f"walrus {n}", content="walrus " * 20)
        recalled = open_.run(RecallMemories(context="walrus", budget_tokens=120))
        meta = recalled.meta
        assert recalled.tokens_used == meta.budget_tokens_used <= 120
        assert meta.budget_tokens_remaining == 120 - recalled.tokens_used
        assert meta.memories_dropped == 5 - recalled.count > 0
        tight = open_.run(RecallMemories(context="walrus", budget_tokens=1))
        assert (tight.count, tight.meta.budget_overflow) == (1, True)
        assert open_.run(RecallMemories(context="walrus", budget_tokens=0)).count == 0

    def test_explain_sums_to_the_score(self, open_: Harness) -> None:
        store(open_, title="walrus", content="walrus in the bath")
        hit = open_.run(RecallMemories(context="walrus bath", explain=True)).memories[0]
        assert sum(hit.explanation.values()) == pytest.approx(hit.score, abs=0.002)
        plain = open_.run(RecallMemories(context="walrus bath")).memories[0]
        assert not plain.explanation

    def test_context_tokens_bias_the_ranking(self) -> None:
        with harness(semantic=True) as open_:
            store(open_, title="one", content="python snake in the grass")
            store(open_, title="two", content="python code in the editor")
            for topic, title in (("snake grass reptile", "one"), ("code editor program", "two")):
                recalled = open_.run(RecallMemories(context="python", context_tokens=(topic,)))
                assert recalled.memories[0].title == title


class TestImport:
    def test_verbatim_and_repeatable(self, open_: Harness) -> None:
        record = {
            "id": "old-1",
            "title": "T",
            "content": "C",
            "created_at": "2020-01-02T03:04:05+02:00",
            "tier": "long",
            "metadata": {"agent_id": "somebody"},
        }
        first = open_.run(ImportMemories(memories=(record,)))
        again = open_.run(ImportMemories(memories=(record,)))
        assert (first.imported, again.imported, again.skipped) == (1, 0, 1)
        found = open_.run(GetMemory(id="old-1"))
        assert found.created_at == "2020-01-02T01:04:05+00:00"
        assert found.metadata == {"agent_id": "somebody"}

    def test_a_bad_record_never_loses_the_rest(self, open_: Harness) -> None:
        records = ({"title": "a"}, {"title": "b", "content": "c", "priority": 99}, {"foo": 1})
        result = open_.run(ImportMemories(memories=(*records, {"title": "ok", "content": "c"})))
        assert result.imported == 1
        assert [(e.index, e.code) for e in result.errors] == [
            (0, "VALIDATION_FAILED"),
            (1, "VALIDATION_FAILED"),
            (2, "VALIDATION_FAILED"),
        ]

    def test_same_titles_stay_apart(self, open_: Harness) -> None:
        records = tuple({"id": f"i{n}", "title": "New chat", "content": f"c{n}"} for n in range(40))
        assert open_.run(ImportMemories(memories=records)).imported == 40
        assert open_.run(ListMemories(limit=99)).total == 40

    def test_newer_text_revises(self, open_: Harness) -> None:
        old = {"id": "x", "title": "T", "content": "old", "created_at": "2020-01-01T00:00:00Z"}
        new = {**old, "content": "new", "updated_at": "2021-01-01T00:00:00Z"}
        open_.run(ImportMemories(memories=(old,)))
        assert open_.run(ImportMemories(memories=(new,))).updated == 1
        assert open_.run(ImportMemories(memories=(old,))).kept == 1
        found = open_.run(GetMemory(id="x"))
        assert (found.content, found.version) == ("new", 2)

    def test_what_was_deleted_stays_deleted(self, open_: Harness) -> None:
        record = {"id": "x", "title": "T", "content": "c"}
        open_.run(ImportMemories(memories=(record,)))
        open_.run(DeleteMemory(id="x"))
        assert open_.run(ImportMemories(memories=(record,))).gone == 1
        assert open_.run(ListMemories()).total == 0


def test_a_prefix_finds_what_lives_behind_many_that_expired(open_: Harness) -> None:
    expiring = to_rfc3339(NOON + HOUR * 1_000_000)
    records = tuple(
        {"id": f"ab-{n:02}", "title": f"t{n}", "content": "c", "expires_at": expiring}
        for n in range(30)
    )
    live = {"id": "ab-99", "title": "live", "content": "c", "tier": "long"}
    open_.run(ImportMemories(memories=(*records, live)))
    with pytest.raises(AmbiguousId):
        open_.run(GetMemory(id="ab"))
    open_.clock.advance(2 * HOUR)
    assert open_.run(GetMemory(id="ab")).title == "live"
