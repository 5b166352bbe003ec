from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.likeness import likeness, vocabulary

WORDS = st.frozensets(st.sampled_from([f"word{n}" for n in range(20)]))


@given(WORDS, WORDS)
def test_it_is_symmetric_and_bounded_and_full_only_for_the_same(
    one: frozenset[str], other: frozenset[str]
) -> None:
    alike = likeness(one, other)
    assert alike == likeness(other, one)
    assert 0.0 <= alike <= 1.0
    assert (alike == 1.0) == (one == other and bool(one))
    assert (alike == 0.0) == (not one & other)


@given(WORDS, WORDS, st.sampled_from([f"word{n}" for n in range(20, 30)]))
def test_a_word_more_on_one_side_makes_less_alike(
    one: frozenset[str], other: frozenset[str], more: str
) -> None:
    assert likeness(one | {more}, other) <= likeness(one, other)
    assert likeness(one | {more}, other | {more}) >= likeness(one, other)


def test_case_order_endings_and_small_words_do_not_count() -> None:
    one = vocabulary("The billing service uses PostgreSQL for its locks")
    assert likeness(one, vocabulary("billing SERVICES uses postgresql: lock")) == 1.0
    assert likeness(one, vocabulary("The billing service uses MySQL for its locks")) == 0.8
    assert likeness(one, vocabulary("Herons nest in the reeds")) == 0.0


def test_scripts_without_spaces_are_compared_too() -> None:
    one = vocabulary("我们使用数据库")
    assert likeness(one, vocabulary("我们使用数据库。")) == 1.0
    assert 0.0 < likeness(one, vocabulary("我们使用缓存")) < 0.8


def test_nothing_is_like_nothing() -> None:
    assert likeness(vocabulary(""), vocabulary("?!")) == 0.0
