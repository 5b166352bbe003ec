"""A file or folder put in the place of another: whole and on the disk, or not at all.

What is to be is made in a *workshop*: a new folder beside its place, for its owner alone, under a
name that nobody could guess or plant a link at. One renaming then puts it there. A process that is
killed at any moment leaves the place as it was or as it was to be, and at worst a workshop, which
stands in nobody's way and is removed by the next that works at the same place: a lock in it, which
vanishes with its holder, tells a workshop that is left from one that is in use.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from ai_memory.adapters.lock import try_lock
from ai_memory.adapters.private import FILE_MODE

PART: Final = "part"
_LOCK: Final = "lock"
_TRIES: Final = 5  # each lost only to another process that clears away at the same moment
_NAME_BYTES_MAX: Final = 200  # of the 255 that file systems take, with room for the ending
_NO_LINKS: Final = frozenset(
    (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK)
)


@contextmanager
def workshop(place: Path, word: str = PART) -> Iterator[Path]:
    """A new, empty folder beside a place, removed at the end with whatever is left in it.

    Args:
        place: What will be put there may be there already, or not yet.
        word: Stands in the folder's name, for a person who finds one.

    Raises:
        OSError: It cannot be made.
    """
    sweep(place, word)
    with ExitStack() as held:
        folder = _made(place, word, held)
        try:
            yield folder
        finally:
            if os.name == "nt":  # which removes nothing that is open
                held.close()
            _remove(folder)


@contextmanager
def replacing(place: Path, *, over: bool = True, like: Path | None = None) -> Iterator[BinaryIO]:
    """A file to write, which gets its name when the block ends without an error.

    Args:
        place: Its name. A link there is replaced, not followed.
        over: Whether a file that is there may go.
        like: The new file gets this one's mode and, where we may, its owner.

    Raises:
        FileExistsError: It may not, and is there.
        OSError: The file cannot be written.
    """
    with workshop(place) as folder:
        made = folder / "new"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(made, flags, FILE_MODE), "wb") as file:
            yield file
            file.flush()
            if like is not None:
                _resemble(made, like)
            os.fsync(file.fileno())
        put(made, place, over=over)


def put(made: Path, place: Path, *, over: bool = True) -> None:
    """Rename what is on the disk already, and let the renaming reach the disk too.

    Raises:
        FileExistsError: `over` is false, and something is there.
        OSError: It cannot be renamed.
    """
    if over:
        made.replace(place)
    elif made.is_dir():
        _put_folder(made, place)
    elif keep(made, place, may_copy=False):
        made.unlink()
    else:  # a file system without hard links
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))
        made.replace(place)
    sync_folder(place.parent)


def keep(file: Path, place: Path, *, may_copy: bool = True) -> bool:
    """Give a file a second name, which stays with it when the first comes to mean another.

    Where a file system knows no second names, a copy is made.

    Returns:
        False if nothing was done, since it takes a copy and none may be made.

    Raises:
        FileExistsError: The name is taken.
        OSError: Neither can be made.
    """
    try:
        os.link(file, place, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError) as cause:
        if isinstance(cause, OSError) and cause.errno not in _NO_LINKS:
            raise
        if not may_copy:
            return False
        with file.open("rb") as source, replacing(place, over=False, like=file) as target:
            shutil.copyfileobj(source, target)
    return True


def sweep(place: Path, word: str = PART) -> list[Path]:
    """Remove the workshops beside a place that processes left which are no more; which they were.

    Whatever is not certainly one of them stays.
    """
    gone = []
    with suppress(OSError):
        for folder in left_beside(place, word):
            if not (folder / _LOCK).is_file():
                with suppress(OSError):
                    folder.rmdir()  # its maker died at once, or has only begun and makes another
                continue
            with try_lock(folder / _LOCK) as is_left:
                if is_left:
                    _remove(folder)  # but for the lock on Windows, which removes nothing open
            if is_left:
                _remove(folder)
                gone.append(folder)
    return gone


def left_beside(place: Path, word: str = PART) -> list[Path]:
    """The workshops of this user beside a place, those in use among them."""
    pattern = re.compile(re.escape(_prefix(place, word)) + "[a-z0-9_]{8}")
    found = []
    for path in place.parent.iterdir():
        if not pattern.fullmatch(path.name):
            continue
        with suppress(OSError):
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == _user(status.st_uid):
                found.append(path)
    return sorted(found)


def sync_file(path: Path) -> None:
    """Return when a file's bytes are on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Return when the names in a folder are on the disk: a renaming survives a power failure."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all() -> None:
    """Return when everything written so far is on the disk: for many small files."""
    if hasattr(os, "sync"):
        os.sync()


def _made(place: Path, word: str, held: ExitStack) -> Path:
    import tempfile

    for turn in range(_TRIES):
        # Random and new, with mode 0700: no link can stand there.
        folder = Path(tempfile.mkdtemp(prefix=_prefix(place, word), dir=place.parent))
        attempt = ExitStack()
        try:
            mine = attempt.enter_context(try_lock(folder / _LOCK))
        except FileNotFoundError:  # swept between its making and its locking
            continue
        # Where there are no locks at all, nobody can take it for left either.
        if (mine or turn == _TRIES - 1) and (folder / _LOCK).exists():
            held.push(attempt)
            return folder
        attempt.close()
    raise OSError(errno.EAGAIN, f"no folder could be kept beside {place}")


def _remove(folder: Path) -> None:
    """Its lock last, so that who is killed here leaves what the next one still knows."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name == _LOCK:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()


def _put_folder(made: Path, place: Path) -> None:
    """An empty folder that is there makes room."""
    try:
        if os.name == "nt" and place.is_dir():
            place.rmdir()
        made.rename(place)
    except OSError as cause:
        if cause.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place)) from cause
        raise


def _prefix(place: Path, word: str) -> str:
    # As the file system has it: in a locale that is no UTF-8 the name's characters are bytes.
    return f"{os.fsdecode(os.fsencode(place.name)[:_NAME_BYTES_MAX])}.{word}-"


def _resemble(made: Path, like: Path) -> None:
    status = like.stat()
    if hasattr(os, "chown"):
        with suppress(OSError):  # before the mode, which it may narrow
            os.chown(made, status.st_uid, status.st_gid)
    made.chmod(stat.S_IMODE(status.st_mode))


def _user(otherwise: int) -> int:
    return os.geteuid() if hasattr(os, "geteuid") else otherwise
