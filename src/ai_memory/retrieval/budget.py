"""Budget: fill a token budget from a ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Filled(NamedTuple, Generic[T]):
    """What fitted, and what it cost. Tokens are those of the counter that was used.

    Attributes:
        items: The hits that are returned, in their ranked order.
        used: Tokens of `items`.
        remaining: Tokens left over; 0 when the budget overflowed.
        dropped: Hits that did not fit.
        overflow: No hit fits alone; the first is returned all the same.
    """

    items: list[T]
    used: int
    remaining: int
    dropped: int
    overflow: bool


def fill(ranked: Sequence[T], costs: Sequence[int], budget: int) -> Filled[T]:
    """Take hits in ranked order while they fit; skip what does not fit and go on.

    A hit too long for the budget does not keep shorter ones behind it from being tried. A budget
    too small for every hit still returns the best: an answer over budget is more use than none,
    and `overflow` says so. A budget of 0 asks for nothing.

    Args:
        ranked: Hits, best first.
        costs: Tokens of each hit.
        budget: Tokens.
    """
    items: list[T] = []
    used = 0
    if budget > 0:
        for item, cost in zip(ranked, costs, strict=True):
            if used + cost <= budget:
                items.append(item)
                used += cost
    overflow = budget > 0 and bool(ranked) and not items
    if overflow:
        items, used = [ranked[0]], costs[0]
    return Filled(items, used, max(0, budget - used), len(ranked) - len(items), overflow)
