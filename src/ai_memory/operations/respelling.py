"""Respelling: the words of a question that no memory has, as the memories write them.

A name is asked for as it was heard, or mistyped. Where a question has a word that is in none of the
memories found, and in no other, its neighbours are looked for among the words of the index, and the
question is asked again as the memories would write it. So a near name counts as the name: to the
words, to the passages, to the floor.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ai_memory import late
from ai_memory.model.memory import Memory
from ai_memory.model.query import Filter
from ai_memory.ports import Reader
from ai_memory.retrieval.script import is_unspaced, pairs
from ai_memory.retrieval.spelling import (
    CHARS_MAX,
    CHARS_MIN,
    OTHER_ALPHABETS,
    beginnings,
    foreign_beginnings,
    kindred,
    nearest,
    same_name,
    same_stem,
    same_word,
)
from ai_memory.retrieval.stopword import is_stop_word, significant
from ai_memory.retrieval.words import root, searchable

_WORDS_MAX: Final = 4  # of a question; more are another language
_OCCURRENCES_MAX: Final = 30_000  # looked at for each letter: 5 ms
_STEMS_MAX: Final = 12
_TEXTS_MAX: Final = 3  # are looked through for how a word is written there
_SPELLINGS_MAX: Final = 3
_SMALL_CHARS_MIN: Final = 6  # of a name in a note that knows no capitals
_WORD: Final = late.pattern(r"[^\W\d_]+")
_KATAKANA: Final = late.pattern("[\u30a1-\u30fa\u30fc]{3,}")  # names from abroad are written in it


class Respelled(NamedTuple):
    """A question in the spelling of the memories.

    Attributes:
        question: As it was asked, but for the words below.
        words: A word as it was asked → the spellings that were put in its place.
        unknown: Names of the question that no memory has, nor any like it.
    """

    question: str
    words: Mapping[str, Sequence[str]]
    unknown: tuple[str, ...] = ()


class _Word(NamedTuple):
    """A word of a question: as it stands there, and in its normal form."""

    written: str
    plain: str

    @property
    def is_name(self) -> bool:
        """Whether it has a capital, or is of a script without."""
        return self.written[0].isupper() or self.written.lower() == self.written.upper()

    @property
    def probe(self) -> str:
        """What the index has if it has the word."""
        return pairs(self.plain)[0] if is_unspaced(self.plain) else self.plain


def respell(rows: Reader, question: str, where: Filter, found: Iterable[Memory]) -> Respelled:
    """Bring what a question misspells into the spelling of the memories.

    Args:
        rows: One snapshot.
        question: As it was asked.
        where: What may be found: nobody learns a spelling from what is not theirs.
        found: The memories that were found for it; what they have is no mistake.
    """
    words = _words(question)
    unknown = rows.unknown_words([word.probe for word in words]) if words else set()
    # A name is spelt in one way: that the index has its stem, or another project the name, is not
    # enough. The others that the index has need no look through the texts.
    words = _absent([word for word in words if word.probe in unknown or word.is_name], found)
    if len(words) > _WORDS_MAX:
        words = [word for word in words if word.written[0].isupper()][:_WORDS_MAX]
    spelled: dict[str, Sequence[str]] = {}
    for word in words:
        if near := _spellings(rows, word, where, known=word.probe not in unknown):
            spelled[word.written] = near
    return Respelled(
        _replaced(question, spelled) if spelled else question,
        spelled,
        tuple(w.written for w in words if w.written not in spelled and w.written[0].isupper()),
    )


def _words(question: str) -> list[_Word]:
    """The words of a question that may be misspelt, each once."""
    found: dict[str, str] = {}
    for match in _WORD.finditer(question):
        written = match.group()
        plain = searchable(written)
        foreign = is_unspaced(plain)
        if CHARS_MIN <= len(plain) <= CHARS_MAX and (
            _KATAKANA.fullmatch(plain) if foreign else plain.isalpha() and not is_stop_word(plain)
        ):
            found.setdefault(plain, written)
    kept = set(significant(list(found)))
    return [_Word(written, plain) for plain, written in found.items() if plain in kept]


def _absent(words: Sequence[_Word], found: Iterable[Memory]) -> list[_Word]:
    """The words that are in none of the memories."""
    left = list(words)
    for memory in found:
        if not left:
            break
        text = searchable(f"{memory.title}\n{memory.content}\n{' '.join(memory.tags)}")
        left = [word for word in left if not _is_in(word, text)]
    return left


def _is_in(word: _Word, text: str) -> bool:
    """Whether a text has the word, whatever its ending; a name as it is, or with an s."""
    begins = word.plain if word.is_name else root(word.plain)
    at = text.find(begins)
    while at >= 0:
        end = at + len(begins)
        if not text[at - 1 : at].isalnum() and (
            not word.is_name
            or not text[end : end + 1].isalnum()
            or (text[end] == "s" and not text[end + 1 : end + 2].isalnum())
            or is_unspaced(begins)
        ):
            return True
        at = text.find(begins, at + 1)
    return False


def _spellings(rows: Reader, word: _Word, where: Filter, *, known: bool) -> list[str]:
    """How memories write a word that none has as it is asked."""
    stretches = kindred(word.plain) if known else beginnings(word.plain)
    if not known and rows.indexed_words([OTHER_ALPHABETS], 1):
        stretches += foreign_beginnings(word.plain)
    indexed = rows.indexed_words(stretches, _OCCURRENCES_MAX)
    stems = [stem for stem in indexed if stem.isalpha() and same_stem(word.plain, stem)]
    if not stems:
        return []
    keys = rows.keys_with(stems[:_STEMS_MAX], where, _TEXTS_MAX)
    written = {
        other
        for memory in rows.memories_by_key(keys).values()
        for other in _WORD.findall(f"{memory.title}\n{memory.content}")
    }
    return nearest(((other, _written(word, other, written)) for other in written), _SPELLINGS_MAX)


def _written(word: _Word, other: str, written: Collection[str]) -> float | None:
    """Between a word and one of a text: a name may be spelt freely, a word only be mistyped.

    Args:
        word: Of the question.
        other: Of a text.
        written: All words of the texts: what is written small, too, is no name.
    """
    plain = searchable(other)
    if not plain.isalpha() or is_stop_word(plain):
        return None
    small = other.lower()
    far = same_name(word.plain, plain)
    if (small != other and small not in written) or small == other.upper():
        return far if word.is_name or not other.isupper() else None
    if word.is_name and far == 0.0 and len(plain) >= _SMALL_CHARS_MIN:
        return far
    return same_word(word.plain, plain)


def _replaced(question: str, spelled: Mapping[str, Sequence[str]]) -> str:
    def instead(found: re.Match[str]) -> str:
        return " ".join(spelled.get(found.group(), (found.group(),)))

    return _WORD.sub(instead, question)
