"""Removes from the file what deleting rows leaves in it (docs/adr/0018)."""

from __future__ import annotations

from pathlib import Path

import apsw

from ai_memory.adapters.sqlite.connection import MEMORY, connect, sqlite_errors


def scrub_file(path: Path | str, vfs: str | None = None) -> bool:
    """Rewrite a database file and empty its write-ahead log; whether all of the log could go.

    On a connection of its own: rewriting wants room on the disk, not in memory.

    Raises:
        StoreBusy: Another process held the write lock beyond the bounded wait.
        StoreUnavailable: The disk is full, or fails.
    """
    connection = connect(path, writer=True, vfs=vfs)
    try:
        with sqlite_errors():
            connection.execute("PRAGMA temp_store = FILE")
            return rewrite(connection)
    finally:
        connection.close()


def rewrite(connection: apsw.Connection) -> bool:
    """The same on an open connection outside a transaction."""
    # Deleting from the keyword index only marks: a merge of all its parts leaves the marked out.
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")
    # `secure_delete` zeroes deleted cells, but not what moving cells between pages leaves behind.
    connection.execute("VACUUM")
    if connection.filename in ("", MEMORY):
        return True
    busy, _frames, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
    return not busy
