"""Language: whether texts are English, from their letters and their stop words.

It is no identification of languages: it answers one question, whether a model that reads English
reads most of what is stored, and costs a fraction of a millisecond a text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ai_memory.retrieval.stopword import counts
from ai_memory.retrieval.words import tokens

TEXT_CHARS_READ: Final = 400
TEXTS_NEEDED: Final = 10
"""Of fewer, nothing is said."""

_LATIN_END: Final = "\u024f"
_MORE: Final = 2  # stop words: one may be a syllable of an address ("com")
_SENTENCE_WORDS: Final = 6  # so many English ones have a stop word among them


def is_english(text: str) -> bool | None:
    """Whether a text is English; None where too little tells, as of names and numbers.

    Args:
        text: Its first `TEXT_CHARS_READ` characters are read.
    """
    text = text[:TEXT_CHARS_READ]
    letters = [character for character in text if character.isalpha()]
    if 2 * sum(letter > _LATIN_END for letter in letters) > len(letters):
        return False
    words = tokens(text)
    english, other = counts(words)
    if english > other:
        return True
    if other >= english + _MORE:
        return False
    # A language whose stop words are not known here, or no language.
    accented = any(letter > "\x7f" for letter in letters)
    return False if not english and accented and len(words) >= _SENTENCE_WORDS else None


def mostly_foreign(texts: Iterable[str]) -> bool:
    """Whether more than half of those texts whose language shows are not English.

    Of fewer than `TEXTS_NEEDED` such texts, nothing is said: False.
    """
    judged = [verdict for text in texts if (verdict := is_english(text)) is not None]
    return len(judged) >= TEXTS_NEEDED and 2 * sum(judged) < len(judged)
