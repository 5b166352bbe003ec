"""Removes index files that hold vectors of rows that are gone; the janitor makes them anew.

It reads the files' keys only, so a node without an embedder, and so without an index, does it too.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Final

from ai_memory.adapters.lock import try_lock
from ai_memory.adapters.vector_index.directory import LOCK_NAME, PARTIAL_SUFFIX, SEGMENT_NAME
from ai_memory.adapters.vector_index.footer import SegmentUnusable, unpack_footer
from ai_memory.ports import IndexPurge

_PATIENCE_SECS: Final = 20.0  # a fold takes 4 to 8
_STEP_SECS: Final = 0.1


def purge_folder(folder: Path, live: Callable[[int, int], Collection[int]]) -> IndexPurge:
    """Remove the files with rows that are gone, of every model.

    Args:
        folder: With one folder per model.
        live: The keys of the stored windows in (low, high], all models'.
    """
    files, is_complete = 0, True
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not place.is_dir():
            continue
        with ExitStack() as held:
            if not _owned(held, place / LOCK_NAME):
                is_complete = False
                continue
            for path in sorted(place.iterdir()):
                left_over = path.name.endswith(PARTIAL_SUFFIX)
                if left_over or (SEGMENT_NAME.fullmatch(path.name) and _holds_gone(path, live)):
                    path.unlink(missing_ok=True)
                    files += 1
    return IndexPurge(files, is_complete)


def _owned(held: ExitStack, lock: Path) -> bool:
    """Hold the lock, waiting for a fold of another thread or process to end."""
    clock = Event()
    for _turn in range(int(_PATIENCE_SECS / _STEP_SECS)):
        if held.enter_context(try_lock(lock)):
            return True
        clock.wait(_STEP_SECS)
    return False


def _holds_gone(path: Path, live: Callable[[int, int], Collection[int]]) -> bool:
    """Whether a segment has a key that the store has no more; a damaged one counts as such."""
    file = memoryview(path.read_bytes())
    try:
        footer, _at = unpack_footer(file)
    except SegmentUnusable:
        return True
    keys = array("q", file[footer.keys_at : footer.keys_at + 8 * footer.count].tobytes())
    if sys.byteorder == "big":
        keys.byteswap()
    return not set(live(footer.low, footer.high)).issuperset(keys)
