from __future__ import annotations

import pytest

from ai_memory.measure.duration import percentile, spread


@pytest.mark.parametrize(
    ("percent", "expected"), [(1, 1.0), (50, 2.0), (51, 3.0), (75, 3.0), (76, 4.0), (100, 4.0)]
)
def test_a_percentile_is_the_smallest_sample_that_covers_its_share(
    percent: float, expected: float
) -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], percent) == expected


def test_percentiles_of_a_hundred_samples_are_those_samples() -> None:
    found = spread([sample / 1_000 for sample in range(100, 0, -1)])
    assert (found.p50_ms, found.p95_ms, found.p99_ms, found.n) == pytest.approx((50, 95, 99, 100))


def test_one_sample_is_every_percentile() -> None:
    assert spread([0.25]) == (250.0, 250.0, 250.0, 1)


def test_no_sample_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no sample"):
        spread([])
