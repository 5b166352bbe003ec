"""What many tests need: a clock that is passed, a store, an open node."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.compose import WORD_WEIGHTS, OpenNode, open_node
from ai_memory.config import load_config
from ai_memory.model.clock import SECOND
from ai_memory.model.command import Caller, Command
from ai_memory.model.memory import Memory
from ai_memory.ports import Entropy

NOON = 1_770_000_000 * SECOND
CALLER = Caller(agent_id="test:agent", face="python")


def spent(work: Callable[[], object]) -> float:
    """Seconds of this thread on the processor: a busy machine does not lengthen them."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


class ManualClock:
    """Stands still until told otherwise."""

    def __init__(self, now: int = NOON) -> None:
        self._now = now

    def now(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return self._now / SECOND

    def advance(self, secs: float) -> None:
        self._now += int(secs * SECOND)


class NumberedIds:
    """Identifiers one can read."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new_id(self) -> str:
        return f"id-{next(self._numbers):06d}"


def open_store(path: Path | str, clock: ManualClock | None = None, **options: Any) -> SqliteStore:
    return SqliteStore(
        path,
        clock=clock or ManualClock(),
        entropy=NumberedIds(),
        bm25_weights=WORD_WEIGHTS,
        **options,
    )


class Harness:
    """An open node, driven without its background thread."""

    def __init__(self, opened: OpenNode, clock: ManualClock) -> None:
        self.opened = opened
        self.node = opened.node
        self.clock = clock

    def run(self, command: Command, caller: Caller = CALLER) -> Any:
        return self.node.execute(caller, command)

    def memory(self, memory_id: str) -> Memory:
        with self.node.store.read() as rows:
            found = rows.memory(memory_id)
        assert found is not None
        return found


@contextmanager
def harness(
    path: Path | str = ":memory:",
    *,
    semantic: bool = False,
    clock: ManualClock | None = None,
    entropy: Entropy | None = None,
    **settings: Any,
) -> Iterator[Harness]:
    clock = clock or ManualClock()
    level = "semantic" if semantic else "keyword"
    config = load_config({"db": str(path), "tier": level, **settings})
    opened = open_node(
        config,
        background=False,
        clock=clock,
        entropy=entropy,
        embedder=HashingEmbedder() if semantic else None,
    )
    try:
        yield Harness(opened, clock)
    finally:
        opened.close()


def memory(number: int = 1, **changes: Any) -> Memory:
    """A plain memory; `number` makes it another one."""
    fields: dict[str, Any] = {
        "id": f"memory-{number}",
        "namespace": "global",
        "title": f"Title {number}",
        "content": f"Content number {number}",
        "created_at": NOON,
        "updated_at": NOON,
        **changes,
    }
    return Memory(**fields)
