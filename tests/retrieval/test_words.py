import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.stopword import significant
from ai_memory.retrieval.words import (
    fold,
    plain,
    root,
    searchable,
    terms,
    tokens,
)


def test_ascii_passes_as_it_is() -> None:
    assert fold("Don't panic, 42!") == "Don't panic, 42!"


def test_text_without_blanks_becomes_pairs_and_its_last_character() -> None:
    assert fold("我喜欢茶").split() == ["我喜", "喜欢", "欢茶", "茶"]
    assert fold("用python写x").split() == ["用", "python", "写", "x"]
    assert fold("茶").split() == ["茶"]
    assert fold("ｶﾀｶﾅ").split() == ["カタ", "タカ", "カナ", "ナ"]
    assert fold("안녕").split() == ["안녕", "녕"]


def test_invisible_characters_do_not_hide_words() -> None:
    assert fold("pass\u200bword\u202e é") == "password e"
    assert "\0" not in fold("a\0b")
    assert "\0" not in fold("é\0b")


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_fold_always_encodes_and_keeps_latin_letters(text: str) -> None:
    folded = fold(text)
    folded.encode("utf-8")
    assert "\0" not in folded
    low = folded.lower()
    assert all(char.lower() in low for char in text if char.isascii() and char.isalnum())


def test_plain_has_neither_case_nor_accents() -> None:
    assert plain("Café ÉCOLE") == "cafe ecole"
    assert plain("안녕 ガ") == "안녕 ガ"


@pytest.mark.parametrize(
    "family",
    [
        "hike hikes hiked hiking",
        "study studies studied studying",
        "plan plans planned planning",
        "camp camps camped camping",
        "paint painting paintings painted",
        "dog dogs",
        "family families",
    ],
)
def test_inflections_share_a_root(family: str) -> None:
    assert len({root(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("camp", "campaign"), ("art", "artist"), ("car", "card")]
)
def test_different_words_differ(one: str, other: str) -> None:
    assert root(one) != root(other)


@given(st.text(st.characters(categories=["Ll", "Nd"]), min_size=1))
def test_a_root_is_a_prefix_of_its_word(word: str) -> None:
    assert word.startswith(root(word))
    assert root(word)


def test_stop_words_are_cut_in_the_language_of_the_query() -> None:
    assert terms("When did Ann die in the war?", 64) == ["ann", "die", "war"]
    assert terms("Wann war die Reise nach Bern?", 64) == ["reise", "bern"]
    assert terms("Où est la gare de Lyon ?", 64) == ["gare", "lyon"]


def test_a_query_of_stop_words_keeps_them() -> None:
    assert terms("who are you", 64) == ["who", "are", "you"]
    assert significant([]) == []


def test_terms_are_distinct_and_bounded() -> None:
    assert terms("tea Tea TEA coffee", 64) == ["tea", "coffee"]
    assert len(terms(" ".join(f"w{n}" for n in range(500)), 64)) == 64
    assert tokens("foo_bar 茶道部") == ["foo", "bar", "茶道", "道部"]


@given(st.text("aBc0DE. _@+\n"))
def test_ascii_is_cut_like_any_other_text(text: str) -> None:
    sign = " \N{RIGHT SINGLE QUOTATION MARK}"  # no word, but no ASCII: nothing is left out for it

    assert fold(text).lower().split() == fold(text + sign).split()
    assert searchable(text).split() == searchable(text + sign).split()
    assert terms(text, 99) == terms(text + sign, 99)
