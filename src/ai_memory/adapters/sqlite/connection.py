"""Opening a connection, and telling SQLite's errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import apsw

from ai_memory import limits
from ai_memory.adapters.private import make_file
from ai_memory.errors import StoreBusy, StoreMoved, StoreReadOnly, StoreUnavailable
from ai_memory.ports import OutOfSteps

MEMORY: Final = ":memory:"
_READER_CACHE_KIB: Final = 4_096
_WRITER_CACHE_KIB: Final = 16_384


@contextmanager
def sqlite_errors() -> Iterator[None]:
    """Turn the errors of the world into ours; errors of our own making stay what they are.

    Raises:
        OutOfSteps: Who reads may spend no more.
        StoreBusy: The lock was held beyond the bounded wait.
        StoreMoved: The path names another file than the one that is open.
        StoreUnavailable: The file cannot be opened, read or written.
    """
    try:
        yield
    except apsw.InterruptError as cause:
        raise OutOfSteps from cause
    except (apsw.BusyError, apsw.LockedError) as cause:
        raise StoreBusy("the database stayed locked by another process") from cause
    except apsw.FullError as cause:
        raise StoreUnavailable(
            "the disk is full", hint="Free some space; nothing was stored."
        ) from cause
    except apsw.ReadOnlyError as cause:
        if getattr(cause, "extendedresult", None) == apsw.SQLITE_READONLY_DBMOVED:
            raise StoreMoved("the database was removed or replaced while it was opened") from cause
        raise StoreReadOnly("the database cannot be written here") from cause
    except (apsw.CorruptError, apsw.NotADBError) as cause:
        raise StoreUnavailable(
            "the file is not a sound SQLite database",
            hint="Name another file with --db, or restore a backup.",
        ) from cause
    except (apsw.CantOpenError, apsw.IOError, apsw.PermissionsError) as cause:
        raise StoreUnavailable(f"the database cannot be opened or read: {cause}") from cause


def connect(path: Path | str, *, writer: bool, vfs: str | None = None) -> apsw.Connection:
    """Open one connection with the settings every connection has.

    Args:
        path: The file; its folder must exist. `MEMORY` for a private one.
        writer: Whether this connection will write.
        vfs: Name of a registered VFS; tests count syncs with one.

    A reader of a file that cannot be written makes no attempt to.

    Raises:
        StoreReadOnly: A writer, and the file, its folder or its disk is read-only.
        StoreBusy, StoreUnavailable: See `sqlite_errors`.
    """
    with sqlite_errors():
        if writer and str(path) != MEMORY:
            with suppress(OSError):  # SQLite says in its words what is wrong
                make_file(Path(path))  # what SQLite makes beside it gets its mode
        flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if writer else 0)
        connection = apsw.Connection(str(path), flags=flags, vfs=vfs)
        if str(path) != MEMORY and _is_closed_to_us(connection, Path(path)):
            connection.close()
            if writer:
                raise StoreReadOnly("the database cannot be written here")
            from ai_memory.adapters.sqlite.frozen import open_frozen

            connection = open_frozen(Path(path), vfs)
        # Without this an error log of a damaged file would go to stderr as well.
        connection.set_busy_timeout(int(limits.BUSY_WAIT_SECS * 1_000))
        cache_kib = _WRITER_CACHE_KIB if writer else _READER_CACHE_KIB
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        if writer:
            if connection.pragma("journal_mode") != "wal" and str(path) != MEMORY:
                connection.pragma("journal_mode", "wal")
            connection.execute(
                "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = FAST"
            )
        else:
            connection.execute("PRAGMA query_only = ON")
        return connection


def _is_closed_to_us(connection: apsw.Connection, path: Path) -> bool:
    """Whether a file that is there cannot be written, or not without the files it needs beside it.

    SQLite itself has tried: modes say little of what a disk, a mount or root may do.
    """
    if connection.readonly("main"):
        return True
    try:
        connection.pragma("user_version")  # reads, and opens what the journal's mode needs
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        return path.is_file()
    except apsw.Error:
        return False  # the caller's first question tells it
    return False
