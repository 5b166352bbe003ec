"""The embedding model is changed while others store and recall, and while somebody kills it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support import CALLER

from ai_memory import limits
from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.adapters.vector_index.folder import IndexFolder
from ai_memory.compose import OpenNode, open_node
from ai_memory.config import load_config
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.memory_capabilities import MemoryCapabilities
from ai_memory.operations.memory_health import MemoryHealth
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory

OLD, NEW = HashingEmbedder(64), HashingEmbedder(32)
COUNT = 300
BATCH = limits.REEMBED_BATCH


@contextmanager
def opened(db: Path, dim: int, *, background: bool = False) -> Iterator[OpenNode]:
    node = open_node(
        load_config({"db": str(db), "tier": "semantic"}),
        background=background,
        embedder=HashingEmbedder(dim),
    )
    try:
        yield node
    finally:
        node.close()


def run(node: OpenNode, command: Any) -> Any:
    return node.node.execute(CALLER, command)


def recalled(node: OpenNode, number: int) -> Any:
    found = run(node, RecallMemories(context=f"walrus number{number}", min_relevance=0, limit=3))
    assert f"walrus {number}" in [memory.title for memory in found.memories], found
    return found


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A store with vectors of the old model."""
    path = tmp_path / "a.db"
    with opened(path, 64) as node:
        records = tuple(
            {"title": f"walrus {number}", "content": f"walrus number{number} sleeps"}
            for number in range(COUNT)
        )
        run(node, ImportMemories(memories=records))
        node.janitor.turn()
    return path


@contextmanager
def stepwise(db: Path, dim: int) -> Iterator[subprocess.Popen[str]]:
    """A change in another process; it waits for a line after each batch."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.system.reembedding", str(db), str(dim)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()


def step(process: subprocess.Popen[str], batches: int = 1) -> str:
    """Let it make some batches; what it said last."""
    assert process.stdin is not None
    assert process.stdout is not None
    said = ""
    for _ in range(batches):
        said = process.stdout.readline().strip()
        process.stdin.write("\n")
        process.stdin.flush()
    return said


def reembed(db: Path, *words: str, dim: int = 32) -> tuple[int, dict[str, Any]]:
    """`ai-memory reembed` in another process: its exit code and its JSON."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AI_MEMORY_")}
    done = subprocess.run(
        [
            sys.executable, "-m", "ai_memory", "reembed", "--db", str(db), "--level", "semantic",
            "--json", *words,
        ],
        env=env
        | {
            "AI_MEMORY_NO_CONFIG": "1",
            "AI_MEMORY_EMBEDDER": "hashing",
            "AI_MEMORY_EMBEDDING_DIM": str(dim),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )  # fmt: skip
    said = done.stdout if done.returncode == 0 else done.stderr.splitlines()[-1]
    return done.returncode, json.loads(said)


def test_the_model_is_changed_under_load(db: Path) -> None:
    """Four threads of a running node store and recall while another process changes the model."""
    stop, failures = threading.Event(), list[BaseException]()
    modes: list[tuple[str, bool, int]] = []
    stored: list[str] = []
    recalling = threading.Event()

    def until_stopped(work: Any) -> None:
        number = 0
        try:
            while not stop.is_set():
                work(number)
                number += 1
        except BaseException as failure:  # noqa: BLE001 - shown below
            failures.append(failure)

    with opened(db, 64, background=True) as node:

        def recall(number: int) -> None:
            found = recalled(node, number * 7 % COUNT)
            degraded = isinstance(found.meta.degraded, str)
            modes.append((found.mode, degraded, found.meta.candidate_counts.hnsw))
            recalling.set()

        def store(number: int) -> None:
            name = f"{threading.get_ident()} {number}"
            stored.append(run(node, StoreMemory(title=name, content=f"an otter, {name}")).id)
            run(node, UpdateMemory(id=stored[-1], content=f"another otter, {name}"))

        threads = [
            threading.Thread(target=until_stopped, args=(work,))
            for work in (recall, recall, store, store)
        ]
        for thread in threads:
            thread.start()
        recalling.wait(600)
        code, done = reembed(db)
        stop.set()
        for thread in threads:
            thread.join()
        assert failures == []
        assert code == 0, done
        health = run(node, MemoryHealth())
        assert health.embedder_ready is False
        assert "hashing-32" in health.embedder_problem
        features = run(node, MemoryCapabilities()).features
        assert features["recall_mode_active"] == "degraded"
        # It does not search vectors it does not understand, and says so.
        assert recalled(node, 1).mode == "keyword"

    assert done["previous_model"] == "hashing-64"
    hybrid = [mode for mode in modes if mode[0] == "hybrid"]
    assert all(not degraded and hits > 0 for _mode, degraded, hits in hybrid)
    assert all(degraded for mode, degraded, _hits in modes if mode == "keyword")
    assert len(hybrid) > 0
    require_switched(db, COUNT + len(stored))


def require_switched(db: Path, memories: int) -> None:
    """A node of the new model makes what is missing, drops nothing, and recalls by meaning."""
    with opened(db, 32) as node:
        with node.node.store.read() as rows:
            assert not rows.is_leaving()  # whoever dropped them: the node has a janitor, too
        node.janitor.turn()  # what was stored behind the switch
        with node.node.store.read() as rows:
            assert rows.count_unembedded() == 0
            assert rows.window_count() == rows.counts(0).total == memories
        found = recalled(node, 5)
        assert (found.mode, found.meta.candidate_counts.hnsw > 0) == ("hybrid", True)


def test_recall_stays_hybrid_up_to_the_switch(db: Path) -> None:
    folder = IndexFolder(db)
    with opened(db, 64) as node, stepwise(db, 32) as process:
        for batch in range(1, 4):
            assert step(process) == f"embedded {BATCH * batch}"
            run(node, StoreMemory(title=f"new {batch}", content="seal"))
            found = recalled(node, 7 * batch)
            assert (found.mode, found.meta.candidate_counts.hnsw > 0) == ("hybrid", True)
        # A node of the new model may open already: it knows that its vectors are not there yet.
        with opened(db, 32) as early:
            found = recalled(early, 3)
            assert found.mode == "keyword"
            assert "still being made" in found.meta.degraded
            run(early, StoreMemory(title="early", content="seal"))
            assert recalled(early, 4).mode == "keyword"
            code, problem = reembed(db)
            assert (code, problem["code"]) == (1, "STORE_BUSY")
            while step(process) != "done":
                pass
            assert recalled(early, 5).mode == "hybrid"
        found = recalled(node, 11)
        assert found.mode == "keyword"
        assert "restart it" in found.meta.degraded
        run(node, StoreMemory(title="late", content="seal"))
        node.janitor.turn()  # ends, although its vectors are not wanted
        assert recalled(node, 12).mode == "keyword"
    with opened(db, 32) as node:
        with node.node.store.read() as rows:
            assert [memory.title for memory in rows.unembedded(9)] == ["late"]
        node.janitor.turn()
        with node.node.store.read() as rows:
            assert rows.window_count() == COUNT + 5
        assert recalled(node, 13).mode == "hybrid"
    assert (folder.of_model(OLD.model) or db).exists() is False


@pytest.mark.parametrize("resumed_by", ["reembed", "node"])
def test_a_killed_change_goes_on(db: Path, resumed_by: str) -> None:
    with stepwise(db, 32) as process:
        step(process, 2)
        assert process.stdout is not None
        assert process.stdout.readline() == f"embedded {3 * BATCH}\n"
        process.kill()  # SIGKILL, in the middle of the change
        process.wait()
    with opened(db, 64) as node:
        assert recalled(node, 1).mode == "hybrid"
        with node.node.store.read() as rows:
            assert rows.coming_model() == NEW.model
            assert rows.count_unprepared() == COUNT - 3 * BATCH
            assert rows.vectors_of(NEW.model).window_count() == 3 * BATCH
        run(node, UpdateMemory(id=recalled(node, 2).memories[0].id, content="walrus number2 wakes"))
    if resumed_by == "reembed":
        code, done = reembed(db)
        assert (code, done["embedded"]) == (0, COUNT - 3 * BATCH + 1)
        assert done["dropped"] == COUNT
    with opened(db, 32) as node:
        node.janitor.turn()
        found = recalled(node, 1)
        assert (found.mode, found.meta.candidate_counts.hnsw > 0) == ("hybrid", True)
        with node.node.store.read() as rows:
            assert (rows.window_count(), rows.count_unembedded()) == (COUNT, 0)
            assert not rows.is_leaving()


def test_a_change_is_given_up(db: Path) -> None:
    with stepwise(db, 32) as process:
        step(process, 2)
    code, done = reembed(db, dim=64)
    assert (code, done["embedded"], done["dropped"] >= 2 * BATCH) == (0, 0, True)
    with opened(db, 64) as node:
        assert recalled(node, 1).mode == "hybrid"
        with node.node.store.read() as rows:
            assert (rows.embedding_model(), rows.coming_model()) == (OLD.model, None)
            assert rows.window_count() == COUNT
