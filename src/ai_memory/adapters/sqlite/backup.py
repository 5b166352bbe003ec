"""A copy of a database while others write to it, and a database put in the place of another.

A copy is a plain SQLite file, in one piece. The index beside a database is derived and not copied;
it is moved aside with the database it belongs to, for its keys mean nothing in another
(docs/adr/0039).
"""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import apsw
import msgspec

from ai_memory.adapters.private import make_file
from ai_memory.adapters.replacement import keep, put, sync_file, sync_folder
from ai_memory.adapters.sqlite.connection import connect, sqlite_errors
from ai_memory.adapters.sqlite.migration import APPLICATION_ID, schema_version
from ai_memory.errors import StoreBusy, StoreUnavailable
from ai_memory.ports import Entropy

_STEP_PAGES: Final = 1_000  # 4 MB: a bar moves, and an interrupt is heard
_HASH_BYTES: Final = 1024 * 1024
_BESIDE: Final = ("-wal", "-shm", "-journal")
_INDEX: Final = ".vectors"
BEFORE: Final = ".before-"
"""What follows a database's name in that of one that was kept when another took its place."""

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
    sync_file(target)


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


def is_in_one_piece(path: Path) -> bool:
    """Whether all of a database is in its one file, as in a backup; nothing waits beside it."""
    return not any(_size(_beside(path, ending)) for ending in ("-wal", "-journal"))


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as hex."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASH_BYTES):
            found.update(piece)
    return found.hexdigest()


def rename_in_log(copy: Path, entropy: Entropy) -> None:
    """Give a copy that will be the database a new name in the log; on the disk when this returns.

    The old name may have given sequence numbers that the copy does not know; given again, they
    would mean two things.
    """
    with sqlite_errors(), closing(connect(copy, writer=True)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE name = 'node_id'", (entropy.new_id(),))
        connection.pragma("journal_mode", "delete")
    sync_file(copy)


def exchange(made: Path, database: Path, suffix: str, index: Path | None = None) -> list[Path]:
    """Let a finished file be the database, and keep what was there under another name.

    At each moment the database's path names the old one or the new one, each whole.

    Args:
        made: A file of its own, with nothing beside it, on the same disk.
        database: What it takes the place of; it may be missing, or damaged. No link.
        suffix: What follows the name of what is kept, after `BEFORE`.
        index: The folder of the index, whose keys mean nothing in another database.

    Returns:
        What was kept.

    Raises:
        StoreBusy: A process holds it open.
        StoreUnavailable: The disk fails, or is full; nothing was changed.
        OSError: The same, of what is not SQLite's.
    """
    _drop_second_names(database)
    kept: list[Path] = []
    with _alone(database):
        aside = _beside(database, BEFORE + suffix)
        if database.exists():
            keep(database, aside)
            kept.append(aside)
        # A sound database has nothing beside it now.
        left = [ending for ending in _BESIDE if _beside(database, ending).exists()]
        for ending in left:
            keep(_beside(database, ending), _beside(aside, ending))
            kept.append(_beside(aside, ending))
        if index is not None and index.exists():
            target = _beside(aside, _INDEX)
            index.replace(target)
            kept.append(target)
        sync_folder(database.parent)
        for ending in left:  # found beside the new file, it would be taken for its own
            _beside(database, ending).unlink()
        put(made, database)
    return kept


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _beside(database: Path, ending: str) -> Path:
    return database.with_name(database.name + ending)


def _drop_second_names(database: Path) -> None:
    """Undo what a process did that was killed before the new file took the place of the old.

    It had given the database the name under which it would be kept; it has not come to that.
    """
    with suppress(OSError):
        inode = database.stat().st_ino
        for path in database.parent.glob(f"{glob.escape(database.name)}{BEFORE}*"):
            if path.is_symlink() or path.stat().st_ino != inode or not path.samefile(database):
                continue
            index = _beside(path, _INDEX)
            if index.exists() and not _beside(database, _INDEX).exists():
                index.replace(_beside(database, _INDEX))
            path.unlink()


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Take in the write-ahead log, which SQLite grants to the only one that has the file open.

    Nobody can open it then until the end of the block; who waited for that finds that it has moved.

    Raises:
        StoreBusy: Another has.
        StoreUnavailable: The disk fails.
    """
    if not database.exists():
        yield
        return
    with ExitStack() as held:
        try:
            with sqlite_errors():
                connection = held.enter_context(closing(apsw.Connection(str(database))))
                connection.set_busy_timeout(0)
                connection.pragma("journal_mode", "delete")
                connection.execute("BEGIN EXCLUSIVE")
        except StoreBusy as cause:
            raise StoreBusy(
                "another process has the database open",
                hint="Stop the servers and clients that use it, then say it again.",
            ) from cause
        except StoreUnavailable as cause:
            # Damaged, it is open nowhere; moving it aside is why somebody restores.
            if not isinstance(cause.__cause__, apsw.CorruptError | apsw.NotADBError):
                raise
            held.close()
        if os.name == "nt":  # which renames nothing that is open
            held.close()
        yield


def _read_only(path: Path) -> apsw.Connection:
    return apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
