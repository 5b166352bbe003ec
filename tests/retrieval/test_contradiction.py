from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ai_memory.retrieval.contradiction import disagreement

FILE = Path(__file__).parents[1] / "data" / "contradictions.json"
PAIRS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["pairs"]


def text(side: dict[str, str]) -> tuple[str, str]:
    return side["title"], side["content"]


def figures(split: str) -> tuple[float, float]:
    """Precision and recall."""
    right = wrong = missed = 0
    for pair in PAIRS:
        if pair["split"] == split:
            found = disagreement(text(pair["a"]), text(pair["b"])) is not None
            right += found and pair["contradicts"]
            wrong += found and not pair["contradicts"]
            missed += not found and pair["contradicts"]
    return right / (right + wrong), right / (right + missed)


def test_pairs_that_were_looked_at() -> None:
    assert figures("dev") == (1.0, 1.0)


def test_pairs_that_were_not() -> None:
    precision, recall = figures("test")
    assert precision >= 0.9  # 16 of 17
    assert recall >= 0.85  # 16 of 18


@pytest.mark.parametrize("pair", PAIRS)
def test_who_comes_first_does_not_matter(pair: dict[str, Any]) -> None:
    one, other = text(pair["a"]), text(pair["b"])
    forth, back = disagreement(one, other), disagreement(other, one)
    assert (forth is None) == (back is None)


@pytest.mark.parametrize("pair", PAIRS)
def test_nothing_contradicts_itself(pair: dict[str, Any]) -> None:
    assert disagreement(text(pair["a"]), text(pair["a"])) is None


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("The build is green.", "The build is not green.", "negation"),
        ("The flag is enabled.", "The flag is disabled.", None),  # one word in common is too few
        ("The beta flag is enabled.", "The beta flag is disabled.", "opposite"),
        ("The disk quota is 5 GB.", "The disk quota is 7 GB.", "number"),
        ("The audit is due on 2026-03-01.", "The audit is due on 2026-04-01.", "date"),
        ("The wiki is hosted at Acme.", "The wiki is hosted at Globex.", "value"),
        ("", "", None),
        ("?!", "…", None),
        ("数据库是 PostgreSQL", "数据库是 MySQL", None),
    ],
)
def test_what_differs_is_named(first: str, second: str, kind: str | None) -> None:
    found = disagreement(("A", first), ("B", second))
    assert (found.kind if found else None) == kind


def test_long_texts_take_bounded_time() -> None:
    one = ". ".join(f"The value of part {number} is {number}" for number in range(2_000))
    other = ". ".join(f"The value of part {number} is {number + 1}" for number in range(2_000))
    assert disagreement(("A", one), ("B", other)) is not None
