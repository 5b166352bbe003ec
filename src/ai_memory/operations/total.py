"""How many match, beside a page of them."""

from __future__ import annotations

from collections.abc import Callable

from ai_memory import limits
from ai_memory.ports import Total


def total_of(found: int, *, offset: int, limit: int, count: Callable[[], Total]) -> Total:
    """How many match: known where the last of them is on this page, else counted.

    Args:
        found: How many were found behind the offset, of one more than the page holds.
        offset: How many were passed over; not negative.
        limit: How many the page holds.
        count: Counts them, in the same snapshot.
    """
    is_last = found <= limit and (found > 0 or offset == 0)
    if is_last and offset + found <= limits.COUNTED_MAX:
        return Total(offset + found, is_exact=True)
    return count()
