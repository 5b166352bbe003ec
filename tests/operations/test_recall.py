"""What recall does beyond ranking: the floor, repeats, the reranker, namespaces, recency."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.reranker.tiny_cross_encoder import write_model
from tests.support import CALLER, NOON, Harness, harness

from ai_memory.compose import OpenNode, open_node
from ai_memory.config import load_config
from ai_memory.model.clock import to_rfc3339
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.invalidate_link import InvalidateLink
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.memory_capabilities import MemoryCapabilities
from ai_memory.operations.recall_memories import RecallMemories, RecallResult
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.retrieval import fusion

DAY = 86_400 * 1_000_000
KAYAK = "The blue kayak is kept in the shed behind the house, beside the old bicycle"


@pytest.fixture
def open_() -> Iterator[Harness]:
    with harness() as opened:
        yield opened


def titles(open_: Harness, context: str, **fields: Any) -> list[str]:
    result: RecallResult = open_.run(RecallMemories(context=context, **fields))
    return [memory.title for memory in result.memories]


def store(open_: Harness, title: str, content: str, **fields: Any) -> None:
    open_.run(StoreMemory(title=title, content=content, **fields))


class TestFloor:
    def test_nothing_is_an_answer(self, open_: Harness) -> None:
        store(open_, "soup", "We had soup for lunch at the station")
        asked = "What did Rosalind write in her thesis about soup crystals?"
        found = open_.run(RecallMemories(context=asked))
        assert (found.memories, found.count, found.tokens_used) == ([], 0, 0)
        assert found.meta.reranker_used == "none"
        assert titles(open_, asked, min_relevance=0.0) == ["soup"]

    def test_what_is_unsure_is_shown_and_marked(self, open_: Harness) -> None:
        store(open_, "soup", "We had soup for lunch at the station with all of them")
        found = open_.run(RecallMemories(context="what did the inspector write about the station?"))
        assert [(one.title, one.confident) for one in found.memories] == [("soup", False)]
        assert not found.confident
        sure = open_.run(RecallMemories(context="what did we have for lunch?"))
        assert sure.confident
        assert sure.memories[0].confident

    def test_small_talk_around_a_question_is_not_looked_for(self, open_: Harness) -> None:
        store(open_, "kayak", KAYAK)
        store(open_, "weather", "The weather was awful this week and we stayed at home all day")
        asked = "Hi! The weather is awful this week, I stayed at home. Where is the kayak? Thanks!"
        found = open_.run(RecallMemories(context=asked))
        assert [one.title for one in found.memories] == ["kayak"]

    def test_an_exact_hit_passes_any_floor(self, open_: Harness) -> None:
        store(open_, "kayak", KAYAK)
        store(open_, "boats", "A blue boat")
        found = open_.run(RecallMemories(context="where is the blue kayak?", min_relevance=1.0))
        assert [(one.title, one.relevance) for one in found.memories] == [("kayak", 1.0)]


class TestRepeats:
    def test_they_make_room_before_the_limit(self, open_: Harness) -> None:
        for number in "abc":
            store(open_, f"kayak {number}", KAYAK)
        store(open_, "paddle", "The kayak paddle is yellow and hangs in the garage")
        assert "paddle" in titles(open_, "kayak", limit=2)
        assert len(titles(open_, "kayak", limit=4)) == 4


class TestNamespaces:
    def test_the_near_ones_are_not_cut_off_by_the_far_ones(self, open_: Harness) -> None:
        for number in range(4):
            store(open_, f"far {number}", f"green tea number {number}", namespace="home")
        store(open_, "near", "green tea at last", namespace="home/kitchen/shelf")
        assert titles(open_, "green tea", namespace="home/kitchen/shelf", limit=1) == ["near"]


class TestRecency:
    def test_it_orders_equals_and_can_be_switched_off(self, open_: Harness) -> None:
        rows = (
            {
                "title": "old",
                "tier": "mid",
                "content": "tea is served",
                "created_at": to_rfc3339(NOON - 6 * DAY),
            },
            {
                "title": "new",
                "tier": "mid",
                "content": "tea is ready",
                "created_at": to_rfc3339(NOON),
            },
        )
        open_.run(ImportMemories(memories=rows))
        assert titles(open_, "tea") == ["new", "old"]
        assert titles(open_, "tea", recency=False) == ["old", "new"]

    def test_it_buries_no_exact_hit(self, open_: Harness) -> None:
        old = {"title": "exact", "content": KAYAK, "created_at": to_rfc3339(NOON - 3_000 * DAY)}
        open_.run(ImportMemories(memories=({**old, "tier": "long"},)))
        for number in range(20):
            store(open_, f"new {number}", f"a blue thing, number {number}", priority=10)
        assert titles(open_, "blue kayak shed", limit=1) == ["exact"]


class TestExplain:
    def test_it_costs_nothing_when_off(
        self, open_: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: list[object] = []
        real = fusion.Contributions

        def counted(*parts: float) -> fusion.Contributions:
            made.append(parts)
            return real(*parts)

        monkeypatch.setattr(fusion, "Contributions", counted)
        store(open_, "kayak", KAYAK)
        titles(open_, "kayak")
        assert made == []
        titles(open_, "kayak", explain=True)
        assert len(made) == 1

    def test_the_parts_make_the_score(self, open_: Harness) -> None:
        store(open_, "kayak", KAYAK)
        (found,) = open_.run(RecallMemories(context="blue kayak", explain=True)).memories
        assert sum(found.explanation.values()) == pytest.approx(found.score, abs=1e-3)


def autonomous(tmp_path: Path, *, reranker: Path) -> OpenNode:
    config = load_config(
        {
            "db": str(tmp_path / "memory.db"),
            "tier": "autonomous",
            "embedder": "hashing",
            "reranker_path": str(reranker),
        }
    )
    return open_node(config, background=False)


def features(opened: OpenNode) -> Any:
    return opened.node.execute(CALLER, MemoryCapabilities()).features


class TestReranker:
    def fill(self, opened: OpenNode) -> None:
        for title, content in (("one", "tea bad bad bad bad"), ("two", "tea for two, good good")):
            opened.node.execute(CALLER, StoreMemory(title=title, content=content))

    def ask(self, opened: OpenNode) -> RecallResult:
        result: RecallResult = opened.node.execute(
            CALLER, RecallMemories(context="tea bad", explain=True)
        )
        return result

    def test_it_has_half_the_say(self, tmp_path: Path) -> None:
        opened = autonomous(tmp_path, reranker=write_model(tmp_path / "tiny"))
        try:
            self.fill(opened)
            found = self.ask(opened)
            assert [one.title for one in found.memories] == ["two", "one"]
            assert found.meta.reranker_used == "neural"
            for one in found.memories:
                assert isinstance(one.explanation, dict)
                assert sum(one.explanation.values()) == pytest.approx(one.score, abs=1e-3)
            assert features(opened)["reranker_active"] == "neural"
            assert features(opened)["cross_encoder_reranking"] is True
        finally:
            opened.close()

    def test_one_that_fails_is_seen_to(self, tmp_path: Path) -> None:
        opened = autonomous(tmp_path, reranker=write_model(tmp_path / "tiny"))
        try:
            self.fill(opened)
            assert opened.node.reranker is not None
            opened.node.reranker.close()
            found = self.ask(opened)
            assert [one.title for one in found.memories] == ["one", "two"]
            assert found.meta.reranker_used == "lexical"
            assert features(opened)["reranker_active"] == "lexical"
            assert features(opened)["reranker_problem"] == "the reranker is closed"
        finally:
            opened.close()

    def test_one_that_cannot_be_had_is_named(self, tmp_path: Path) -> None:
        opened = autonomous(tmp_path, reranker=tmp_path / "nowhere")
        try:
            self.fill(opened)
            assert self.ask(opened).meta.reranker_used == "lexical"
            assert "no model.onnx" in features(opened)["reranker_problem"]
        finally:
            opened.close()


class TestCurrent:
    def test_the_current_stands_above_what_it_supersedes(self, open_: Harness) -> None:
        old = open_.run(StoreMemory(title="Blue kayak", content="The blue kayak is in the shed"))
        new = open_.run(StoreMemory(title="Move", content="Kayak: in the boat house since May"))
        asked = RecallMemories(context="where is the blue kayak?", explain=True, min_relevance=0.0)
        assert [one.id for one in open_.run(asked).memories] == [old.id, new.id]

        ends = {"source_id": new.id, "target_id": old.id, "relation": "supersedes"}
        open_.run(LinkMemories(**ends))
        first, second = open_.run(asked).memories
        assert (first.id, second.id) == (new.id, old.id)
        assert second.superseded_by == [new.id]
        assert not first.superseded_by
        assert first.score >= second.score
        for one in (first, second):
            assert sum(one.explanation.values()) == pytest.approx(one.score, abs=2e-3)
        assert open_.run(GetMemory(id=old.id)).superseded_by == [new.id]

        open_.clock.advance(1)
        open_.run(InvalidateLink(**ends))
        again = open_.run(asked).memories
        assert [one.id for one in again] == [old.id, new.id]
        assert not again[0].superseded_by
        assert not open_.run(GetMemory(id=old.id)).superseded_by

    def test_a_successor_that_is_gone_supersedes_nothing(self, open_: Harness) -> None:
        old = open_.run(StoreMemory(title="Blue kayak", content="The blue kayak is in the shed"))
        new = open_.run(StoreMemory(title="Move", content="Kayak: in the boat house since May"))
        open_.run(LinkMemories(source_id=new.id, target_id=old.id, relation="supersedes"))
        open_.run(DeleteMemory(id=new.id))
        (only,) = open_.run(RecallMemories(context="where is the blue kayak?")).memories
        assert not only.superseded_by
