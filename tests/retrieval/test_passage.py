"""Which places of a long text are shown: those that answer, whole characters, in order."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_memory import limits
from ai_memory.retrieval.lexical import reading
from ai_memory.retrieval.passage import (
    ELLIPSIS,
    Passage,
    excerpt,
    opening,
    passages,
    whole_cluster,
)
from ai_memory.retrieval.question import asked_for, names

FILLING = "The committee met again and talked about the weather of the week before. "


def found(text: str, question: str, **more: object) -> str:
    return excerpt(text, passages(text, asked_for(question, 64), **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("The walrus eats clams near Svalbard.", "what does a walrus eat?"),
        ("Das Passwort liegt im grünen Schrank.", "grünen Schrank"),
        ("Пароль лежит в зелёном шкафу.", "зелёном шкафу"),
        ("密码放在绿色的柜子里面。", "绿色柜子"),
        ("パスワードは緑の棚にあります。", "緑の棚"),
        ("비밀번호는 초록색 서랍에 있다.", "초록색 서랍"),
        ("كلمة السر في الخزانة الخضراء", "الخزانة الخضراء"),
        ("รหัสผ่านอยู่ในตู้สีเขียว", "ตู้สีเขียว"),
        ("The build runs git commit --no-verify then.", "--no-verify"),
        ("The key 🔑 is under the mat 👩‍👩‍👧‍👦.", "key under the mat"),
    ],
)
@pytest.mark.parametrize("at", [0.05, 0.5, 0.99])
def test_the_place_that_answers_is_shown(said: str, question: str, at: float) -> None:
    count = 800
    before = round(at * count)
    text = FILLING * before + said + " " + FILLING * (count - before)
    shown = found(text, question)
    assert said in shown
    assert len(shown) < limits.PASSAGES_CHARS_MAX + 20


def test_places_apart_are_shown_in_the_order_of_the_text() -> None:
    text = FILLING * 300 + "Ada likes tea. " + FILLING * 300 + "The tea is kept in Uji. " + FILLING
    places = passages(text, asked_for("where is Ada's tea kept: Uji?", 64))
    assert places == tuple(sorted(places))
    assert all(left.end < right.start for left, right in pairwise(places))
    shown = excerpt(text, places)
    assert shown.index("Ada likes tea.") < shown.index("kept in Uji.")
    assert shown.startswith(f"{ELLIPSIS} ")
    assert f"\n{ELLIPSIS}\n" in shown


def test_what_the_vectors_found_is_shown_where_no_word_is() -> None:
    said = "The sea cow grazes on molluscs. "
    text = FILLING * 200 + said + FILLING * 200
    start = text.index(said)
    assert said.strip() in found(text, "walrus?", windows=[(start, start + len(said))])


def test_words_and_vectors_take_turns() -> None:
    words, near = "The walrus sleeps on ice floes. ", "The sea cow grazes on molluscs. "
    text = FILLING * 200 + words + FILLING * 200 + near + FILLING * 200
    start = text.index(near)
    shown = found(text, "walrus", windows=[(start, start + len(near))])
    assert words.strip() in shown
    assert near.strip() in shown


def test_where_nothing_is_found_it_is_the_beginning() -> None:
    text = FILLING * 200
    (place,) = passages(text, asked_for("xylophone", 64))
    assert place.start == 0
    (place,) = opening(text)
    assert place == Passage(0, place.end)
    assert text[: place.end].endswith(". ")


def test_a_part_of_a_word_points_where_no_word_does() -> None:
    text = FILLING * 100 + "The Donaudampfschiff sails at nine. " + FILLING * 100
    assert "sails at nine" in found(text, "dampfschiff")


CLUSTERS = [
    "é",
    "🇪🇪",
    "👩🏽‍🚀",
    "👨‍👩‍👧",
    "한",
    "क्षि",
    "กำ",
    "\r\n",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
]


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_a_cut_parts_no_character(cluster: str) -> None:
    text = unicodedata.normalize("NFD", cluster) * 40
    one = len(unicodedata.normalize("NFD", cluster))
    for end in range(one, len(text)):
        cut = whole_cluster(text, 0, end)
        assert cut <= end
        if one < 16:
            whole = text[:cut].rstrip()
            assert not unicodedata.category(text[cut]).startswith("M"), (cluster, end, whole)
            if cluster == "🇪🇪":
                assert cut % 2 == 0


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=400).map(lambda text: text * 9),
    st.lists(st.text(max_size=8), max_size=4),
    st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 4_000)), max_size=3),
    st.integers(24, 3_000),
)
def test_passages_are_places_of_the_text(
    text: str, words: list[str], windows: list[tuple[int, int]], chars_max: int
) -> None:
    places = passages(text, words, (), windows, chars_max=chars_max)
    assert places
    assert places == passages(text, words, (), windows, chars_max=chars_max)
    before = -1
    for start, end in places:
        assert before < start < end <= len(text)
        before = end
    assert sum(end - start for start, end in places) <= chars_max
    shown = excerpt(text, places)
    assert len(shown) <= chars_max + 3 * len(places) + 4


SAID = (
    "tea", "teas", "Tim", "time", "HttpClient", "--no-verify", "grün", "茶", "word", "other",
    "C++", "more.", "lines\n", "committee",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(SAID), min_size=1, max_size=300),
    st.lists(st.sampled_from(SAID), min_size=1, max_size=4, unique=True),
    st.sampled_from(("", "A title with HttpClient and tea\n\n", "Ein Titel für Tim\ntea\n")),
    st.sampled_from((1, 20)),
)
def test_words_that_were_found_before_are_not_looked_for_again(
    said: list[str], asked: list[str], before: str, times: int
) -> None:
    text = " ".join(said * times)
    question = f"Where is {' '.join(asked)}"
    (standing,) = reading(question, [before + text]).standing
    words, named = asked_for(question, 64), names(question)
    assert passages(text, words, named, standing=standing) == passages(text, words, named)


def test_where_characters_move_words_are_looked_for_again() -> None:
    (moved,) = reading("tea", [f"{FILLING * 40}… 😀 ½ tea"]).standing
    assert moved is None
    (stands,) = reading("tea", [f"{FILLING * 40} tea of the HttpClient"]).standing
    assert stands is not None
    places, elsewhere = stands.in_last(len("tea of the HttpClient"))
    assert (places, elsewhere) == ([(0, 0)], set())
