"""A database whose file was removed or replaced acknowledges nothing, and can still be read."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from tests.support import Harness, harness, open_store

from ai_memory.errors import AiMemoryError, StoreMoved
from ai_memory.operations.memory_health import MemoryHealth
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.store_memory import StoreMemory

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows keeps what is open in its place")


def _remove(path: Path) -> None:
    for file in path.parent.glob("a.db*"):
        file.unlink()


def _move(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def _replace(path: Path) -> None:
    shutil.copyfile(path, path.with_name("copy.db"))
    path.with_name("copy.db").replace(path)


def _remove_log(path: Path) -> None:
    path.with_name("a.db-wal").unlink()


def _remove_memory(path: Path) -> None:
    path.with_name("a.db-shm").unlink()


WAYS: Final = (_remove, _move, _replace, _remove_log, _remove_memory)


def store(node: Harness, title: str) -> str:
    """The code of what becomes of it."""
    try:
        node.run(StoreMemory(title=title, content="c"))
    except AiMemoryError as error:
        return error.code
    return "OK"


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_acknowledged_and_health_says_so(
    tmp_path: Path, way: Callable[[Path], None]
) -> None:
    with harness(tmp_path / "a.db") as node:
        assert store(node, "before") == "OK"
        assert node.run(MemoryHealth()).status == "ok"
        way(tmp_path / "a.db")
        assert store(node, "after") == "STORE_MOVED"
        with pytest.raises(StoreMoved) as refusal:
            node.run(MemoryHealth())
        assert "export" in refusal.value.hint
        # What it held can still be saved, by any thread.
        assert [hit.title for hit in node.run(RecallMemories(context="before")).memories] == [
            "before"
        ]


def test_what_is_put_back_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with harness(path) as node:
        _move(path)
        assert store(node, "lost") == "STORE_MOVED"
        path.with_name("elsewhere.db").rename(path)
        assert store(node, "kept") == "OK"


def test_a_file_replaced_during_a_commit_acknowledges_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with harness(path) as node:

        def work(_rows: object) -> str:
            _replace(path)
            return "done"

        with pytest.raises(StoreMoved):
            node.node.store.submit(work).result()


def test_no_thread_reads_the_other_file(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with harness(tmp_path / "b.db") as other:
        store(other, "other")
    with harness(path) as node:
        store(node, "own")
        (tmp_path / "b.db").replace(path)
        found: list[str] = []

        def read() -> None:
            hits = node.run(RecallMemories(context="own other")).memories
            found.extend(hit.title for hit in hits)

        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
        assert found == ["own"]


def test_a_link_that_leads_elsewhere_is_noticed(tmp_path: Path) -> None:
    path, link = tmp_path / "real.db", tmp_path / "a.db"
    link.symlink_to(path)
    with harness(link) as node:
        assert store(node, "before") == "OK"
        link.unlink()
        link.symlink_to(tmp_path / "other.db")
        assert store(node, "after") == "STORE_MOVED"


def test_who_takes_another_ones_place_makes_no_new_file(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    first = open_store(path)
    file = first.file
    first.close()
    again = open_store(path, expected=file)
    assert again.file == file
    again.close()
    path.rename(tmp_path / "elsewhere.db")
    with pytest.raises(StoreMoved):
        open_store(path, expected=file)
    assert not path.exists()
    open_store(path).close()
    with pytest.raises(StoreMoved):
        open_store(path, expected=file)
