from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from ai_memory.measure import interval
from ai_memory.measure.interval import Scores, bootstrap, paired


def coin_flips(count: int) -> Scores:
    return (np.arange(count) % 2).astype(float)[:, None]


def test_scores_that_all_agree_leave_no_doubt() -> None:
    assert bootstrap(np.full((50, 2), [0.25, 1.0])) == [(0.25, 0.25, 0.25), (1.0, 1.0, 1.0)]


def test_the_interval_of_a_share_is_that_of_the_normal_approximation() -> None:
    (found,) = bootstrap(coin_flips(400))
    half = 1.96 * sqrt(0.5 * 0.5 / 400)
    assert found.mean == 0.5
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half), abs=0.006)


def test_twice_the_same_is_twice_the_same() -> None:
    scores = np.random.default_rng(7).random((60, 3))
    assert bootstrap(scores) == bootstrap(scores)


def test_chunks_change_nothing_but_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(7).random((60, 3))
    whole = bootstrap(scores)
    monkeypatch.setattr(interval, "_CELLS_MAX", 60 * 7)  # 2,000 resamples do not divide by 7
    parts = bootstrap(scores)
    assert [part.mean for part in parts] == [one.mean for one in whole]
    assert np.allclose(parts, whole, atol=0.01)


def test_one_question_is_its_own_interval() -> None:
    assert bootstrap(np.array([[0.5]])) == [(0.5, 0.5, 0.5)]


def test_a_small_gain_on_the_same_questions_is_seen_through_their_spread() -> None:
    """Apart, the intervals overlap; paired, the gain is certain."""
    left = np.random.default_rng(3).random((100, 1))
    right = left - 0.01
    assert bootstrap(right)[0].high > bootstrap(left)[0].low
    gain = paired(left, right)[0]
    assert gain == pytest.approx((0.01, 0.01, 0.01))


def test_a_gain_that_one_question_carries_is_no_certain_one() -> None:
    left, right = coin_flips(40), coin_flips(40)
    left[0] = 1.0
    gain = paired(left, right)[0]
    assert gain.mean == pytest.approx(1 / 40)
    assert gain.low == 0.0
