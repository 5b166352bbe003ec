"""What an event loop reads on the spot, and what it leaves to a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.support import ManualClock

from ai_memory import limits
from ai_memory.compose import OpenNode, open_node
from ai_memory.config import load_config
from ai_memory.errors import NotFound
from ai_memory.model.command import Caller
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.memory_stats import MemoryStats
from ai_memory.operations.registry import OPERATIONS, command_type, takes_steps
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.ports import OutOfSteps

CALLER = Caller(agent_id="test:agent")
STORED = 40


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenNode]:
    config = load_config({"db": str(tmp_path / "memory.db"), "tier": "keyword"})
    # A clock that stands still: nothing is slow, however busy the machine.
    with closing(open_node(config, background=False, clock=ManualClock())) as found:
        for number in range(STORED):
            command = StoreMemory(title=f"Note {number}", content=f"Tea is drunk at {number}.")
            found.node.execute(CALLER, command)
        yield found


def pool_threads() -> int:
    """How many threads have read for event loops; a pool starts them when it needs them."""
    return sum(thread.name.startswith("ai-memory-call") for thread in threading.enumerate())


@pytest.mark.anyio
async def test_a_point_read_needs_no_thread(opened: OpenNode) -> None:
    before = pool_threads()
    found = await opened.node.execute_async(CALLER, SearchMemories(query="tea"))
    one = await opened.node.execute_async(CALLER, GetMemory(id=found.results[0].id))
    assert one.title == found.results[0].title
    with pytest.raises(NotFound):
        await opened.node.execute_async(CALLER, GetMemory(id="nobody"))
    assert pool_threads() == before
    await opened.node.execute_async(CALLER, MemoryStats())
    assert pool_threads() == before + 1


@pytest.mark.anyio
async def test_what_costs_too_much_is_left_to_threads_for_a_while(
    opened: OpenNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pool_threads()
    plain = limits.LOOP_READ_STEPS_MAX
    monkeypatch.setattr(limits, "LOOP_READ_STEPS_MAX", 500)
    dear = SearchMemories(query="tea", limit=STORED)
    assert (await opened.node.execute_async(CALLER, dear)).count == STORED
    assert pool_threads() == before + 1
    monkeypatch.setattr(limits, "LOOP_READ_STEPS_MAX", plain)

    def asked_of_threads() -> int:
        return limits.LOOP_READS_SKIPPED - opened.node.left_to_threads("search_memories")

    assert asked_of_threads() == 0
    cheap = SearchMemories(query="nothing")
    for turn in range(limits.LOOP_READS_SKIPPED):
        await opened.node.execute_async(CALLER, cheap)
        assert asked_of_threads() == turn + 1
    await opened.node.execute_async(CALLER, cheap)
    assert opened.node.left_to_threads("search_memories") == 0
    assert opened.node.left_to_threads("get_memory") == 0


def test_a_read_that_may_cost_nothing_is_given_up_and_the_next_is_whole(opened: OpenNode) -> None:
    store = opened.node.store

    def titles(steps_max: int | None) -> list[str]:
        with store.read(steps_max) as rows:
            ids = rows.ids_with_prefix("", STORED)
            return [memory.title for memory in rows.memories(ids)]

    whole = titles(None)
    assert len(whole) == STORED
    for _ in range(3):
        with pytest.raises(OutOfSteps):
            titles(0)
        assert titles(1_000_000) == whole
    assert titles(None) == whole


def test_only_plain_reads_are_swift() -> None:
    """What takes steps may wait for an encoder or a model, and what streams for its reader."""
    for operation in OPERATIONS:
        if operation.swift:
            assert operation.reads_only
            assert not operation.streams
            assert not takes_steps(command_type(operation))
