"""One process at a time: an advisory lock on a file, which the system frees when its owner dies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ai_memory.adapters.private import make_file

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock at `path`; blocks while another process or thread holds it.

    The file stays: removing it would let two processes lock two files of one name.
    """
    make_file(path)
    with path.open("a+b") as file:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
