"""Every acknowledged commit was synced, and one sync serves many callers."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import apsw
from tests.support import memory, open_store

from ai_memory.model.memory import payload_of
from ai_memory.operations.apply import words_of
from ai_memory.ports import Transaction


class CountingVFS(apsw.VFS):
    """Counts the syncs of write-ahead logs."""

    def __init__(self) -> None:
        self.name = f"counting-{id(self)}"
        self.wal_syncs = 0
        super().__init__(self.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _CountingFile(self, name, flags)


class _CountingFile(apsw.VFSFile):
    def __init__(self, vfs: CountingVFS, name: Any, flags: list[int]) -> None:
        self._vfs = vfs
        self._is_wal = bool(flags[0] & apsw.SQLITE_OPEN_WAL)
        super().__init__("", name, flags)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._vfs.wal_syncs += self._is_wal
        super().xSync(flags)


def _put(rows: Transaction, number: int) -> None:
    payload = payload_of(memory(number))
    rows.put_memory(memory(number), payload.hash(), words_of(payload))


def test_each_commit_syncs_the_log_before_it_is_acknowledged(tmp_path: Path) -> None:
    vfs = CountingVFS()
    store = open_store(tmp_path / "a.db", vfs=vfs.name)
    _ = store.submit(lambda rows: _put(rows, 0)).result()
    for number in range(1, 6):
        syncs, commits = vfs.wal_syncs, store.commits
        store.submit(partial(_put, number=number)).result()
        assert store.commits == commits + 1
        assert vfs.wal_syncs >= syncs + 1
    store.close()


def test_waiting_callers_share_one_sync(tmp_path: Path) -> None:
    vfs = CountingVFS()
    store = open_store(tmp_path / "a.db", vfs=vfs.name)
    gate = threading.Event()
    first = store.submit(lambda rows: gate.wait(10))
    futures = [store.submit(partial(_put, number=number)) for number in range(50)]
    before = vfs.wal_syncs
    gate.set()
    first.result()
    for future in futures:
        future.result()

    assert 1 <= vfs.wal_syncs - before <= 4
    store.close()
