from __future__ import annotations

from ai_memory.measure.table import markdown, table


def test_names_stand_left_and_figures_right() -> None:
    assert table(["", "n"], [["keyword", "7"], ["all", "1,234"]]) == (
        "             n\nkeyword      7\nall      1,234"
    )


def test_the_same_in_markdown() -> None:
    assert markdown(["what", "ms"], [["store", "1.2"]]) == (
        "| what | ms |\n| --- | ---: |\n| store | 1.2 |"
    )
