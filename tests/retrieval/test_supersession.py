from __future__ import annotations

from ai_memory.retrieval.supersession import current_first


def order(ranked: str, **successors: str) -> str:
    return "".join(current_first(list(ranked), str, {k: list(v) for k, v in successors.items()}))


def test_a_successor_is_lifted_above_what_it_supersedes() -> None:
    assert order("abcd", a="c") == "cabd"


def test_a_chain_of_successors_stands_newest_first() -> None:
    assert order("abcd", a="c", c="d") == "dcab"


def test_what_is_in_order_already_stays() -> None:
    assert order("cabd", a="c") == "cabd"
    assert order("abcd") == "abcd"


def test_a_successor_that_was_not_found_changes_nothing() -> None:
    assert order("abc", a="z") == "abc"


def test_a_circle_keeps_everything_once() -> None:
    assert sorted(order("abc", a="b", b="a")) == list("abc")
    assert order("abc", a="a") == "abc"


def test_several_successors_all_stand_above() -> None:
    assert order("abcd", a="cd") == "cdab"
