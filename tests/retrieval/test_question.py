import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.question import asked_for, first_person, names


@pytest.mark.parametrize(
    ("query", "spoken", "found"),
    [
        ("What is Anna afraid of?", "What am I afraid of?", ["anna"]),
        ("When did Zoë's cat meet Jean-Luc?", "When did my cat meet I?", ["zoe", "jean", "luc"]),
        ("Does the dog love her, Ada Byron?", "Does the dog love my, I?", ["ada", "byron"]),
        ("Why does Ada say she likes tea?", "Why do I say I likes tea?", ["ada"]),
        ("What have Ada and Tim in common?", "What have we in common?", ["ada", "tim"]),
        ("Is the NASA of Ada large?", "Is the NASA of I large?", ["nasa", "ada"]),
        ("What did she plan for May?", None, []),
        ("Where is the kayak?", None, []),
        ("Who is Anna?", None, ["anna"]),
        ("绿茶在哪里", None, []),
        ("", None, []),
    ],
)
def test_a_name_speaks_of_itself(query: str, spoken: str | None, found: list[str]) -> None:
    assert first_person(query) == spoken
    assert names(query) == found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("What type of dog is mentioned?", ["dog"]),
        ("How many cats would Ada say she has", ["cats", "ada"]),
        ("type errors in the parser", ["type", "errors", "parser"]),  # no question
        ("What kinds are mentioned?", ["kinds", "mentioned"]),  # nothing else is asked for
        ("绿茶?", ["绿茶"]),
    ],
)
def test_a_question_loses_the_words_that_only_ask(query: str, words: list[str]) -> None:
    assert asked_for(query, 9) == words


@given(st.text())
def test_no_text_fails(query: str) -> None:
    assert first_person(query) != ""
    assert all(names(query))
