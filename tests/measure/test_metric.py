"""Every figure here was worked out by hand."""

from __future__ import annotations

from math import log2

import pytest

from ai_memory.measure.metric import (
    METRICS,
    any_at,
    distinct,
    frac_at,
    judge,
    ndcg_at,
    reciprocal_rank,
)

RANKING = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]


@pytest.mark.parametrize(
    ("k", "gold", "expected"),
    [
        (1, {"a"}, 1),
        (1, {"b"}, 0),
        (5, {"e"}, 1),
        (5, {"f"}, 0),
        (5, {"f", "e"}, 1),
        (10, {"z"}, 0),
    ],
)
def test_any_at_k(k: int, gold: set[str], expected: float) -> None:
    assert any_at(k, RANKING, gold) == expected


@pytest.mark.parametrize(
    ("k", "gold", "expected"),
    [
        (5, {"a"}, 1.0),
        (5, {"a", "f"}, 1 / 2),
        (5, {"a", "b", "z"}, 2 / 3),
        (2, {"a", "b", "c", "d"}, 1 / 2),  # more gold than places: 1 is out of reach
        (5, {"y", "z"}, 0.0),
    ],
)
def test_frac_at_k(k: int, gold: set[str], expected: float) -> None:
    assert frac_at(k, RANKING, gold) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("gold", "expected"),
    [({"a"}, 1), ({"c"}, 1 / 3), ({"l", "d"}, 1 / 4), ({"l"}, 1 / 12), ({"z"}, 0)],
)
def test_the_reciprocal_rank_is_that_of_the_first_gold_unit(
    gold: set[str], expected: float
) -> None:
    assert reciprocal_rank(RANKING, gold) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("k", "gold", "expected"),
    [
        (10, {"a"}, 1.0),
        (10, {"b"}, 1 / log2(3)),
        (10, {"a", "c"}, (1 + 1 / 2) / (1 + 1 / log2(3))),
        (10, {"k"}, 0.0),
        (2, {"a", "b", "c", "d"}, 1.0),  # more gold than places: full places are the best possible
        (2, {"b", "c", "d"}, (1 / log2(3)) / (1 + 1 / log2(3))),
    ],
)
def test_ndcg_at_k(k: int, gold: set[str], expected: float) -> None:
    assert ndcg_at(k, RANKING, gold) == pytest.approx(expected)


def test_a_unit_in_several_memories_counts_once_at_its_best_rank() -> None:
    assert distinct(["x", "x", "b", "x", "a", "b"]) == ["x", "b", "a"]
    # Three memories of unit x come first; a is still the third unit.
    scores = dict(zip(METRICS, judge(["x", "x", "b", "x", "a"], ["a"]), strict=True))
    assert scores["mrr"] == pytest.approx(1 / 3)
    assert scores["ndcg@10"] == pytest.approx(1 / 2)
    assert (scores["r@1"], scores["any@5"], scores["frac@5"]) == (0, 1, 1)


def test_a_gold_unit_in_several_memories_is_gained_once() -> None:
    scores = dict(zip(METRICS, judge(["a", "a", "a"], ["a", "b"]), strict=True))
    assert scores["frac@5"] == 1 / 2
    assert scores["ndcg@10"] == pytest.approx(1 / (1 + 1 / log2(3)))


def test_gold_that_is_named_twice_is_one_unit() -> None:
    assert judge(["a"], ["a", "a"]) == [1.0] * len(METRICS)


def test_an_empty_answer_scores_nothing() -> None:
    assert judge([], ["a"]) == [0.0] * len(METRICS)
