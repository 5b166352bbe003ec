"""Reading a database that this process may not write, without an attempt to write.

A file in WAL mode wants a file beside it (`-shm`) even from its readers. Where that cannot be made,
there are two ways around it. Both read without locks, which is right as long as nobody writes; who
does write makes that file first, and changes what `stamp_of` sees.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeAlias

import apsw

Stamp: TypeAlias = tuple[int, ...]

_LOCKLESS: Final = "unix-none"
"""SQLite's own VFS without locks: its write-ahead log needs no shared memory then."""


def open_frozen(path: Path, vfs: str | None = None) -> apsw.Connection:
    """Open a file for reading only, beside its writers if it has any.

    Raises:
        apsw.Error: It cannot be read either.
    """
    if _size(path, "-shm"):  # somebody has it open, or had: their locks are kept
        try:
            return _tried(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, vfs=vfs))
        except (apsw.CantOpenError, apsw.ReadOnlyError):
            pass  # left by a process that was killed, and of no use to us
    if _size(path, "-wal"):
        held = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, vfs=_LOCKLESS)
        held.pragma("locking_mode", "exclusive")  # the log's index in this process's memory
        return _tried(held)
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    return _tried(apsw.Connection(f"{path.absolute().as_uri()}?immutable=1", flags=flags, vfs=vfs))


def stamp_of(path: Path) -> Stamp | None:
    """What changes when somebody writes into a file that is read without locks.

    None: it is read with locks, which tell it better.
    """
    if _size(path, "-shm"):
        return None
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_size, status.st_mtime_ns, _size(path, "-wal"))


def _tried(connection: apsw.Connection) -> apsw.Connection:
    """Opening reads nothing yet: a first question tells whether it can be read."""
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").get  # noqa: B018
    except BaseException:
        connection.close()
        raise
    return connection


def _size(path: Path, ending: str) -> int:
    """How big a file beside the database is, in bytes; 0: it is not there."""
    try:
        return path.with_name(path.name + ending).stat().st_size
    except OSError:
        return 0
