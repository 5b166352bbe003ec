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
        overflow: The first hit alone exceeds the budget and was returned all the same.
    """

    items: list[T]
    used: int
    remaining: int
    dropped: int
    overflow: bool


def fill(ranked: Sequence[T], costs: Sequence[int], budget: int) -> Filled[T]:
    """Take hits in ranked order while they fit; skip what does not fit and go on.

    A budget too small for the best hit still returns it: an answer over budget is more use than
    none, and `overflow` says so. A budget of 0 asks for nothing.

    Args:
        ranked: Hits, best first.
        costs: Tokens of each hit.
        budget: Tokens.
    """
    items: list[T] = []
    used = 0
    overflow = False
    if budget > 0:
        for item, cost in zip(ranked, costs, strict=True):
            if used + cost <= budget or not items:
                overflow = overflow or cost > budget
                items.append(item)
                used += cost
                if overflow:
                    break
    return Filled(items, used, max(0, budget - used), len(ranked) - len(items), overflow)
