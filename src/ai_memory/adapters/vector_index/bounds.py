"""The sizes and thresholds of the index, on one page."""

from __future__ import annotations

from typing import NamedTuple


class Bounds(NamedTuple):
    """What is traded against what; the defaults are measured in docs/adr/0004-vector-index.md."""

    tail_rows_min: int = 2_048
    """A shorter tail is not worth a file: reading it takes 5 ms, scanning it 0.2 ms."""

    segment_rows_max: int = 262_144
    """Bounds the memory and the time of a fold (140 MB, 1 s of copying), and what damage costs."""

    step_rows_max: int = 32_768
    """Rows inserted per save: 4 to 8 s, during which the caller's snapshot stays open."""

    absorb_ratio: int = 8
    """A fold takes in older segments up to so many times its own rows: about 2 segments at 100,000
    rows, 5 at a million, each row inserted less than twice and written to disk 11 times."""

    stale_share_max: float = 0.25
    """A segment with a greater share of removed rows is made anew."""

    probe_rows_max: int = 1_024
    """Namespaces with at most so many rows are answered from their keys alone (0.3 ms)."""

    list_rows_max: int = 16_384
    """One that leaves at most so many is, too, where the graphs would have to be asked for many
    (8 ms); beyond, keys are listed only when nothing else helps."""

    reach_max: int = 4_096
    """Candidates asked of the graphs at most (12 ms)."""

    split_rows_min: int = 200_000
    """Segments of so many rows are searched by two threads: a recall of a million takes 11 ms then
    instead of 14."""

    chunk_rows: int = 4_096
    """Rows read from the store at once: 3 MB at 384 dimensions."""
