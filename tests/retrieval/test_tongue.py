import pytest

from ai_memory.retrieval.tongue import (
    Tongue,
    is_another,
    is_foreign,
    is_gibberish,
    is_same,
    tongue_of,
)

ENGLISH = "We had soup for lunch at the station"


@pytest.mark.parametrize(
    ("text", "foreign", "same"),
    [
        ("What did she have for lunch?", False, True),
        ("Was gab es am Bahnhof zu essen?", True, False),
        ("午饭吃了什么", True, False),
        ("Где мы ели суп?", True, False),
        ("soup station", False, False),  # too little to tell
        ("???", False, False),
    ],
)
def test_languages_are_told_apart(text: str, foreign: bool, same: bool) -> None:
    assert is_foreign(tongue_of(text), tongue_of(ENGLISH)) == foreign
    assert is_same(tongue_of(text), tongue_of(ENGLISH)) == same


def test_japanese_is_not_chinese() -> None:
    assert is_foreign(tongue_of("東京で何を食べましたか"), tongue_of("在东京吃了什么"))


@pytest.mark.parametrize(
    ("text", "nonsense"),
    [
        ("asdf qwer zxcv", True),
        ("!!! ???", True),
        ("Geburtstag Oma", False),
        ("port 8080", False),
        ("绿茶", False),
    ],
)
def test_keys_that_were_struck_are_no_words(text: str, nonsense: bool) -> None:
    assert is_gibberish(text) == nonsense


def test_code_is_in_no_language() -> None:
    code = "def total(rows): return sum(row['des'] * row['les'] for row in rows if row['est'])"
    assert tongue_of(code) == Tongue("latin", None)
    question = tongue_of("What does the function add up for the rows?")
    assert not is_another(question, tongue_of(code))
    assert is_another(question, tongue_of("Die Summe steht in der letzten Zeile (rechts)."))
