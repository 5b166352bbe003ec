"""What is exported and imported is the same store: every byte, every row, every replay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.operations.test_replay import perform, steps
from tests.support import CALLER, Harness, harness, open_store

from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.errors import NodeClosed
from ai_memory.model.command import Caller
from ai_memory.model.record import line_of
from ai_memory.operations.apply import replay
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.embed_memories import EmbedMemories
from ai_memory.operations.export_memories import ExportMemories
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.memory_history import MemoryHistory
from ai_memory.operations.purge_archive import PurgeArchive
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.register_entity import RegisterEntity
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory
from ai_memory.ports import Transaction


def exported(open_: Harness, **fields: Any) -> list[str]:
    pieces = open_.node.stream(CALLER, ExportMemories(**fields))
    return b"".join(pieces).decode().splitlines()


def taken_in(open_: Harness, lines: list[str], size: int = 1_000, **fields: Any) -> dict[str, Any]:
    """Import lines, some at a time; the sums of the results."""
    total: dict[str, Any] = {}
    for start in range(0, len(lines), size):
        command = ImportMemories(records=tuple(lines[start : start + size]), **fields)
        result = open_.run(command)
        for name in ("imported", "updated", "skipped", "linked", "errors"):
            value = getattr(result, name)
            total[name] = total[name] + value if name in total else value
    return total


def state_of(open_: Harness) -> bytes:
    with open_.node.store.read() as rows:
        return rows.state_hash()


def replayed_state(open_: Harness) -> bytes:
    copy = open_store(":memory:")
    with open_.node.store.read() as source:

        def work(rows: Transaction) -> None:
            replay(
                rows,
                source.log_entries(0, 9_999),
                lambda put: source.payload(put.memory_id, put.version, put.payload_hash),
            )

        copy.submit(work).result()
    with copy.read() as rows:
        found = rows.state_hash()
    copy.close()
    return found


def busy(open_: Harness) -> dict[str, str]:
    """A store with something of every kind."""
    ids = {
        name: open_.run(StoreMemory(title=name, content=f"about {name}", namespace="a/b")).id
        for name in ("walrus", "otter", "seal", "gone")
    }
    open_.clock.advance(60)
    open_.run(UpdateMemory(id=ids["walrus"], content="tusks 海豹"))
    open_.run(LinkMemories(source_id=ids["walrus"], target_id=ids["otter"], relation="supersedes"))
    open_.run(RegisterEntity(canonical_name="Ada", namespace="people", aliases=("Countess",)))
    for _ in range(3):
        open_.run(RecallMemories(context="walrus tusks"))
    open_.opened.janitor.flush_touches()
    open_.run(DeleteMemory(id=ids["gone"]))
    open_.clock.advance(1)
    open_.run(PurgeArchive())
    open_.run(DeleteMemory(id=ids["seal"]))
    return ids


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, min_size=1, max_size=25), st.booleans(), st.integers(1, 7))
def test_export_import_export_is_the_same_and_replays(
    script: list[tuple[Any, ...]], semantic: bool, size: int
) -> None:
    with harness(semantic=semantic) as first, harness(semantic=semantic) as second:
        ids: list[str] = []
        for step in script:
            perform(first, ids, step)
        if semantic:
            first.run(EmbedMemories())  # what waits would be embedded by the import
        lines = exported(first, vectors=semantic)
        second.clock.advance(1_000_000)
        result = taken_in(second, lines, size)
        assert result["errors"] == []
        assert result["skipped"] == 0
        assert exported(second, vectors=semantic)[1:] == lines[1:]
        assert state_of(second) == state_of(first) == replayed_state(second)
        again = taken_in(second, lines, 3)
        assert (again["imported"], again["linked"], again["errors"]) == (0, 0, [])
        assert exported(second, vectors=semantic)[1:] == lines[1:]


def test_every_kind_and_the_end_are_there() -> None:
    with harness() as open_:
        busy(open_)
        first, *lines = map(json.loads, exported(open_))
    assert first["format"] == "ai-memory"
    assert first["exported_at"] == "2026-02-02T02:41:01+00:00"
    assert {line["kind"] for line in lines} == {
        "memory", "archived", "version", "link", "tombstone", "end",
    }  # fmt: skip
    assert lines[-1]["data"]["records"] == first["records"]
    counts = [sum(line["kind"] == kind for line in lines) for kind in first["records"]]
    assert counts == list(first["records"].values())


def test_counters_archive_history_and_entities_are_taken_in() -> None:
    with harness() as first, harness() as second:
        ids = busy(first)
        taken_in(second, exported(first))
        assert second.memory(ids["walrus"]) == first.memory(ids["walrus"])
        assert second.memory(ids["walrus"]).access_count == 3
        history = second.run(MemoryHistory(id=ids["walrus"]))
        assert [one.content for one in history.versions] == ["tusks 海豹", "about walrus"]
        with first.node.store.read() as here, second.node.store.read() as there:
            assert there.archived([ids["seal"]]) == here.archived([ids["seal"]])
        # An id that was purged there is not given a second life here.
        stored = {"id": ids["gone"], "title": "gone", "content": "back"}
        assert second.run(ImportMemories(memories=(stored,))).gone == 1


def test_a_damaged_record_is_told_and_costs_no_other() -> None:
    with harness() as first, harness() as second:
        ids = busy(first)
        lines = exported(first)
        broken = [
            line.replace("tusks", "husks") if '"kind":"memory"' in line else line for line in lines
        ]
        assert broken != lines
        result = taken_in(second, [*broken, "{", line_of("visit", b"{}").decode()])
        assert [error.code for error in result["errors"]] == ["VALIDATION_FAILED"] * 3
        assert "checksum" in result["errors"][0].message
        with second.node.store.read() as rows:
            assert rows.memory(ids["walrus"]) is None
            assert rows.row_figures()["version"] == 1
            assert rows.row_figures()["link"] == 1
        # The sound file completes what the damaged one could not bring.
        taken_in(second, lines)
        assert exported(second)[1:] == lines[1:]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("memory", {"title": "x" * 600}),
        ("memory", {"priority": 11}),
        ("memory", {"namespace": "a b"}),
        ("memory", {"created_at": "yesterday"}),
        ("memory", {"access_count": -1}),
        ("memory", {"surprise": 1}),
        ("memory", {"vectors": {"model": "m", "dim": 8, "windows": [[0, 1, "AAAA"]]}}),
        ("archived", {"reason": "two words"}),
        ("link", {"relation": "two\nlines"}),
        ("tombstone", {"kind": "asleep"}),
    ],
)
def test_what_no_store_can_hold_is_refused(kind: str, data: dict[str, Any]) -> None:
    with harness() as first, harness() as second:
        busy(first)
        line = next(line for line in exported(first) if f'"kind":"{kind}"' in line)
        value = json.loads(line)["data"] | data
        made = line_of(kind, json.dumps(value).encode()).decode()
        result = taken_in(second, [made])
        assert [error.kind for error in result["errors"]] == ["record"]
        assert result["imported"] == 0


def test_restamping_keeps_whose_it_was() -> None:
    other = Caller(agent_id="the:other")
    with harness(semantic=True) as first, harness(semantic=True) as second:
        ids = busy(first)
        lines = exported(first, vectors=True)
        command = ImportMemories(records=tuple(lines), restamp=True)
        assert second.run(command, other).errors == []
        for memory_id in (ids["walrus"], ids["otter"]):
            metadata = second.memory(memory_id).metadata
            assert metadata["agent_id"] == "the:other"
            assert metadata["imported_from_agent_id"] == "test:agent"
        with second.node.store.read() as rows:
            assert rows.archived([ids["seal"]])[0].memory.agent_id == "the:other"
            assert rows.count_unembedded() == 0
        assert second.run(command, other).imported == 0


def test_a_taken_title_is_numbered_and_what_is_newer_here_stays() -> None:
    with harness() as first, harness() as second:
        ids = busy(first)
        lines = exported(first)
        second.run(StoreMemory(title="walrus", content="mine", namespace="a/b"))
        taken_in(second, lines)
        renamed = second.memory(ids["walrus"])
        assert (renamed.title, renamed.version) == ("walrus (2)", 3)
        second.clock.advance(600)
        second.run(UpdateMemory(id=ids["otter"], content="newer"))
        second.run(DeleteMemory(id=ids["walrus"]))
        result = taken_in(second, lines)
        assert (result["imported"], result["updated"]) == (0, 0)
        assert second.memory(ids["otter"]).content == "newer"
        # And what is newer there comes over as a new version.
        first.clock.advance(6_000)
        first.run(UpdateMemory(id=ids["otter"], content="newest"))
        assert taken_in(second, exported(first))["updated"] == 1
        assert second.memory(ids["otter"]).content == "newest"
        contents = [one.content for one in second.run(MemoryHistory(id=ids["otter"])).versions]
        assert contents[:2] == ["newest", "newer"]


def test_vectors_of_our_model_are_taken_and_of_another_are_made_anew() -> None:
    with harness(semantic=True) as first, harness(semantic=True) as second:
        busy(first)
        first.run(EmbedMemories())
        lines = exported(first, vectors=True)
        foreign = []
        for line in lines:
            value = json.loads(line)
            if value.get("kind") == "memory":
                value["data"]["vectors"]["model"] = "another"
                foreign.append(line_of("memory", json.dumps(value["data"]).encode()).decode())
        taken_in(second, foreign)
        with second.node.store.read() as rows:
            assert rows.embedding_model() == HashingEmbedder().model
            assert rows.count_unembedded() == 0
        mine = [line for line in lines if '"kind":"memory"' in line]
        assert [line for line in exported(second, vectors=True) if line in mine] == mine


def test_the_reference_shape_can_be_read_back() -> None:
    with harness() as first, harness() as second:
        ids = busy(first)
        document = json.loads("".join(exported(first, format="reference")))
        assert set(document) == {"memories", "links", "count", "exported_at"}
        assert document["count"] == len(document["memories"]) == 3
        assert document["links"][0]["relation"] == "supersedes"
        memories = tuple(
            {key: value for key, value in one.items() if key not in ("version", "access_count",
                                                                     "last_accessed_at")}
            for one in document["memories"]
        )  # fmt: skip
        second.run(ImportMemories(memories=memories, links=tuple(document["links"])))
        assert second.run(GetMemory(id=ids["walrus"])).memory.content == "tusks 海豹"
    with harness() as empty:
        document = json.loads("".join(exported(empty, format="reference")))
        assert document["memories"] == document["links"] == []


def test_an_export_is_of_one_instant(tmp_path: Any) -> None:
    with harness(tmp_path / "a.db") as open_:
        busy(open_)
        before = exported(open_)
        pieces = open_.node.stream(CALLER, ExportMemories())
        parts = [next(pieces)]
        other = open_store(tmp_path / "a.db")
        with harness(tmp_path / "a.db") as writer:
            writer.run(StoreMemory(title="late", content="comer"))
        other.close()
        parts += pieces
        assert b"".join(parts).decode().splitlines() == before
        assert len(exported(open_)) == len(before) + 1


def test_a_stream_of_a_closed_node_is_refused() -> None:
    with harness() as open_:
        pieces = open_.node.stream(CALLER, ExportMemories())
    with pytest.raises(NodeClosed):
        next(pieces)


def test_a_record_is_one_line_for_every_reader() -> None:
    text = "before\u2028between\u2029after\x85end"
    with harness() as source, harness() as copy:
        source.run(StoreMemory(title="pasted", content="before\u2028between\u2029after"))
        lines = exported(source)  # split where Python sees an end
        assert taken_in(copy, lines)["imported"] == 1
        assert state_of(copy) == state_of(source)
    assert len(line_of("memory", json.dumps(text, ensure_ascii=False).encode()).splitlines()) == 1
