"""Posting: the memories one word occurs in, each with its share of BM25.

The shares are those of FTS5's bm25(): k1 1.2, b 0.75, a word counted by the weight of its column.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Keys: TypeAlias = npt.NDArray[np.int64]
"""Memory keys. Shape (n,), ascending."""

Shares: TypeAlias = npt.NDArray[np.uint16]
"""What a word adds to each memory's score, before its rarity. Shape (n,); `SHARE_UNIT` each."""

Lengths: TypeAlias = npt.NDArray[np.float32]
"""Indexed words of a memory, by key; 0 where there is none. Shape (last key + 1,)."""

_K1: Final = 1.2
_B: Final = 0.75
SHARE_UNIT: Final = (_K1 + 1) / 65_535
_NEUTRAL: Final = round(1 / SHARE_UNIT)  # a word said once in a memory of average length
_RARITY_MIN: Final = 1e-6  # of a word that most memories have, as FTS5 has it
COLUMN_BITS: Final = 2  # of an instance: key * 4 + column
_COLUMNS: Final = 3


class Posting(NamedTuple):
    """One word, as of some snapshot.

    Attributes:
        keys: Where it occurs, at 4 bytes each.
        shares: How much, at 2 bytes each.
        covered: The last memory key looked at.
        version: The last version key looked at: newer ones may have changed older memories.
        loaded: What `covered` was when the whole posting was read.
    """

    keys: npt.NDArray[np.uint32]
    shares: Shares
    covered: int
    version: int
    loaded: int

    def joined(self, keys: Keys, covered: int) -> Posting:
        """With new memories behind, whose shares are taken to be neutral."""
        return self._replace(
            keys=np.concatenate((self.keys, keys.astype(np.uint32))),
            shares=np.concatenate((self.shares, np.full(len(keys), _NEUTRAL, np.uint16))),
            covered=covered,
        )

    def corrected(self, changed: Keys, present: Keys, version: int) -> Posting:
        """After memories changed their text; `present` are those of them that have the word."""
        keep = np.ones(len(self.keys), bool)
        at = np.searchsorted(self.keys, changed)
        inside = at < len(self.keys)
        keep[at[inside][self.keys[at[inside]] == changed[inside]]] = False
        keys, shares = self.keys[keep], self.shares[keep]
        at = np.searchsorted(keys, present)
        return self._replace(
            keys=np.insert(keys, at, present.astype(np.uint32)),
            shares=np.insert(shares, at, np.uint16(_NEUTRAL)),
            version=version,
        )


def numbers(text: str) -> Keys:
    """A JSON array of whole numbers, without the detour over Python's integers."""
    return np.fromstring(text[1:-1], np.int64, sep=",") if len(text) > 2 else _NOTHING


def weighed(
    instances: Keys, lengths: Lengths, mean: float, weights: tuple[float, float, float]
) -> tuple[npt.NDArray[np.uint32], Shares]:
    """Count the instances of a word by memory and turn the counts into shares of BM25.

    Args:
        instances: key * 4 + column, ascending by key.
        lengths: By key, as far as the keys reach.
        mean: The average length.
        weights: Of the columns.
    """
    if not len(instances):
        return instances.astype(np.uint32), instances.astype(np.uint16)
    every = instances >> COLUMN_BITS
    starts = np.flatnonzero(np.concatenate(([True], every[1:] != every[:-1])))
    keys = every[starts]
    column = np.asarray((*weights, 0.0), np.float32)[instances & (2**COLUMN_BITS - 1)]
    counts = np.add.reduceat(column, starts)
    shares = counts * (_K1 + 1) / (counts + _K1 * (1 - _B + _B * lengths[keys] / mean))
    return keys.astype(np.uint32), np.rint(shares / SHARE_UNIT).astype(np.uint16)


def rarity(memories: int, found: int) -> float:
    """BM25's inverse document frequency, as FTS5 has it."""
    return max(float(np.log((memories - found + 0.5) / (found + 0.5))), _RARITY_MIN)


def word_counts(sizes: bytes) -> Lengths:
    """FTS5's docsize blobs, end to end, one varint per column: the sum of each.

    A varint is big-endian, seven bits a byte, all but its last byte with the high bit set.
    """
    data = np.frombuffer(sizes, np.uint8)
    ends = np.flatnonzero(data < 0x80)
    starts = np.concatenate(([0], ends[:-1] + 1))[: len(ends)]
    values = data[ends].astype(np.int64)
    for back in range(1, int((ends - starts).max(initial=0)) + 1):
        longer = ends - starts >= back
        values[longer] += (data[ends[longer] - back] & 0x7F).astype(np.int64) << (7 * back)
    counts: Lengths = values.reshape(-1, _COLUMNS).sum(axis=1).astype(np.float32)
    return counts


_NOTHING: Final[Keys] = np.empty(0, np.int64)
