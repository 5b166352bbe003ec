"""What the index knows at one moment: segments and a tail that together reach up to a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ai_memory.adapters.vector_index.codes import Candidates, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_memory.adapters.vector_index.helper import Helper
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

    def is_changed(self) -> bool:
        """Whether a file of it was changed in place: nothing of it may be searched any more."""
        return any(segment.is_changed() for segment in self.segments)

    @property
    def high(self) -> int:
        """Every row with a key up to this is here."""
        return self.tail.high

    def nearest(
        self,
        query: Vector,
        reach: int,
        surely: int,
        helper: Helper | None = None,
        *,
        hint: bool = False,
    ) -> Candidates:
        """About `reach` of the nearest rows, best first; a helper searches half the segments.

        The first `surely` are found wherever they are. Of what is asked beyond, each segment is
        taken to hold at most twice its share: asked for all of it, five cost five times as much.
        A hint goes less far: it finds what is very near.
        """
        rows = max(len(self), 1)

        def search(segments: Sequence[Segment]) -> list[Candidates]:
            shares = (2 * reach * len(segment) // rows for segment in segments)
            return [
                segment.nearest(query, min(reach, max(surely, share)), hint=hint)
                for segment, share in zip(segments, shares, strict=True)
            ]

        if helper is None or len(self.segments) < 2:
            found = search(self.segments)
        else:  # every other one: neighbours are of a length
            theirs, mine = helper.both(
                lambda: search(self.segments[::2]), lambda: search(self.segments[1::2])
            )
            found = theirs + mine
        return join([self.tail.codes.scan(query), *found]).best(reach)

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
