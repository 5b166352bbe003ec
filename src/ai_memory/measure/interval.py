"""Intervals: how far a mean over questions can be trusted, by the bootstrap."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

RESAMPLES: Final = 2_000
CONFIDENCE: Final = 0.95
SEED: Final = 20_240_229  # any; fixed, so that two runs over the same scores agree
_CELLS_MAX: Final = 4_000_000  # draws held at once: 32 MB

Scores = npt.NDArray[np.float64]
"""One row per question, one column per metric."""


class Interval(NamedTuple):
    """A mean, and where it would lie in 95 of 100 repetitions with other questions."""

    mean: float
    low: float
    high: float


def bootstrap(scores: Scores, *, resamples: int = RESAMPLES, seed: int = SEED) -> list[Interval]:
    """The mean of each column with its percentile interval; rows are drawn with replacement.

    Args:
        scores: Shape (questions, metrics), at least one row.
        resamples: How many times.
        seed: Of the draws; the same draws serve every column.
    """
    count = len(scores)
    draws = np.random.default_rng(seed)
    means = np.empty((resamples, scores.shape[1]))
    chunk = max(1, _CELLS_MAX // count)
    for start in range(0, resamples, chunk):
        rows = min(chunk, resamples - start)
        drawn = draws.integers(0, count, (rows, count))
        drawn += np.arange(rows)[:, None] * count  # each resample counts in a range of its own
        times = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)
        means[start : start + rows] = times @ scores / count
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, (tail, 1 - tail), axis=0)
    columns = zip(scores.mean(axis=0), low, high, strict=True)
    return [Interval(*map(float, figures)) for figures in columns]


def paired(left: Scores, right: Scores) -> list[Interval]:
    """How much better left is than right on the same questions, column by column.

    Questions are drawn, and with each question both of its scores: what is hard for both cancels
    out, so the interval is narrower than two separate ones suggest.

    Args:
        left: Shape (questions, metrics).
        right: Same shape, rows of the same questions.
    """
    return bootstrap(left - right)
