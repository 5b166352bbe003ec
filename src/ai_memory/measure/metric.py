"""Metrics: how well one ranking answers one question whose right units are known.

A ranking is a list of distinct units, best first; `distinct` makes one of what recall returned,
where a unit that was cut into several memories comes up once, at its best rank.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from math import log2
from typing import Final, TypeAlias

Metric: TypeAlias = Callable[[Sequence[str], Collection[str]], float]
"""(ranking, gold) → a share between 0 and 1; gold is not empty."""


def distinct(units: Iterable[str]) -> list[str]:
    """Each unit once, at its best rank."""
    return list(dict.fromkeys(units))


def any_at(k: int, ranking: Sequence[str], gold: Collection[str]) -> float:
    """1 if a gold unit is among the first k, else 0."""
    return float(any(unit in gold for unit in ranking[:k]))


def frac_at(k: int, ranking: Sequence[str], gold: Collection[str]) -> float:
    """The share of the gold units among the first k; below 1 where there are more than k."""
    return sum(unit in gold for unit in ranking[:k]) / len(gold)


def reciprocal_rank(ranking: Sequence[str], gold: Collection[str]) -> float:
    """1 / rank of the first gold unit; 0 if none was returned."""
    return next((1 / rank for rank, unit in enumerate(ranking, 1) if unit in gold), 0.0)


def ndcg_at(k: int, ranking: Sequence[str], gold: Collection[str]) -> float:
    """Discounted gain of the first k, gain 1 per gold unit, as a share of the best possible."""
    gained = sum(_discount(rank) for rank, unit in enumerate(ranking[:k], 1) if unit in gold)
    return gained / sum(_discount(rank) for rank in range(1, min(k, len(gold)) + 1))


def _discount(rank: int) -> float:
    return 1 / log2(rank + 1)


METRICS: Final[Mapping[str, Metric]] = {
    "r@1": partial(any_at, 1),
    "any@5": partial(any_at, 5),
    "frac@5": partial(frac_at, 5),
    "any@10": partial(any_at, 10),
    "mrr": reciprocal_rank,
    "ndcg@10": partial(ndcg_at, 10),
}
"""What the eval reports, in this order."""


def judge(units: Iterable[str], gold: Collection[str]) -> list[float]:
    """Every metric of METRICS for what one question got.

    Args:
        units: As returned, best first; repeats count once.
        gold: The units that answer it, at least one.
    """
    ranking = distinct(units)
    wanted = frozenset(gold)
    return [metric(ranking, wanted) for metric in METRICS.values()]
