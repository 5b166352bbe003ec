"""The Python API in both colours."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.support import NOON, ManualClock

import ai_memory
from ai_memory import errors
from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.errors import NodeClosed
from ai_memory.model.clock import SECOND, to_rfc3339
from ai_memory.operations.registry import OPERATIONS, command_type
from ai_memory.signature import docstring_of


def test_every_operation_is_a_method(tmp_path: Path) -> None:
    with ai_memory.open_node(db=tmp_path / "a.db", level="keyword") as node:
        for operation in OPERATIONS:
            if operation.faces:
                assert callable(getattr(node, operation.method))
                assert callable(getattr(node, operation.name))
                assert operation.method in dir(node)
            else:
                with pytest.raises(AttributeError):
                    getattr(node, operation.method)
        with pytest.raises(AttributeError):
            _ = node.nonsense  # type: ignore[attr-defined]


def test_answers_are_json_with_attributes(tmp_path: Path) -> None:
    with ai_memory.open_node(db=tmp_path / "a.db", level="keyword") as node:
        stored = node.store("Title", "Content")  # in the order of the fields
        assert stored["id"] == stored.id
        assert node.get(stored.id).memory.title == "Title"
        assert not hasattr(stored, "nonsense")
        assert isinstance(node.list().memories[0], dict)


def test_methods_can_be_discovered(tmp_path: Path) -> None:
    with ai_memory.open_node(db=tmp_path / "a.db", level="keyword") as node:
        for operation in OPERATIONS:
            if not operation.faces:
                continue
            for owner in (node, ai_memory.Node, ai_memory.AsyncNode):
                method = getattr(owner, operation.name)
                fields = command_type(operation).__struct_fields__
                names = [name for name in inspect.signature(method).parameters if name != "self"]
                assert names == [*fields]
                assert method.__doc__ == docstring_of(operation)
                assert method.__name__ == operation.name
        assert "limit: int = 10" in str(inspect.signature(node.recall))
        assert "title: What it is about" in str(node.store.__doc__)
        assert inspect.iscoroutinefunction(ai_memory.AsyncNode.store)
        assert "recall" in dir(node)
        with pytest.raises(AttributeError, match="did you mean 'recall'"):
            _ = node.recal  # type: ignore[attr-defined]


def test_pythons_own_types_are_taken(tmp_path: Path) -> None:
    class Tier(StrEnum):
        LONG = "long"

    naive, day = datetime(2031, 1, 2, 3, 4, 5), date(2031, 1, 2)  # noqa: DTZ001 - the point
    east = timezone(timedelta(hours=2))
    with ai_memory.open_node(db=tmp_path / "a.db", level="keyword") as opened:
        node: Any = opened
        stored = node.store(
            title="t",
            content="walrus",
            tags={"b", "a"},
            tier=Tier.LONG,
            expires_at=naive,  # without a zone: in UTC, as in text
            metadata={"file": Path("a/b"), "seen": {"on": day, "by": UUID(int=7)}},
        )
        found = node.get(stored.id).memory
        assert (found.tier, found.tags) == ("long", ["a", "b"])
        assert found.expires_at == "2031-01-02T03:04:05+00:00"
        assert found.metadata["file"] == "a/b"
        assert found.metadata["seen"] == {"on": "2031-01-02", "by": str(UUID(int=7))}
        moved = node.update(id=stored.id, expires_at=naive.replace(tzinfo=east))
        assert moved.expires_at == "2031-01-02T01:04:05+00:00"
        brief = node.store(title="b", content="walrus", ttl_secs=timedelta(hours=1))
        assert brief.expires_at is not None
        today = datetime.fromisoformat(brief.created_at)
        assert node.list(since=today.date()).total == 2
        assert node.list(until=today - timedelta(days=1)).total == 0
        with pytest.raises(ai_memory.ValidationFailed, match="metadata is a object"):
            node.store(title="o", content="c", metadata=object())


def test_a_memory_that_is_not_open_says_how_to_open_it(tmp_path: Path) -> None:
    opening: Any = ai_memory.open_node(db=tmp_path / "a.db", level="keyword")
    with pytest.raises(ai_memory.NodeClosed, match="not open yet") as raised:
        opening.store(title="t", content="c")
    assert "with ai_memory.open_node(...) as node:" in raised.value.hint
    with pytest.raises(AttributeError):
        _ = opening.nonsense
    assert not (tmp_path / "a.db").exists()
    node = opening.open()
    assert node.list().total == 0
    node.close()
    with pytest.raises(ai_memory.NodeClosed):
        node.list()


def test_every_error_is_at_hand() -> None:
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, ai_memory.AiMemoryError):
            assert name == "Internal" or name in ai_memory.__all__
    assert all(hasattr(ai_memory, name) for name in ai_memory.__all__)
    assert set(ai_memory.__all__) <= set(dir(ai_memory))


def test_mistakes_are_told(tmp_path: Path) -> None:
    with ai_memory.open_node(db=tmp_path / "a.db", level="keyword") as opened:
        node: Any = opened  # what a type checker would refuse
        mistakes: tuple[tuple[Callable[[], Any], str], ...] = (
            (lambda: node.store(title="t"), "content is required"),
            (lambda: node.store(title="t", content="c", tittle="x"), "unknown field 'tittle'"),
            (lambda: node.store("t", "c", title="t"), "given twice"),
            (lambda: node.store(title=1.5, content="c"), "title: expected `str`"),
            (lambda: node.get("a", 0, 1, "b"), "at most 3"),
            (lambda: node.store(title="t", content="c", tags=1.5), "tags"),
        )
        for call, word in mistakes:
            with pytest.raises(ai_memory.AiMemoryError, match=word) as raised:
                call()
            assert raised.value.as_dict()["code"] == "VALIDATION_FAILED"
            assert raised.value.hint


@pytest.mark.parametrize("level", ["keyword", "semantic"])
def test_async(tmp_path: Path, level: str) -> None:
    async def main() -> None:
        opening = ai_memory.open_node(
            db=tmp_path / "a.db",
            level=level,
            embedder=HashingEmbedder() if level == "semantic" else None,
        )
        async with opening as node:
            await asyncio.gather(
                *(node.store(title=f"t{n}", content=f"walrus {n}") for n in range(50))
            )
            assert (await node.list(limit=1)).total == 50
            found = await node.recall(context="walrus 7")
            assert found.memories[0].title == "t7"
            assert found.mode == ("hybrid" if level == "semantic" else "keyword")
            with pytest.raises(ai_memory.AiMemoryError, match="already exists"):
                await node.store(title="t1", content="again")
            with pytest.raises(ai_memory.AiMemoryError, match="not found"):
                await node.get(id="nobody")

    asyncio.run(main())


def test_a_cancelled_write_is_whole_or_not_begun(tmp_path: Path) -> None:
    async def main() -> None:
        async with ai_memory.open_node(db=tmp_path / "a.db", level="keyword") as node:
            for number in range(20):
                task = asyncio.ensure_future(node.store(title=f"walrus {number}", content="c"))
                await asyncio.sleep(0)  # let it hand the write over
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            await node.store(title="walrus", content="c")
            total = (await node.list(limit=99)).total
            assert 1 <= total <= 21
            assert (await node.search(query="walrus")).total == total

    asyncio.run(main())


def test_threads_share_a_node(tmp_path: Path) -> None:
    with ai_memory.open_node(db=tmp_path / "a.db", level="keyword") as node:

        def work(name: int) -> None:
            for number in range(20):
                node.store(title=f"{name} {number}", content="c")
                node.list(limit=1)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert node.list(limit=1).total == 160


def test_a_thread_that_ends_leaves_no_connection(tmp_path: Path) -> None:
    with ai_memory.open_node(db=tmp_path / "memory.db", level="keyword") as node:
        node.store(title="a", content="alpha")
        store = node._opened.node.store
        assert isinstance(store, SqliteStore)
        before = len(store._readers)
        for _ in range(3):
            thread = threading.Thread(target=lambda: node.recall(context="alpha"))
            thread.start()
            thread.join()
        gc.collect()
        assert len(store._readers) == before


def test_a_closed_node_takes_nothing(tmp_path: Path) -> None:
    node = ai_memory.open_node(db=tmp_path / "a.db", level="keyword").open()
    node.close()
    node.close()
    with pytest.raises(NodeClosed):
        node.list()


def test_opening_with_another_model_is_refused_and_says_how_to_mend_it(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with ai_memory.open_node(db=db, level="semantic", embedder=HashingEmbedder()) as node:
        node.store(title="t", content="c")
    with (
        pytest.raises(ai_memory.AiMemoryError, match="vectors are of") as raised,
        ai_memory.open_node(db=db, level="semantic", embedder=HashingEmbedder(dim=32)),
    ):
        pass
    assert raised.value.code == "EMBEDDING_MODEL_MISMATCH"
    assert "reembed" in raised.value.hint
    with ai_memory.open_node(db=db, level="keyword") as node:  # the keyword level needs no model
        assert node.list().total == 1


def test_without_an_embedder_the_keyword_level_is_served_and_said(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    with ai_memory.open_node(
        db=tmp_path / "a.db", level="semantic", embedder="onnx", embedding_path=nowhere
    ) as node:
        node.store(title="t", content="walrus")
        assert node.recall(context="walrus").mode == "keyword"
        health = node.health()
        assert health.embedder_ready is False
        assert health.embedder_problem
        assert node.capabilities().features["recall_mode_active"] == "degraded"


def test_the_switch_interval_can_be_left_alone(tmp_path: Path) -> None:
    before = sys.getswitchinterval()
    try:
        sys.setswitchinterval(0.005)
        with ai_memory.open_node(db=tmp_path / "a.db", level="keyword", switch_interval_ms=0):
            assert sys.getswitchinterval() == 0.005
        with ai_memory.open_node(db=tmp_path / "a.db", level="keyword"):
            assert sys.getswitchinterval() < 0.005
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize(("given", "meant"), [("levl", "level"), ("agentid", "agent_id")])
def test_a_mistyped_argument_gets_the_right_one(given: str, meant: str) -> None:
    mistyped: dict[str, Any] = {given: "keyword"}
    with pytest.raises(ai_memory.ConfigInvalid, match=f"no argument '{given}'") as refused:
        ai_memory.open_node(**mistyped).open()
    assert refused.value.hint == f"Did you mean {meant}?"


def test_a_timedelta_is_a_distance_from_now() -> None:
    with ai_memory.open_node(db=":memory:", level="keyword", clock=ManualClock()) as node:
        stored = node.store(title="Tea", content="green", expires_at=timedelta(days=400))
        assert node.get(id=stored.id).memory.expires_at == to_rfc3339(NOON + 400 * 86_400 * SECOND)
        assert node.list(since=timedelta(days=7)).total == 1
        assert node.list(until=timedelta(days=7)).total == 0
