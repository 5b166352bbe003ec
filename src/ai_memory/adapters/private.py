"""Files and folders for their owner alone, from their first instant, whatever the umask says.

What people tell an agent is private. A mode given to `open` and `mkdir` needs no moment in which a
file is open to others; a umask can only narrow it.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
OTHERS: Final = 0o077
"""The bits of a mode that let anybody else in."""


def narrow_umask() -> None:
    """Let this process make files for its owner only: for programs, not for libraries."""
    os.umask(OTHERS)


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing; one that is there stays as it is.

    Raises:
        OSError: It cannot be made.
    """
    try:
        path.mkdir(mode=FOLDER_MODE)
    except FileNotFoundError:
        make_folder(path.parent)
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    except FileExistsError:
        if not path.is_dir():
            raise


def make_file(path: Path) -> None:
    """Make an empty file; one that is there stays as it is.

    Raises:
        OSError: It cannot be made.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))


def tighten(path: Path) -> None:
    """Take from others what they may do with a file or folder, if it is ours."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        status = path.stat()
        mode = stat.S_IMODE(status.st_mode)
        if mode & OTHERS and status.st_uid == os.geteuid():
            path.chmod(mode & ~OTHERS)
