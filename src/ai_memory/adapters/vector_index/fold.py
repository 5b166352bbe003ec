"""What a save does: which segments a new one takes in, and which one has gone stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ai_memory.adapters.vector_index.codes import decode_blobs
from ai_memory.adapters.vector_index.search import ERROR_MAX, Contradiction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_memory.adapters.vector_index.bounds import Bounds
    from ai_memory.adapters.vector_index.segment import Segment
    from ai_memory.ports import VectorRows

SAMPLE_ROWS = 256


class Fold(NamedTuple):
    """A segment to be made.

    Attributes:
        seed: Its graph is kept and grown; None: begin anew.
        low: The new range begins here.
        high: The new range ends here; None: where the rows end, or the step.
        rows_max: How many rows may be inserted.
    """

    seed: Segment | None
    low: int
    high: int | None
    rows_max: int

    @property
    def reads_after(self) -> int:
        """Rows behind this key are inserted."""
        return self.low if self.seed is None else self.seed.high


def plan_fold(segments: Sequence[Segment], tail_rows: int, bounds: Bounds) -> Fold:
    """Fold the tail, and with it the segments that are not much longer than what follows them.

    Without this there would be a file for every few thousand rows; if all were taken in each time,
    every save would write everything.
    """
    rows = min(tail_rows, bounds.step_rows_max)
    first = len(segments)
    while first > 0:
        length = len(segments[first - 1])
        if length > bounds.absorb_ratio * rows or length + rows > bounds.segment_rows_max:
            break
        rows += length
        first -= 1
    if first == len(segments):
        low = segments[-1].high if segments else 0
        return Fold(None, low, None, min(bounds.step_rows_max, bounds.segment_rows_max))
    seed = segments[first]
    beside = sum(map(len, segments[first + 1 :]))
    room = bounds.segment_rows_max - len(seed)
    return Fold(seed, seed.low, None, min(bounds.step_rows_max + beside, room))


def plan_renewal(rows: VectorRows, segments: Sequence[Segment], bounds: Bounds) -> Fold | None:
    """Make the stalest segment anew, if too many of its rows are gone.

    Segments that know more than these rows, because another process saved meanwhile, are left
    alone: what is new in them would look removed.

    Raises:
        Contradiction: A segment describes other rows.
    """
    last = rows.last_window_key()
    segments = [segment for segment in segments if segment.high <= last]
    stale_rows = sum(map(len, segments)) - rows.window_count()
    if stale_rows <= bounds.stale_share_max * sum(map(len, segments)):
        return None
    shares = [stale_share(rows, segment) for segment in segments]
    worst = int(np.argmax(shares))
    if shares[worst] <= bounds.stale_share_max:
        return None
    segment = segments[worst]
    return Fold(None, segment.low, segment.high, len(segment))


def stale_share(rows: VectorRows, segment: Segment) -> float:
    """About which share of a segment's rows is gone, from rows spread over it.

    Raises:
        Contradiction: The segment describes other rows.
    """
    step = max(1, len(segment) // SAMPLE_ROWS)
    codes = segment.codes
    keys, blobs = rows.window_vectors(codes.keys[::step].tolist())
    if not keys:
        return 1.0 if len(segment) else 0.0
    at = np.searchsorted(codes.keys, keys)
    approximate = codes.vectors[at].astype(np.float32) * codes.scales[at][:, np.newaxis]
    cosines = np.einsum("ij,ij->i", approximate, decode_blobs(blobs, codes.vectors.shape[1]))
    if cosines.min() < 1 - ERROR_MAX:
        raise Contradiction
    return 1 - len(keys) / len(codes.keys[::step])
