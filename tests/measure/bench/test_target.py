from __future__ import annotations

from typing import Any

import pytest

from ai_memory.measure.bench.target import targets


def run_of(
    size: int, *, p95_ms: float = 9.0, ratio: float = 1.5, per_s: float = 2_500.0
) -> dict[str, Any]:
    return {
        "sizes": [
            {
                "size": size,
                "operations": [
                    {"name": "recall_hybrid", "p95_ms": p95_ms, "ratio": ratio},
                    {"name": "get", "p95_ms": 99.0, "ratio": 99.0},
                ],
                "throughput": {"store_threads": {"per_s": per_s}, "recall_16": {"per_s": 1.0}},
            }
        ]
    }


@pytest.mark.parametrize(
    ("figures", "missed"),
    [
        ({}, 0),
        ({"p95_ms": 15.0, "ratio": 3.0, "per_s": 2_000.0}, 0),
        ({"p95_ms": 15.1}, 1),
        ({"ratio": 3.1}, 1),
        ({"per_s": 1_999.0}, 1),
    ],
)
def test_a_target_is_met_up_to_its_bound(figures: dict[str, float], missed: int) -> None:
    found = targets(run_of(10_000, **figures))
    assert len(found) == 3
    assert [target["met"] for target in found].count(False) == missed


def test_recall_is_judged_at_ten_thousand_only() -> None:
    assert [target["name"] for target in targets(run_of(1_000))] == [
        "durable store_threads at 1,000 memories, stores/s"
    ]


def test_a_trial_at_a_tiny_size_judges_nothing() -> None:
    assert targets(run_of(200, per_s=1.0)) == []
