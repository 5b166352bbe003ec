"""The log alone rebuilds the store: drop every table but log and versions, replay, compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import Harness, harness, open_store

from ai_memory.errors import AiMemoryError
from ai_memory.model.change import MemoryPut, VersionPut
from ai_memory.model.command import Command
from ai_memory.model.memory import Payload
from ai_memory.operations.apply import replay
from ai_memory.operations.collect_expired import CollectExpired
from ai_memory.operations.consolidate_memories import ConsolidateMemories
from ai_memory.operations.delete_link import DeleteLink
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.erase_memory import EraseMemory
from ai_memory.operations.forget_memories import ForgetMemories
from ai_memory.operations.invalidate_link import InvalidateLink
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.promote_memory import PromoteMemory
from ai_memory.operations.purge_archive import PurgeArchive
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.register_entity import RegisterEntity
from ai_memory.operations.restore_archived import RestoreArchived
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.undo_consolidation import UndoConsolidation
from ai_memory.operations.update_memory import UpdateMemory
from ai_memory.ports import Reader, Transaction

GRAPH: dict[str, type[Command]] = {
    "link": LinkMemories,
    "invalidate": InvalidateLink,
    "unlink": DeleteLink,
}
TITLES = st.sampled_from(("walrus", "otter", "seal 海豹"))
SPACES = st.sampled_from(("global", "a/b", "a"))
TIERS = st.sampled_from(("short", "mid", "long"))

steps = st.one_of(
    st.builds(
        lambda **f: ("store", f),
        title=TITLES,
        content=st.text("abc 海", min_size=1, max_size=9).filter(str.strip),
        namespace=SPACES,
        tier=TIERS,
        tags=st.lists(st.sampled_from(("x", "y")), max_size=2).map(tuple),
        metadata=st.sampled_from(({}, {"k": 0.1, "z": [1, None]}, {"scope": "team"})),
        on_conflict=st.sampled_from(("error", "merge", "version")),
    ),
    st.builds(lambda n, **f: ("update", n, f), st.integers(0, 9), title=TITLES, tier=TIERS),
    st.builds(lambda n: ("delete", n), st.integers(0, 9)),
    st.builds(lambda n, s: ("promote", n, s), st.integers(0, 9), st.none() | st.just("a")),
    st.builds(
        lambda n, c: ("restore", n, c), st.integers(0, 9), st.sampled_from(("error", "version"))
    ),
    st.builds(lambda n: ("erase", n), st.integers(0, 9)),
    st.builds(lambda s: ("forget", s), SPACES),
    st.builds(lambda s: ("purge", s), SPACES),
    st.builds(
        lambda kind, one, other, **f: (kind, one, other, f),
        st.sampled_from(("link", "invalidate", "unlink")),
        st.integers(0, 9),
        st.integers(0, 9),
        relation=st.sampled_from(("related_to", "supersedes")),
    ),
    st.builds(
        lambda name, aliases: ("entity", name, tuple(aliases)),
        TITLES,
        st.lists(st.sampled_from(("tusk", "whiskers")), max_size=2),
    ),
    st.just(("recall",)),
    st.builds(
        lambda one, other, title: ("consolidate", one, other, title),
        st.integers(0, 9),
        st.integers(0, 9),
        TITLES,
    ),
    st.builds(lambda n: ("undo", n), st.integers(0, 9)),
    st.builds(lambda secs: ("wait", secs), st.sampled_from((1, 4_000, 30_000, 700_000))),
)


BY_PLACE: dict[str, Any] = {"forget": ForgetMemories, "purge": PurgeArchive}
BY_ID: dict[str, Callable[..., Any]] = {
    "update": lambda memory_id, fields: UpdateMemory(id=memory_id, **fields),
    "delete": lambda memory_id: DeleteMemory(id=memory_id),
    "restore": lambda memory_id, taken: RestoreArchived(id=memory_id, on_conflict=taken),
    "erase": lambda memory_id: EraseMemory(id=memory_id),
    "promote": lambda memory_id, place: PromoteMemory(id=memory_id, to_namespace=place),
}


def perform(open_: Harness, ids: list[str], step: tuple[Any, ...]) -> None:
    kind = step[0]
    try:
        if kind == "store":
            ids.append(open_.run(StoreMemory(**step[1])).id)
        elif kind == "wait":
            open_.clock.advance(step[1])
            open_.run(CollectExpired())
        elif kind == "recall":
            for _ in range(5):
                open_.run(RecallMemories(context="walrus otter seal"))
            open_.opened.janitor.flush_touches()
        elif kind in BY_PLACE:
            open_.run(BY_PLACE[kind](namespace=step[1]))
        elif kind == "entity":
            entity = RegisterEntity(canonical_name=step[1], namespace="a", aliases=step[2])
            ids.append(open_.run(entity).entity_id)
        elif kind == "consolidate" and ids:
            sources = (ids[step[1] % len(ids)], ids[step[2] % len(ids)])
            ids.append(open_.run(ConsolidateMemories(ids=sources, title=step[3])).id)
        elif kind == "undo" and ids:
            open_.run(UndoConsolidation(id=ids[step[1] % len(ids)], on_conflict="version"))
        elif kind in GRAPH and ids:
            ends = {"source_id": ids[step[1] % len(ids)], "target_id": ids[step[2] % len(ids)]}
            open_.run(GRAPH[kind](**ends, **step[3]))
        elif ids:
            open_.run(BY_ID[kind](ids[step[1] % len(ids)], *step[2:]))
    except AiMemoryError as refusal:
        assert refusal.code in (  # noqa: PT017 - most steps succeed
            "CONFLICT",
            "NOT_FOUND",
            "VALIDATION_FAILED",
        )


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, min_size=1, max_size=25))
def test_replaying_the_log_gives_the_same_state(script: list[tuple[Any, ...]]) -> None:
    with harness() as open_:
        ids: list[str] = []
        for step in script:
            perform(open_, ids, step)
        with open_.node.store.read() as source:
            expected = source.state_hash()
            copy = open_store(":memory:")

            def payload(put: MemoryPut | VersionPut, source: Reader = source) -> Payload | None:
                return source.payload(put.memory_id, put.version, put.payload_hash)

            def work(rows: Transaction, source: Reader = source) -> None:
                position = 0
                while entries := source.log_entries(position, 7):
                    replay(rows, entries, payload)
                    position += len(entries)

            copy.submit(work).result()
        with copy.read() as rows:
            assert rows.state_hash() == expected
            assert rows.log_entries(0, 9_999)[-1:] == _log(open_)[-1:]
        copy.close()


def test_dropping_all_but_log_and_versions_and_replaying_in_place() -> None:
    with harness() as open_:
        ids: list[str] = []
        for step in (
            ("store", {"title": "walrus", "content": "one"}),
            ("store", {"title": "walrus", "content": "two", "on_conflict": "merge"}),
            ("store", {"title": "otter", "content": "three", "namespace": "a/b"}),
            ("promote", 2, "a"),
            ("store", {"title": "seal", "content": "four"}),
            ("link", 0, 2, {"relation": "supersedes"}),
            ("invalidate", 0, 2, {"relation": "supersedes"}),
            ("wait", 60),
            ("link", 0, 2, {"relation": "supersedes"}),
            ("unlink", 0, 2, {}),
            ("entity", "seal 海豹", ("tusk",)),
            ("delete", 0),
            ("erase", 3),
        ):
            perform(open_, ids, step)
        store = open_.node.store
        with store.read() as rows:
            expected = rows.state_hash()
            entries = rows.log_entries(0, 999)

        def drop(rows: Any) -> None:
            for table in ("memory", "archived", "link", "words", "window_vector", "log", "origin",
                          "tombstone", "alias"):  # fmt: skip
                rows._connection.execute(f"DELETE FROM {table}")

        def rebuild(rows: Transaction) -> None:
            replay(rows, entries, lambda p: rows.payload(p.memory_id, p.version, p.payload_hash))

        store.submit(drop).result()
        store.submit(rebuild).result()
        with store.read() as rows:
            assert rows.state_hash() == expected
            assert rows.log_entries(0, 999) == entries


def _log(open_: Harness) -> list[Any]:
    with open_.node.store.read() as rows:
        return rows.log_entries(0, 9_999)
