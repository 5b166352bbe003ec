"""What names no namespace belongs to the caller's own project; recall begins there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from tests.support import Harness, harness

from ai_memory.model.command import Caller, Command
from ai_memory.model.field import OWN
from ai_memory.operations.check_duplicate import CheckDuplicate
from ai_memory.operations.consolidate_memories import ConsolidateMemories
from ai_memory.operations.find_entity import FindEntity
from ai_memory.operations.import_memories import ImportedMemory, ImportMemories
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.recall_memories import RecallMemories, RecallResult
from ai_memory.operations.register_entity import RegisterEntity
from ai_memory.operations.registry import OPERATIONS, command_type
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.start_session import StartSession
from ai_memory.operations.store_many import StoreMany
from ai_memory.operations.store_memory import StoreMemory

SHOP = Caller(agent_id="test:agent", project="work/shop")
NOBODY = Caller(agent_id="test:agent")
GLOBAL = Caller(agent_id="test:agent", project="global")


@pytest.fixture(params=[False, True], ids=["keyword", "semantic"])
def node(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with harness(semantic=request.param) as opened:
        yield opened


def store(node: Harness, content: str, namespace: str = OWN, caller: Caller = SHOP) -> str:
    stored = node.run(
        StoreMemory(title=content[:40], content=content, namespace=namespace, tier="long"), caller
    )
    return str(stored.id)


def recall(node: Harness, context: str, caller: Caller = SHOP, **fields: Any) -> RecallResult:
    found: RecallResult = node.run(RecallMemories(context=context, **fields), caller)
    return found


def origins(found: RecallResult) -> list[tuple[str, object]]:
    return [(memory.namespace, memory.origin) for memory in found.memories]


@pytest.mark.parametrize(
    ("caller", "home"), [(SHOP, "work/shop"), (NOBODY, "global"), (GLOBAL, "global")]
)
def test_what_is_written_lands_at_home(node: Harness, caller: Caller, home: str) -> None:
    one = store(node, "We deploy on Thursdays.", caller=caller)
    fields = {"title": "Port", "content": "The port is 9000."}
    (two,) = node.run(StoreMany(memories=(fields,)), caller).ids
    node.run(ImportMemories(memories=({**fields, "title": "Import"},)), caller)
    entity = node.run(RegisterEntity(canonical_name="Ada"), caller)
    merged = node.run(ConsolidateMemories(ids=(one, two), title="Both"), caller)
    assert entity.namespace == merged.namespace == home
    listed = node.run(ListMemories(), caller).memories
    assert {memory.namespace for memory in listed} == {home}
    assert node.run(StartSession(), caller).count == len(listed)
    verdict = node.run(CheckDuplicate(title="Port", content="The port is 9000."), caller)
    assert verdict.nearest is not None


def test_a_namespace_that_is_named_is_meant(node: Harness) -> None:
    store(node, "We deploy on Thursdays.", "elsewhere")
    assert node.run(ListMemories(), SHOP).memories[0].namespace == "elsewhere"
    asked = CheckDuplicate(title="Deploys", content="We deploy on Thursdays.")
    assert node.run(asked, SHOP).nearest is None
    assert node.run(replace(asked, namespace="elsewhere"), SHOP).nearest is not None
    assert node.run(StartSession(), SHOP).count == 0
    assert node.run(StartSession(namespace="elsewhere"), SHOP).count == 1


def test_reading_looks_everywhere(node: Harness) -> None:
    store(node, "We deploy on Thursdays.", "blog")
    node.run(RegisterEntity(canonical_name="Ada", namespace="blog"), SHOP)
    assert node.run(SearchMemories(query="Thursdays"), SHOP).count == 1
    assert node.run(FindEntity(alias="Ada"), SHOP).namespace == "blog"
    node.run(RegisterEntity(canonical_name="Ada", namespace="work"), SHOP)
    node.clock.advance(1)
    node.run(RegisterEntity(canonical_name="Ada", namespace="music"), SHOP)
    assert node.run(FindEntity(alias="Ada"), SHOP).namespace == "work"
    assert node.run(FindEntity(alias="Ada"), NOBODY).namespace != "work"


def test_the_own_project_comes_first_though_another_has_more_of_the_words(node: Harness) -> None:
    store(node, "We use PostgreSQL 16 for the database, as we always use it.", "blog")
    store(node, "The database is MySQL.")
    asked = "which database do we use?"
    found = recall(node, asked)
    assert origins(found) == [("work/shop", "own"), ("blog", "elsewhere")]
    scores = [memory.score for memory in found.memories]
    assert scores == sorted(scores, reverse=True)
    assert [m.namespace for m in recall(node, asked, NOBODY).memories] == ["blog", "work/shop"]


def test_the_score_of_what_was_lifted_is_explained(node: Harness) -> None:
    store(node, "We use PostgreSQL 16 for the database, as we always use it.", "blog")
    store(node, "The database is MySQL.")
    own, other = recall(node, "which database do we use?", explain=True).memories
    assert isinstance(own.explanation, dict)
    assert isinstance(other.explanation, dict)
    assert own.explanation["own"] > 0
    assert "own" not in other.explanation
    for memory in (own, other):
        assert isinstance(memory.explanation, dict)
        assert sum(memory.explanation.values()) == pytest.approx(memory.score, abs=0.001)


def test_an_own_memory_that_is_about_something_else_buries_nothing(node: Harness) -> None:
    store(node, "Ada prefers Neovim with a dark theme as her editor.", "global")
    for number in range(8):
        store(node, f"The editor of page {number} must check the prices of the shop.")
    found = recall(node, "which editor does Ada prefer?", min_relevance=0.0)
    assert "global" in [memory.namespace for memory in found.memories[:3]]


def test_many_own_ones_that_fit_leave_the_third_place_to_the_best_elsewhere(node: Harness) -> None:
    store(node, "Which editor Ada prefers: Neovim with a dark theme.", "global")
    for number in range(8):
        store(node, f"Ada, the editor of part {number}, prefers short texts.")
    found = recall(node, "which editor Ada prefers")
    assert [origin for _namespace, origin in origins(found)][:4] == ["own", "own", "global", "own"]


def test_ancestors_are_own_too_and_further_ones_count_less(node: Harness) -> None:
    for namespace in ("work", "work/shop", "music"):
        store(node, f"The release day of {namespace.replace('/', ' ')} is Thursday.", namespace)
    found = recall(node, "when is the release day?")
    assert origins(found) == [("work/shop", "own"), ("work", "ancestor"), ("music", "elsewhere")]


def test_a_great_project_elsewhere_does_not_hide_the_own_one(node: Harness) -> None:
    for number in range(130):
        store(node, f"{number}: we use the database, database and database.", "blog")
    store(node, "The database is MySQL, and it is slow on Mondays, says Tom of operations.")
    asked = "which database do we use?"
    assert recall(node, asked).memories[0].namespace == "work/shop"
    everywhere = recall(node, asked, NOBODY, limit=50, min_relevance=0.0)
    assert {memory.namespace for memory in everywhere.memories} == {"blog"}


@pytest.mark.parametrize("caller", [NOBODY, GLOBAL])
def test_without_a_project_the_ranking_is_the_same_for_all(node: Harness, caller: Caller) -> None:
    for number in range(6):
        store(node, f"We use database {number}.", ("blog", "global", "work/shop")[number % 3])
    asked = "which database do we use?"
    found = recall(node, asked, caller, explain=True)
    assert found.memories == recall(node, asked, NOBODY, explain=True).memories
    assert {origin for _namespace, origin in origins(found)} == {UNSET}


def test_a_recall_in_a_named_namespace_says_where_from_as_well(node: Harness) -> None:
    store(node, "The release day is Thursday.", "work")
    store(node, "The release day is Friday.", "work/shop")
    found = recall(node, "when is the release day?", NOBODY, namespace="work/shop")
    assert origins(found) == [("work/shop", "own"), ("work", "ancestor")]


def test_every_command_that_fills_in_the_own_project_says_so() -> None:
    """A face asks its client for a project only where `at_home` says that it counts."""
    kinds: list[type[Command]] = [command_type(operation) for operation in OPERATIONS]
    kinds.append(ImportedMemory)
    for kind in kinds:
        names, defaults = kind.__struct_fields__, kind.__struct_defaults__
        default = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        if default.get("namespace") == OWN:
            assert kind.at_home, kind
