from __future__ import annotations

from ai_memory.measure.bench.corpus import question, rare_words, texts


def test_texts_are_prose_that_is_the_same_each_time() -> None:
    found = texts(300)
    assert found == texts(300)
    assert len({text.title for text in found}) == 300
    assert len({text.content for text in found}) == 300
    assert all(text.content[0].isupper() and text.content[-1] in ".!?" for text in found)


def test_more_texts_begin_with_the_same() -> None:
    assert texts(400)[:300] == texts(300)


def test_a_question_asks_in_words_of_the_text() -> None:
    text = texts(1)[0]
    asked = question(text)
    assert asked.startswith(f"What does {text.topic} say about ")
    words = asked.removesuffix("?").split(" about ", 1)[1]
    assert words in text.content
    assert all(word in text.content for word in rare_words(text).split())
