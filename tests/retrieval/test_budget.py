from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.budget import Filled, fill


def test_what_does_not_fit_is_skipped() -> None:
    assert fill("abcd", [5, 9, 4, 1], 10) == Filled(["a", "c", "d"], 10, 0, 1, False)


def test_a_first_hit_that_is_too_long_hides_no_shorter_one() -> None:
    assert fill("abc", [50, 1, 2], 10) == Filled(["b", "c"], 3, 7, 1, False)


def test_the_first_hit_is_returned_where_none_fits() -> None:
    assert fill("ab", [50, 11], 10) == Filled(["a"], 50, 0, 1, True)


def test_no_budget_is_no_hit() -> None:
    assert fill("ab", [1, 1], 0) == Filled([], 0, 0, 2, False)
    assert fill("", [], 10) == Filled([], 0, 10, 0, False)


@given(st.lists(st.integers(0, 100)), st.integers(0, 300))
def test_the_sums_hold(costs: list[int], budget: int) -> None:
    filled = fill(range(len(costs)), costs, budget)
    assert filled.used == sum(costs[item] for item in filled.items)
    assert filled.items == sorted(filled.items)
    assert filled.dropped + len(filled.items) == len(costs)
    assert filled.overflow == (filled.used > budget)
    if not filled.overflow:
        assert filled.used + filled.remaining == budget
        kept = set(filled.items)
        assert budget == 0 or all(
            costs[item] > filled.remaining for item in range(len(costs)) if item not in kept
        )
