"""Alike texts that say different things, and texts that say the same in other words."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.fact import agree, covers, facts_of, telling_marks

PAIRS = json.loads((Path(__file__).parents[1] / "data" / "facts.json").read_text("utf-8"))


def same(one: str, other: str) -> bool:
    return agree(facts_of("T", one), facts_of("T", other))


def test_what_differs_in_one_thing_is_another_fact() -> None:
    told = [pair for pair in PAIRS["twins"] if same(*pair)]
    context = "It is known. {} That is all."
    told += [pair for pair in PAIRS["twins"] if same(*map(context.format, pair))]
    assert told == []


def test_the_same_in_other_words_is_the_same_fact() -> None:
    assert [pair for pair in PAIRS["same"] if not same(*pair)] == []


def test_a_longer_text_covers_what_it_contains_and_not_the_other_way_round() -> None:
    short = facts_of("Port", "The API listens on port 8080.")
    long = facts_of("Port", "Deployed by Carol in May. The API listens on port 8080. No proxy.")
    assert covers(long, short)
    assert not covers(short, long)


def test_titles_say_which_one_is_meant() -> None:
    assert not agree(
        facts_of("Room 12", "Has a projector."), facts_of("Room 13", "Has a projector.")
    )
    assert agree(facts_of("Room", "Has a projector."), facts_of("The room", "Has a projector."))


def test_numbers_and_names_far_behind_count() -> None:
    lines = [f"Line {number} says nothing new." for number in range(200)]
    one, other = "\n".join([*lines, "The code is 1717."]), "\n".join([*lines, "The code is 1818."])
    assert not same(one, other)
    assert same(one, one)


def test_what_a_summary_must_not_lose() -> None:
    marks = telling_marks("Ask Carol about --no-verify in app.config; port 8080 costs $5.")
    assert {"carol", "--no-verify", "app.config", "8080", "$", "5"} <= marks


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_agrees_with_itself_and_both_ways_alike(one: str, other: str) -> None:
    assert same(one, one)
    assert same(one, other) == same(other, one)


@pytest.mark.parametrize(
    "piece",
    ["1 may ", "a" * 99, "1,", "-", "--a-", "a.", "'", "１", "不", "\u0301", "$ ", ". ", "A "],
)
def test_no_text_stalls_it(piece: str) -> None:
    """Ten times the text takes about ten times as long, and never a hundred."""
    took = []
    for size in (10_000, 100_000):
        text = (piece * size)[:size]
        began = perf_counter()
        same(text, text + " 1")
        took.append(perf_counter() - began)
    assert took[1] < 40 * took[0] + 1
