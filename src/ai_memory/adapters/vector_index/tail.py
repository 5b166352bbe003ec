"""The rows behind the last segment: read from the store, kept as codes, scanned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ai_memory.adapters.vector_index.codes import Codes

ROOM_ROWS_MIN = 256


class Room:
    """Arrays with space for more rows than are used, so that growing does not copy each time."""

    def __init__(self, rows: int, dim: int) -> None:
        self.used = 0
        self._codes = Codes(
            np.empty(rows, np.int64), np.empty((rows, dim), np.int8), np.empty(rows, np.float32)
        )

    def has_space(self, rows: int) -> bool:
        """Whether so many rows fit in."""
        return self.used + rows <= len(self._codes.keys)

    def append(self, more: Codes) -> Codes:
        """Add rows behind those in use; whoever reads those is not disturbed."""
        start, self.used = self.used, self.used + len(more.keys)
        keys, vectors, scales = self._codes
        keys[start : self.used], vectors[start : self.used] = more.keys, more.vectors
        scales[start : self.used] = more.scales
        return Codes(keys[: self.used], vectors[: self.used], scales[: self.used])


@dataclass(frozen=True, slots=True)
class Tail:
    """All rows with keys in (low, high]; immutable.

    Attributes:
        room: Where the codes are; shared with the tails this one was extended from.
    """

    low: int
    high: int
    codes: Codes
    room: Room

    @classmethod
    def empty(cls, low: int, dim: int) -> Tail:
        """Nothing behind a key."""
        room = Room(0, dim)
        return cls(low, low, room.append(_none(dim)), room)

    def __len__(self) -> int:
        return len(self.codes.keys)

    def extended(self, more: Codes, high: int) -> Tail:
        """This tail and further rows, known up to `high`. One thread at a time."""
        room = self.room
        if room.used != len(self) or not room.has_space(len(more.keys)):
            rows = len(self) + len(more.keys)
            room = Room(max(2 * rows, ROOM_ROWS_MIN), self.codes.vectors.shape[1])
            room.append(self.codes)
        return Tail(self.low, high, room.append(more), room)

    def after(self, key: int) -> Tail:
        """What remains once the segments reach to `key`."""
        dim = self.codes.vectors.shape[1]
        if key == self.low:
            return self
        if not self.low < key < self.high:
            return Tail.empty(key, dim)
        first = int(np.searchsorted(self.codes.keys, key, side="right"))
        keys, vectors, scales = self.codes
        rest = Codes(keys[first:], vectors[first:], scales[first:])
        return Tail.empty(key, dim).extended(rest, self.high)


def _none(dim: int) -> Codes:
    return Codes(np.empty(0, np.int64), np.empty((0, dim), np.int8), np.empty(0, np.float32))
