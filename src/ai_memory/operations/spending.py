"""Spending: which of the memories found are shown, within the caller's budget and room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from ai_memory.operations.step import CountTokens, Steps
from ai_memory.operations.view import MemoryView

if TYPE_CHECKING:
    from ai_memory.operations.room import Room

T = TypeVar("T")
V = TypeVar("V", bound=MemoryView)

LEFT_OUT: Final = (
    "Found, but there is no room for them: ask more narrowly, or give a greater budget_tokens."
)
_BYTES_PER_TOKEN: Final = 4  # the estimate shown when nobody asked for a budget
_CHARS_MIN: Final = 24  # less of a memory says nothing


class Spent(NamedTuple, Generic[T, V]):
    """What is shown.

    Attributes:
        items: What was found and is shown, in its order.
        views: How it is shown.
        used: Tokens of the contents shown; None without a budget.
        remaining: Tokens of the budget left over; None without a budget.
        dropped: How many are not shown; None if nobody bounded anything.
        overflow: Not even the first fits the budget; None without a budget.
    """

    items: list[T]
    views: list[V]
    used: int | None
    remaining: int | None
    dropped: int | None
    overflow: bool | None


def spend(
    found: Sequence[T],
    show: Callable[[T, int | None], V],
    budget: int | None,
    room: Room | None,
) -> Steps[Spent[T, V]]:
    """Show what fits, in the order found.

    What is too long is skipped, so that shorter ones behind it are tried. If nothing fits the
    budget, the first is cut until it does: a part says more than nothing.

    Args:
        found: Best first.
        show: How one of them is shown, of its content at most so many characters if a number is
            given.
        budget: Tokens of content the caller wants at most; None: any.
        room: What the whole answer may take; None: any.
    """
    pairs = [(item, show(item, None)) for item in found]
    used = remaining = dropped = None
    overflow = None
    if budget is not None:
        from ai_memory.retrieval.budget import fill

        costs = yield CountTokens([view.content for _item, view in pairs])
        filled = fill(pairs, costs, budget)
        pairs, used, overflow = filled.items, filled.used, filled.overflow
        if overflow:
            item, view = pairs[0]
            view, used = yield from _cut(item, view, show, budget, used)
            pairs = [(item, view)]
        remaining, dropped = max(0, budget - used), filled.dropped
    if room is not None:
        kept = room.best([view for _item, view in pairs])
        if kept.dropped:
            shown = {id(view) for view in kept.items}
            pairs = [pair for pair in pairs if id(pair[1]) in shown]
            dropped = (dropped or 0) + kept.dropped
            if budget is not None:
                used = sum((yield CountTokens([view.content for _item, view in pairs])))
                remaining = max(0, budget - used)
    return Spent(
        [item for item, _view in pairs],
        [view for _item, view in pairs],
        used,
        remaining,
        dropped,
        overflow,
    )


def estimated(views: Sequence[MemoryView]) -> int:
    """About how many tokens the contents shown are."""
    return sum(len(view.content.encode()) // _BYTES_PER_TOKEN for view in views)


def _cut(
    item: T, view: V, show: Callable[[T, int | None], V], budget: int, cost: int
) -> Steps[tuple[V, int]]:
    """As much of the first as fits the budget; the least there is, if nothing does."""
    chars = len(view.content)
    while cost > budget and chars > _CHARS_MIN:
        # A little less than its share: an ellipsis comes on top, and tokens are not even.
        chars = max(_CHARS_MIN, min(chars * 3 // 4, chars * budget * 9 // (cost * 10)))
        view = show(item, chars)
        (cost,) = yield CountTokens([view.content])
    return view, cost
