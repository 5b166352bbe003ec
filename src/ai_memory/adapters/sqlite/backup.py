"""A copy of a database while others write to it, and a database put in the place of another.

A copy is a plain SQLite file, in one piece. The index beside a database is derived and not copied;
it is moved aside with the database it belongs to, for its keys mean nothing in another.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw
import msgspec

from ai_memory.adapters.private import make_file
from ai_memory.adapters.sqlite.connection import connect, sqlite_errors
from ai_memory.adapters.sqlite.migration import APPLICATION_ID, schema_version
from ai_memory.errors import StoreBusy, StoreUnavailable
from ai_memory.ports import Entropy

_STEP_PAGES: Final = 1_000  # 4 MB: a bar moves, and an interrupt is heard
_HASH_BYTES: Final = 1024 * 1024
_BESIDE: Final = ("-wal", "-shm", "-journal")

Told = Callable[[int, int], None]
"""(pages copied, pages in all)."""


class Manifest(msgspec.Struct, kw_only=True):
    """What stands beside a copy, in a file of its own.

    Attributes:
        file: The copy's name. `sha256`: of its bytes.
        log_position: The newest log entry it holds.
    """

    file: str
    created_at: str
    bytes: int
    sha256: str
    schema: int
    log_position: int
    memories: int
    archived: int
    program: str


class Figures(msgspec.Struct, kw_only=True):
    """What a sound database says of itself."""

    schema: int
    log_position: int
    memories: int
    archived: int


def copy_database(source: Path, target: Path, told: Told = lambda _done, _all: None) -> None:
    """Copy a database as it stands at one instant, others reading and writing all the while.

    Args:
        source: The database.
        target: A file that is not there yet; on the disk when this returns.
        told: Hears how far it is.

    Raises:
        StoreBusy, StoreUnavailable: See `sqlite_errors`.
    """
    with sqlite_errors(), closing(connect(source, writer=False)) as origin:
        # Of one snapshot: without it, every commit of another process would begin the copy anew.
        origin.execute("BEGIN")
        origin.execute("SELECT count(*) FROM sqlite_schema").get  # noqa: B018 - begins to read
        make_file(target)
        with closing(apsw.Connection(str(target))) as copy:
            with copy.backup("main", origin, "main") as backup:
                while not backup.done:
                    backup.step(_STEP_PAGES)
                    told(backup.page_count - backup.remaining, backup.page_count)
            copy.pragma("journal_mode", "delete")  # one file, nothing beside it
    _sync(target)


def examine(path: Path) -> Figures:
    """Open a copy, let it check itself, and ask what it holds.

    Raises:
        StoreUnavailable: It is damaged, or no database of this program.
    """
    with sqlite_errors(), closing(_read_only(path)) as database:
        if database.pragma("application_id") != APPLICATION_ID:
            raise StoreUnavailable(f"{path} is not a database of ai-memory")
        found = [str(row[0]) for row in database.execute("PRAGMA integrity_check")]
        if found != ["ok"]:
            raise StoreUnavailable(f"{path} is damaged: {found[0]}", hint="Take another backup.")
        position, memories, archived = database.execute(
            "SELECT (SELECT coalesce(max(position), 0) FROM log), "
            "(SELECT count(*) FROM memory), (SELECT count(*) FROM archived)"
        ).get
        return Figures(
            schema=schema_version(database),
            log_position=position,
            memories=memories,
            archived=archived,
        )


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as hex."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASH_BYTES):
            found.update(piece)
    return found.hexdigest()


def set_aside(database: Path, suffix: str, folders: Sequence[Path] = ()) -> list[Path]:
    """Move a database, what SQLite keeps beside it and these folders out of the way.

    Args:
        database: The database; it may be missing, or damaged.
        suffix: What their names get behind them.
        folders: Such as the index.

    Returns:
        Where they are now.

    Raises:
        StoreBusy: A process holds it open.
    """
    if database.exists():
        _require_unused(database)
    moved = []
    beside = [database.with_name(database.name + ending) for ending in _BESIDE]
    for path in (database, *beside, *folders):
        if path.exists():
            target = path.with_name(path.name + suffix)
            path.replace(target)
            moved.append(target)
    return moved


def put_in_place(copy: Path, database: Path, entropy: Entropy) -> None:
    """Let a copy be the database, under a new name in the log.

    The old name may have given sequence numbers that the copy does not know; given again, they
    would mean two things.
    """
    with sqlite_errors(), closing(connect(copy, writer=True)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE name = 'node_id'", (entropy.new_id(),))
        connection.pragma("journal_mode", "delete")
    copy.replace(database)


def _require_unused(database: Path) -> None:
    """Leave WAL mode, which SQLite grants to the only process that has the file open.

    Raises:
        StoreBusy: Another has.
    """
    try:
        with closing(apsw.Connection(str(database))) as connection:
            connection.set_busy_timeout(0)
            connection.pragma("journal_mode", "delete")
            connection.execute("BEGIN EXCLUSIVE; COMMIT")
    except (apsw.BusyError, apsw.LockedError) as cause:
        raise StoreBusy(
            "another process has the database open",
            hint="Stop the servers and clients that use it, then say it again.",
        ) from cause
    except apsw.Error:
        return  # too damaged to be open anywhere; moving it aside is why somebody restores


def _read_only(path: Path) -> apsw.Connection:
    return apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
