"""Whether a database that is open is still the one that its path names.

A file that is removed or replaced goes on to exist for whoever has it open, and what is written
into it then is lost with the last of them. A look at three names takes some microseconds.
"""

from __future__ import annotations

import os
from array import array
from pathlib import Path
from typing import Final, TypeAlias

import apsw

from ai_memory.errors import StoreMoved

FileId: TypeAlias = tuple[int, int]
"""The device and the number of a file."""

_BESIDE: Final = ("-wal", "-shm")


class Place:
    """The files that a connection has open, and their names.

    Attributes:
        file: Which file the database is.
    """

    def __init__(
        self, connection: apsw.Connection, path: str, expected: FileId | None = None
    ) -> None:
        """Note what is open now.

        Args:
            connection: In WAL mode, and has read.
            path: By which it was opened; may be a link to it.
            expected: The file that it must be.

        Raises:
            StoreMoved: It has moved meanwhile, or is another one.
        """
        names = [str(Path(path).absolute()), *(connection.filename + end for end in _BESIDE)]
        self._files: list[tuple[str, FileId | None]] = [(name, file_id(name)) for name in names]
        self.file = self._files[0][1]
        if _has_moved(connection) or (expected is not None and self.file != expected):
            raise StoreMoved(f"{path} was removed or replaced")

    def require(self) -> None:
        """Make sure that the path still names what is open.

        Raises:
            StoreMoved: It does not.
        """
        if os.name == "nt":  # which neither removes nor replaces what is open
            return
        for name, known in self._files:
            if known is not None and file_id(name) != known:
                raise StoreMoved(f"{name} was removed or replaced while it was open")


def file_id(path: str) -> FileId | None:
    """Which file a path names; None: there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _has_moved(connection: apsw.Connection) -> bool:
    """SQLite knows the file it has open, and not only its name."""
    answer = array("i", [0])
    connection.file_control("main", apsw.SQLITE_FCNTL_HAS_MOVED, answer.buffer_info()[0])
    return bool(answer[0])
