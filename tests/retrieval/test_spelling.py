"""One name in several spellings, two names that look alike, and slips of the finger."""

import pytest

from ai_memory.retrieval.character import plain
from ai_memory.retrieval.script import is_unspaced
from ai_memory.retrieval.spelling import (
    OTHER_ALPHABETS,
    beginnings,
    foreign_beginnings,
    nearest,
    same_name,
    same_stem,
    same_word,
)

ONE = """
    catherine katherine, catherine kathrine, yekaterina ekaterina, yekaterina jekaterina
    stephen steven, mueller müller, juergen jürgen, björn bjoern, björn bjron, jose josé
    чехов chekhov, чехов tschechow, сергей sergei, достоевский dostoyevsky, наталья nathalia
    δημήτρης dimitris, γιώργος giorgos, mohammed muhammad, yusuf yousef, philip filip
    nakamura ナカムラ, محمود mahmoud, fitzgerald fitzgerlad, montgomery montgomry, lakshmi laxmi
    wojciechowski wojcechowski, geoffrey geoffry, søren soeren, łukasz lucasz
"""
TWO = """
    jan jon, tim tom, lina nina, lena lisa, maria mario, marta maria, martin marvin, paul paula
    caroline melanie, andrew audrey, mark mary, dana dave, nate kate, gina tina, john joan
"""


def pairs(text: str) -> list[tuple[str, ...]]:
    return [tuple(pair.split()) for line in text.strip().splitlines() for pair in line.split(",")]


@pytest.mark.parametrize(("asked", "found"), pairs(ONE))
def test_one_name_in_two_spellings(asked: str, found: str) -> None:
    assert same_name(asked, found) is not None
    assert same_name(found, asked) == same_name(asked, found)


@pytest.mark.parametrize(("asked", "found"), pairs(TWO))
def test_two_names_that_look_alike(asked: str, found: str) -> None:
    assert same_name(asked, found) is None
    assert same_name(found, asked) is None


@pytest.mark.parametrize(
    ("asked", "found"), [pair for pair in pairs(ONE) if not is_unspaced(pair[1])]
)
def test_it_is_looked_for_where_it_stands(asked: str, found: str) -> None:
    indexed, word = plain(found), plain(asked)
    places = [*beginnings(word), *foreign_beginnings(word)]
    assert any(part.first <= indexed < part.end for part in places)
    assert indexed.isascii() or OTHER_ALPHABETS.first <= indexed < OTHER_ALPHABETS.end


def test_a_stem_stands_for_its_word() -> None:
    assert same_stem("mohammad", "moham")  # of Mohammed
    assert same_stem("annelise", "annelies")
    assert not same_stem("sandra", "sad")


def test_a_word_may_only_be_mistyped() -> None:
    assert same_word("recomend", "recommend") == 0.0
    assert same_word("restarant", "restaurant") == same_word("recieve", "receive") == 1.0
    assert same_word("birtday", "birthday") == same_word("univercity", "university") == 1.0
    for one, other in (("hiking", "biking"), ("horse", "house"), ("batter", "butter")):
        assert same_word(one, other) is None


def test_the_nearest_and_what_is_as_near() -> None:
    words = [("c", 1.0), ("a", 0.5), ("b", None), ("d", 0.5)]
    assert nearest(words, 3) == ["a", "d"]
    assert nearest([("b", None)], 3) == []
    assert nearest(words, 1) == ["a"]


def test_what_has_no_letters_is_no_name() -> None:
    assert same_name("42", "43") is None
    assert beginnings("42") == []
