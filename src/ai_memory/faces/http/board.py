"""The board: what the processes behind one port tell one another, in memory that they share."""

from __future__ import annotations

import mmap
from typing import Final

_WORD_BYTES: Final = 8


class Board:
    """Whole numbers of 64 bits, a row for each process. Made before the processes are forked.

    A process writes its own row only, and reads all; a number is read and written at once. A row
    outlives its process, so what it counted is not lost with it.
    """

    def __init__(self, rows: int, numbers: int) -> None:
        """Make `rows` rows of `numbers` zeros each."""
        self._shared = memoryview(mmap.mmap(-1, rows * numbers * _WORD_BYTES)).cast("q")
        self.rows = [self._shared[at : at + numbers] for at in range(0, rows * numbers, numbers)]
