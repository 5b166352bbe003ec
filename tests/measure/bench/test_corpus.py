from __future__ import annotations

import pytest

from ai_memory.measure.bench.corpus import (
    count_sentences,
    number_of,
    parts,
    question,
    rare_words,
    texts,
)


def test_texts_are_prose_that_is_the_same_each_time() -> None:
    found = texts(300)
    assert found == texts(300)
    assert len({text.title for text in found}) == 300
    assert len({text.content for text in found}) == 300
    assert all(text.content[0].isupper() and text.content[-1] in ".!?" for text in found)


def test_more_texts_begin_with_the_same() -> None:
    assert texts(400)[:300] == texts(300)


def test_a_text_beyond_the_sentences_is_made_of_two() -> None:
    assert count_sentences(40) == 40
    assert [parts(number, 40) for number in (0, 39)] == [(0,), (39,)]
    first, second = parts(43, 40)
    assert first == 3
    assert 0 <= second < 40


def test_a_title_names_its_number() -> None:
    assert [number_of(text.title) for text in texts(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="no title"):
        number_of("Groceries")


def test_a_question_asks_in_words_of_the_text() -> None:
    text = texts(1)[0]
    asked = question(text)
    assert asked.startswith(f"What does {text.topic} say about ")
    words = asked.removesuffix("?").split(" about ", 1)[1]
    assert words in text.content
    assert all(word in text.content for word in rare_words(text).split())
