"""What the index knows at one moment: segments and a tail that together reach up to a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ai_memory.adapters.vector_index.codes import Candidates, join

if TYPE_CHECKING:
    from ai_memory.adapters.vector_index.segment import Segment
    from ai_memory.adapters.vector_index.tail import Tail
    from ai_memory.ports import Keys, Vector


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Immutable; a search holds one and needs no lock.

    Attributes:
        segments: Each begins at the key where the one before ends; the first begins at 0.
        tail: Begins where the last segment ends.
    """

    segments: tuple[Segment, ...]
    tail: Tail

    def __len__(self) -> int:
        return self.segment_rows + len(self.tail)

    @property
    def segment_rows(self) -> int:
        """How many rows the segments hold, removed ones included."""
        return sum(map(len, self.segments))

    @property
    def high(self) -> int:
        """Every row with a key up to this is here."""
        return self.tail.high

    def nearest(self, query: Vector, reach: int, surely: int, *, hint: bool = False) -> Candidates:
        """About `reach` of the nearest rows, best first.

        The first `surely` are found wherever they are. Of what is asked beyond, each segment is
        taken to hold at most twice its share: asked for all of it, five cost five times as much.
        A hint goes less far: it finds what is very near.
        """
        parts = [self.tail.codes.scan(query)]
        rows = max(len(self), 1)
        for segment in self.segments:
            share = 2 * reach * len(segment) // rows
            parts.append(segment.nearest(query, min(reach, max(surely, share)), hint=hint))
        return join(parts).best(reach)

    def scan_among(self, query: Vector, keys: Keys) -> Candidates:
        """The approximate cosine of every one of `keys` that is here; `keys` ascend."""
        ends = [segment.high for segment in self.segments]
        shares = np.split(keys, np.searchsorted(keys, ends, side="right"))
        parts = [
            segment.codes.scan_among(query, share)
            for segment, share in zip(self.segments, shares, strict=False)
        ]
        parts.append(self.tail.codes.scan_among(query, shares[-1]))
        return join(parts)
