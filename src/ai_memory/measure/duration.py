"""Durations: from single samples to the figures people compare."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple


class Spread(NamedTuple):
    """How long something takes, in milliseconds.

    Attributes:
        n: How many samples it rests on; below 100 the p99 is the slowest of them.
    """

    p50_ms: float
    p95_ms: float
    p99_ms: float
    n: int


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest sample that at least `percent` of the samples do not exceed (nearest rank).

    Args:
        ordered: Ascending, not empty.
        percent: Above 0, at most 100.

    Raises:
        ValueError: There is no sample.
    """
    if not ordered:
        raise ValueError("no sample")
    return ordered[ceil(percent / 100 * len(ordered)) - 1]


def spread(seconds: Sequence[float]) -> Spread:
    """The percentiles of some durations.

    Args:
        seconds: Samples in any order, not empty.

    Raises:
        ValueError: There is no sample.
    """
    ordered = sorted(seconds)
    p50, p95, p99 = (1_000 * percentile(ordered, percent) for percent in (50, 95, 99))
    return Spread(p50, p95, p99, len(ordered))
