"""What is erased is in no byte of any file: database, log, shared memory, index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.support import Harness, harness

from ai_memory.adapters.lock import try_lock
from ai_memory.adapters.vector_index.directory import LOCK_NAME
from ai_memory.errors import NotFound
from ai_memory.model.change import MemoryPut
from ai_memory.operations.archive_stats import ArchiveStats
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.erase_memory import EraseMemory
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.memory_history import MemoryHistory
from ai_memory.operations.promote_memory import PromoteMemory
from ai_memory.operations.purge_archive import PurgeArchive
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory

SECRETS = ("Zanzibarium", "quokkaberry", "xylophonistic", "Wolpertinger", "麒麟蜃氣樓", "geheimtag")
FOLDED = ("zanzibar", "quokkaberri", "xylophonist", "wolperting", "麒麟", "geheimtag")


def files(path: Path) -> dict[str, bytes]:
    """Every file of a database, by name: db, wal, shm, index."""
    return {
        str(file.relative_to(path.parent)): file.read_bytes()
        for file in path.parent.rglob("*")
        if file.is_file()
    }


def found(path: Path, needles: tuple[str | bytes, ...]) -> set[tuple[str, Any]]:
    """(file, needle) of every needle that some file holds, upper or lower case."""
    hits: set[tuple[str, Any]] = set()
    for name, data in files(path).items():
        low = data.lower()
        for needle in needles:
            if isinstance(needle, bytes):
                if needle in data:
                    hits.add((name, needle))
            elif needle.lower().encode() in low:
                hits.add((name, needle))
    return hits


def others(open_: Harness, count: int = 600) -> None:
    """Company: enough that rows share pages, move between them, and words share segments."""
    for at in range(0, count, 100):
        open_.run(
            ImportMemories(
                memories=tuple(
                    {"title": f"note {n}", "content": f"common words {n} " * (n % 60 + 1)}
                    for n in range(at, at + 100)
                )
            )
        )


def secret(open_: Harness) -> str:
    """A memory with two versions, a link, and secrets in every field that holds text."""
    stored = open_.run(
        StoreMemory(
            title="Zanzibarium",
            content="the quokkaberry is 麒麟蜃氣樓 " + "filler " * 3_000,
            tags=("geheimtag",),
            namespace="a/b",
            metadata={"note": "Wolpertinger"},
        )
    )
    open_.run(UpdateMemory(id=stored.id, content="now xylophonistic"))
    return str(stored.id)


def vectors(path: Path, memory_id: str) -> tuple[bytes, ...]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute(
        "SELECT vector FROM window_vector WHERE memory_key = (SELECT key FROM memory WHERE id = ?)",
        (memory_id,),
    ).fetchall()
    connection.close()
    return tuple(row[0] for row in rows if isinstance(row[0], bytes))


def test_what_is_purged_is_in_no_file_either(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with harness(db, semantic=True) as open_:
        others(open_, 300)
        memory_id = secret(open_)
        others(open_, 300)
        blobs = vectors(db, memory_id)
        open_.opened.janitor.save_index()
        open_.run(DeleteMemory(id=memory_id))
        assert {needle for _name, needle in found(db, SECRETS)} == set(SECRETS)
        total = open_.run(ListMemories()).total
        purged = open_.run(PurgeArchive())
        assert (purged.purged, purged.complete) == (1, True)
        assert found(db, (*SECRETS, *FOLDED, *blobs)) == set()
        assert open_.run(ListMemories()).total == total
        assert open_.run(PurgeArchive()).purged == 0


def test_a_purge_that_others_hold_up_is_finished_by_the_janitor(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with harness(db) as open_:
        memory_id = secret(open_)
        open_.run(DeleteMemory(id=memory_id))
        reader = apsw.Connection(str(db), flags=apsw.SQLITE_OPEN_READONLY)
        reader.execute("BEGIN; SELECT count(*) FROM memory")
        purged = open_.run(PurgeArchive())
        assert (purged.complete, purged.waits_for) == (False, ["a reader of the write-ahead log"])
        reader.close()
        open_.opened.janitor.scrub()
        assert found(db, (*SECRETS, *FOLDED)) == set()


@pytest.mark.parametrize("state", ["live", "archived", "purged"])
def test_no_file_holds_a_byte_of_it(tmp_path: Path, state: str) -> None:
    db = tmp_path / "a.db"
    with harness(db, semantic=True) as open_:
        others(open_, 300)
        memory_id = secret(open_)
        others(open_, 300)
        blobs = vectors(db, memory_id)
        assert blobs
        hits = {needle for _name, needle in found(db, (*SECRETS, *FOLDED, *blobs))}
        assert hits == {*SECRETS, *FOLDED, *blobs}, "the scan would find them"
        if state != "live":
            open_.run(DeleteMemory(id=memory_id))
        if state == "purged":
            open_.run(PurgeArchive())
        total = open_.run(ListMemories()).total

        receipt = open_.run(EraseMemory(id=memory_id))

        assert (receipt.erased, receipt.complete, receipt.waits_for) == (True, True, [])
        assert found(db, (*SECRETS, *FOLDED, *blobs)) == set()
        assert (tmp_path / "a.db-wal").stat().st_size < 64 * 1024  # the mark's own page or two
        assert open_.run(ListMemories()).total == total - (state == "live")
        assert open_.run(SearchMemories(query="common")).total > 0
        with open_.node.store.read() as rows:
            assert rows.integrity_problems() == []
    assert found(db, (*SECRETS, *FOLDED, *blobs)) == set()


def test_the_receipt_names_what_was_touched(tmp_path: Path) -> None:
    with harness(tmp_path / "a.db", semantic=True) as open_:
        memory_id = secret(open_)
        clone = open_.run(PromoteMemory(id=memory_id, to_namespace="a")).clone_id
        with open_.node.store.read() as rows:
            hashes = [
                entry.change.payload_hash.hex()
                for entry in rows.log_entries(0, 99)
                if isinstance(entry.change, MemoryPut) and entry.change.memory_id == memory_id
            ]
        would = open_.run(EraseMemory(id=memory_id, dry_run=True))
        assert (would.erased, would.complete, would.versions) == (False, False, 2)
        assert open_.run(GetMemory(id=memory_id)).id == memory_id
        receipt = open_.run(EraseMemory(id=memory_id))
        assert receipt.version_hashes == hashes
        assert (receipt.was_live, receipt.was_archived) == (True, False)
        assert (receipt.links, receipt.copies) == (1, [clone])
        assert receipt.vectors >= 1
        for command in (GetMemory(id=memory_id), MemoryHistory(id=memory_id)):
            with pytest.raises(NotFound):
                open_.run(command)
        assert open_.run(GetMemory(id=clone)).links == []
        again = open_.run(EraseMemory(id=memory_id))
        assert (again.erased, again.versions, again.was_live) == (True, 0, False)
        record = {"id": memory_id, "title": "back", "content": "c"}
        assert open_.run(ImportMemories(memories=(record,))).gone == 1
        assert open_.run(ArchiveStats()).archived_total == 0


def test_it_wants_the_whole_id() -> None:
    with harness() as open_:
        memory_id = secret(open_)
        with pytest.raises(NotFound):
            open_.run(EraseMemory(id=memory_id[:8]))
        assert open_.run(EraseMemory(id=memory_id)).complete


def test_the_log_keeps_its_place_and_holds_no_text(tmp_path: Path) -> None:
    with harness(tmp_path / "a.db") as open_:
        memory_id = secret(open_)
        with open_.node.store.read() as rows:
            before = rows.log_entries(0, 99)
        open_.run(EraseMemory(id=memory_id))
        with open_.node.store.read() as rows:
            after = rows.log_entries(0, 99)
        assert after[: len(before)] == before
        assert after[-1].change.memory_id == memory_id  # type: ignore[union-attr]
        assert not any(word in repr(after) for word in SECRETS)


def test_while_a_reader_holds_the_log_the_janitor_finishes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_memory.limits.BUSY_WAIT_SECS", 0.2)
    db = tmp_path / "a.db"
    with harness(db) as open_:
        others(open_, 100)
        memory_id = secret(open_)
        reader = apsw.Connection(str(db))
        reader.execute("BEGIN; SELECT count(*) FROM version").fetchall()
        receipt = open_.run(EraseMemory(id=memory_id))
        assert (receipt.erased, receipt.complete) == (True, False)
        assert receipt.waits_for == ["a reader of the write-ahead log"]
        with pytest.raises(NotFound):
            open_.run(GetMemory(id=memory_id))
        reader.close()
        assert found(db, SECRETS) != set()
        open_.opened.janitor.turn()
        assert found(db, (*SECRETS, *FOLDED)) == set()
        with open_.node.store.read() as rows:
            assert rows.scrub_due() is None


def test_while_another_process_writes_the_index_the_janitor_finishes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_memory.adapters.vector_index.purge._PATIENCE_SECS", 0.1)
    db = tmp_path / "a.db"
    with harness(db, semantic=True) as open_:
        memory_id = secret(open_)
        folder = tmp_path / "a.db.vectors" / "some-model"
        folder.mkdir(parents=True)
        (folder / f"{0:020d}-{9:020d}.segment").write_bytes(b"not of this store")
        with try_lock(folder / LOCK_NAME) as mine:
            assert mine
            receipt = open_.run(EraseMemory(id=memory_id))
            assert receipt.waits_for == ["a writer of the vector index"]
        open_.opened.janitor.scrub()
        assert [path.name for path in folder.iterdir()] == [LOCK_NAME]
        with open_.node.store.read() as rows:
            assert rows.scrub_due() is None


def test_a_segment_with_its_vectors_goes_and_is_made_anew(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with harness(db, semantic=True) as open_:
        memory_id = secret(open_)
        others(open_, 2_400)
        open_.opened.janitor.turn()
        segments = list((tmp_path / "a.db.vectors").rglob("*.segment"))
        assert len(segments) == 1
        old = segments[0].read_bytes()

        receipt = open_.run(EraseMemory(id=memory_id))

        assert (receipt.index_files, receipt.complete) == (1, True)
        assert list((tmp_path / "a.db.vectors").rglob("*.segment")) == []
        found_now = open_.run(SearchMemories(query="common")).total
        assert found_now > 0
        open_.opened.janitor.turn()
        anew = list((tmp_path / "a.db.vectors").rglob("*.segment"))
        assert len(anew) == 1
        assert anew[0].read_bytes() != old
        assert open_.run(EraseMemory(id=memory_id)).index_files == 0
