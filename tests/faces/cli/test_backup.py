"""Copies that can be trusted, brought back; and the state of an earlier instant."""

from __future__ import annotations

import json
import os
import threading
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from tests.faces.cli.shell import Shell
from tests.support import ManualClock, harness

from ai_memory.adapters.sqlite.backup import copy_database, examine
from ai_memory.adapters.system import SystemClock
from ai_memory.model.clock import SECOND, to_rfc3339
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.invalidate_link import InvalidateLink
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.purge_archive import PurgeArchive
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory


def refused(sh: Shell, *words: str) -> str:
    outcome = sh(*words)
    assert outcome.code != 0
    return outcome.err


def test_there_and_back(sh: Shell, tmp_path: Path) -> None:
    kept = sh.store("Tea", "Green.")
    before = sh.ok("export").out.splitlines()[1:]
    made = sh.ok("backup", "--json").json
    assert Path(made["path"]).parent == tmp_path / "backups"
    assert (made["memories"], made["archived"]) == (1, 0)
    manifest = json.loads(Path(made["path"] + ".json").read_text(encoding="utf-8"))
    assert manifest["sha256"] == made["sha256"]
    sh.store("Coffee", "Black.")
    sh.ok("delete", kept)
    done = sh.ok("restore", "--json").json
    assert (done["memories"], done["verified"]) == (1, True)
    assert sh.ok("export").out.splitlines()[1:] == before
    # What was there is still there, and is a database.
    (old,) = (path for path in done["moved"] if ".db.before-" in path)
    assert sh.ok("list", "--db", old, "--json").json["total"] == 1
    # The restored file goes on under a new name in the log.
    sh.store("Milk", "White.")
    with closing(apsw.Connection(str(tmp_path / "memory.db"))) as rows:
        assert rows.execute("SELECT count(DISTINCT origin) FROM log").get == 2
    assert not list(tmp_path.glob("*.restoring*"))


def test_a_copy_is_of_one_instant_while_others_write(tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    stop = threading.Event()
    begun = threading.Event()
    with harness(tmp_path / "a.db") as open_:
        for number in range(300):
            open_.run(StoreMemory(title=f"t{number}", content="c" * 20_000))

        def write() -> None:
            number = 0
            while not stop.is_set():
                open_.run(StoreMemory(title=f"late {number}", content="x" * 20_000))
                number += 1
                begun.set()

        writer = threading.Thread(target=write)
        steps: list[int] = []

        def told(done: int, _total: int) -> None:
            # Somebody commits between any two steps of the copy.
            begun.clear()
            assert begun.wait(30)
            steps.append(done)

        writer.start()
        try:
            copy_database(tmp_path / "a.db", target, told)
        finally:
            stop.set()
            writer.join()
        assert len(steps) >= 2
        assert steps == sorted(steps)
    figures = examine(target)
    assert 300 <= figures.memories == figures.log_position
    assert not list(tmp_path.glob("copy.db-*"))


def test_the_newest_are_kept_and_nothing_else_is_touched(sh: Shell, tmp_path: Path) -> None:
    sh.store("Tea", "Green.")
    folder = tmp_path / "copies"
    folder.mkdir()
    other = folder / "ai-memory-of-mine.db"
    other.write_bytes(b"mine")
    made = [sh.ok("backup", "--to", str(folder), "--keep", "2", "--json").json for _ in range(3)]
    assert [len(one["dropped"]) for one in made] == [0, 0, 1]
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(
        [other.name]
        + [one["file"] for one in made[1:]]
        + [one["file"] + ".json" for one in made[1:]]
    )
    assert sh.ok("restore", "--from", str(folder)).out.startswith("restored 1 memories")
    assert made[2]["file"] in sh.ok("restore", "--from", str(folder), "--json").json["source"]


def test_a_damaged_copy_is_not_restored(sh: Shell, tmp_path: Path) -> None:
    kept = sh.store("Tea", "Green.")
    made = Path(sh.ok("backup", "--json").json["path"])
    data = bytearray(made.read_bytes())
    data[len(data) // 2] ^= 0xFF
    made.write_bytes(data)
    assert "manifest" in refused(sh, "restore")
    made.write_bytes(b"nonsense" * 999)
    made.with_name(made.name + ".json").unlink()
    assert "not a sound" in refused(sh, "restore", "--from", str(made))
    assert "no backup" in refused(sh, "restore", "--from", str(tmp_path / "none"))
    assert "no backup" in refused(sh, "restore", "--from", str(made.parent))
    assert sh.ok("get", kept, "--json").json["title"] == "Tea"
    foreign = tmp_path / "foreign.db"
    with closing(apsw.Connection(str(foreign))) as rows:
        rows.execute("CREATE TABLE t (x)")
    assert "not a database of" in refused(sh, "restore", "--from", str(foreign))


def test_a_damaged_database_can_be_replaced(sh: Shell, tmp_path: Path) -> None:
    kept = sh.store("Tea", "Green.")
    sh.ok("backup")
    (tmp_path / "memory.db").write_bytes(b"nonsense" * 9_999)
    sh.ok("restore")
    assert sh.ok("get", kept, "--json").json["title"] == "Tea"


def test_an_open_database_is_not_replaced(sh: Shell, tmp_path: Path) -> None:
    sh.store("Tea", "Green.")
    sh.ok("backup")
    with harness(tmp_path / "memory.db"):
        assert "another process has the database open" in refused(sh, "restore")
        sh.store("Coffee", "Black.")
    assert sh.ok("list", "--json").json["total"] == 2
    sh.ok("restore")
    assert sh.ok("list", "--json").json["total"] == 1


@pytest.mark.parametrize("words", [("backup", "--keep", "all"), ("restore", "--at", "someday")])
def test_mistakes_are_told(sh: Shell, words: tuple[str, ...]) -> None:
    sh.store("Tea", "Green.")
    assert refused(sh, *words)
    assert "no database" in refused(sh, "backup", "--db", "nowhere.db")
    assert "file itself" in refused(sh, "backup", "--url", "http://127.0.0.1:1")


def test_the_state_of_an_earlier_instant(sh: Shell, tmp_path: Path) -> None:
    clock = ManualClock()
    with harness(tmp_path / "memory.db", clock=clock) as open_:
        tea = open_.run(StoreMemory(title="Tea", content="green")).id
        milk = open_.run(StoreMemory(title="Milk", content="white")).id
        gone = open_.run(StoreMemory(title="Gone", content="soon")).id
        open_.run(LinkMemories(source_id=tea, target_id=milk))
        open_.run(DeleteMemory(id=milk))
        with open_.node.store.read() as rows:
            expected = rows.state_hash()
        at = to_rfc3339(clock.now() + SECOND)
        clock.advance(60)
        open_.run(UpdateMemory(id=tea, content="black"))
        open_.run(InvalidateLink(source_id=tea, target_id=milk, relation="related_to"))
        open_.run(StoreMemory(title="Late", content="comer"))
    done = sh.ok("restore", "--at", at, "--json").json
    assert (done["memories"], done["archived"], done["lost_texts"]) == (2, 1, 0)
    assert done["applied"] == 5
    with harness(tmp_path / "memory.db", clock=clock) as open_:
        with open_.node.store.read() as rows:
            assert rows.state_hash() == expected
        open_.run(DeleteMemory(id=gone))
        clock.advance(1)
        open_.run(PurgeArchive())
    moved = sh.ok("restore", "--at", at, "--json").json
    assert (moved["memories"], moved["archived"], moved["lost_texts"]) == (1, 0, 2)
    (old,) = (path for path in moved["moved"] if ".db.before-" in path)
    outcome = sh.ok("restore", "--at", at, "--from", old)
    assert "2 texts were purged or erased since, and stay gone" in outcome.err
    assert "access counters and vectors" in outcome.err


def test_an_instant_before_the_first_entry_needs_a_yes(sh: Shell) -> None:
    sh.store("Tea", "Green.")
    refusal = sh("restore", "--at", "2 days ago")
    assert refusal.code == 2
    assert "nothing was stored by" in refusal.err
    assert "The first entry of the log is of 20" in refusal.err
    assert sh.ok("list", "--json").json["total"] == 1
    assert "0 memories" in sh.ok("restore", "--at", "2 days ago", "--yes").out
    assert sh.ok("list", "--json").json["total"] == 0
    assert "nothing was stored" in sh("restore", "--at", "now").err


def test_a_backup_that_is_replayed_stays_what_its_manifest_says(sh: Shell) -> None:
    sh.store("Tea", "Green.")
    made = Path(sh.ok("backup", "--json").json["path"])
    before = made.read_bytes()
    later = to_rfc3339(SystemClock().now() + 60 * SECOND)
    assert sh.ok("restore", "--at", later, "--from", str(made), "--json").json["memories"] == 1
    assert made.read_bytes() == before
    assert [path.suffix for path in sorted(made.parent.iterdir())] == [".db", ".json"]
    data = bytearray(before)
    data[len(data) // 2] ^= 0xFF
    made.write_bytes(data)
    assert "manifest" in refused(sh, "restore", "--at", later, "--from", str(made))


def test_what_waits_in_a_log_beside_a_source_is_restored_too(sh: Shell, tmp_path: Path) -> None:
    with harness(tmp_path / "other.db") as other:
        other.run(StoreMemory(title="Tea", content="Green."))
        assert (tmp_path / "other.db-wal").stat().st_size
        done = sh.ok("restore", "--from", str(tmp_path / "other.db"), "--json").json
    assert done["memories"] == 1


def test_a_log_of_another_file_is_not_taken_for_the_restored_ones(
    sh: Shell, tmp_path: Path
) -> None:
    """A database that is gone, or damaged, and the write-ahead log that was its."""
    sh.store("Tea", "Green.")
    sh.ok("backup")
    database, log = tmp_path / "memory.db", tmp_path / "memory.db-wal"
    with harness(tmp_path / "other.db") as other:
        for number in range(20):
            other.run(StoreMemory(title=f"t{number}", content="c" * 2_000))
        foreign = (tmp_path / "other.db-wal").read_bytes()
    for content in (None, b"nonsense" * 999):
        database.unlink()
        if content is not None:
            database.write_bytes(content)
        log.write_bytes(foreign)
        moved = sh.ok("restore", "--skip-verify", "--json").json["moved"]
        assert content is not None or any(path.endswith("-wal") for path in moved)
        assert all(Path(path).exists() for path in moved)
        assert sh.ok("list", "--json").json["total"] == 1
        assert examine(database).memories == 1


def test_a_name_given_by_a_restore_that_was_killed_is_taken_back(sh: Shell, tmp_path: Path) -> None:
    sh.store("Tea", "Green.")
    sh.ok("backup")
    database = tmp_path / "memory.db"
    second = tmp_path / "memory.db.before-20260101T000000.000000Z"
    second.hardlink_to(database)
    (moved,) = sh.ok("restore", "--json").json["moved"]
    assert not second.exists()
    assert Path(moved).stat().st_nlink == 1


@pytest.mark.skipif(os.name == "nt", reason="links of POSIX")
def test_a_link_to_the_database_stays_one(sh: Shell, tmp_path: Path) -> None:
    sh.store("Tea", "Green.")
    copy = sh.ok("backup", "--json").json["path"]
    (tmp_path / "kept").mkdir()
    database = tmp_path / "memory.db"
    real = database.rename(tmp_path / "kept" / "real.db")
    database.symlink_to(real)
    sh.ok("restore", "--from", copy)
    assert database.is_symlink()
    assert examine(real).memories == 1


def test_a_manifest_without_its_copy_goes_with_the_next_backup(sh: Shell, tmp_path: Path) -> None:
    sh.store("Tea", "Green.")
    kept = Path(sh.ok("backup", "--json").json["path"])
    alone = kept.with_name("ai-memory-20250101T000000.000000Z.db.json")
    alone.write_bytes(b"{}")
    sh.ok("backup")
    assert not alone.exists()
    assert len(list((tmp_path / "backups").iterdir())) == 4
