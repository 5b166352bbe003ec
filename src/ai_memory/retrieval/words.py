"""Words: text as the keyword index sees it.

FTS5's `unicode61` tokenizer splits at whatever is neither letter nor digit, so a Chinese sentence
would be one token that no question ever repeats. `fold` therefore rewrites runs of Chinese,
Japanese and Korean script as overlapping bigrams; documents and queries pass through it alike.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from ai_memory import late
from ai_memory.retrieval.stopword import significant

_CJK_CLASS: Final = (
    "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # marks, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # ideographs
    "\uac00-\ud7a3"  # Hangul syllables
    "\U00020000-\U000323af"  # rarer ideographs
)
_CJK_RUN: Final = late.pattern(f"[{_CJK_CLASS}]+")
_ASCII_WORD: Final = late.pattern("[a-z0-9]+")
_CJK_OR_WORD: Final = late.pattern(f"[{_CJK_CLASS}]+|(?:(?![{_CJK_CLASS}])[^\\W_])+")

# Soft hyphen, zero-width and bidirectional controls, variation selectors, byte-order mark: they
# hide inside a word. NUL and lone surrogates cannot be stored as UTF-8 text; they become spaces.
_INVISIBLE: Final = late.pattern(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
_UNSTORABLE: Final = late.pattern("[\x00\ud800-\udfff]")

_ASCII: Final = bytes(range(128))
_RARE_MAX: Final = 24  # distinct characters; Chinese has more, and is composed as it stands
_COMPOSING_FIRST, _COMPOSING_LAST = "\u1100", "\u11ff"  # letters that form one Hangul syllable


def fold(text: str) -> str:
    """Rewrite text for the keyword index; queries and documents alike.

    ASCII passes as it is: case, accents and stems are the tokenizer's business.

    Returns:
        NFKC text without invisible characters, CJK runs as space-separated overlapping bigrams
        (a run of one character stays). Always encodable as UTF-8.
    """
    if text.isascii():
        return text.replace("\0", " ") if "\0" in text else text
    return _CJK_RUN.sub(_bigrams, visible(text))


def visible(text: str) -> str:
    """Compatibility-composed text (NFKC) without invisible and unstorable characters."""
    text = _UNSTORABLE.sub(" ", _INVISIBLE.sub("", text))
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text


def plain(text: str) -> str:
    """Lower-case text without accents, CJK runs untouched: what `lexical` searches with `find`."""
    if text.isascii():
        return text.lower()
    text = visible(text)
    if not unicodedata.is_normalized("NFD", text):
        marked = unicodedata.normalize("NFD", text)
        text = unicodedata.normalize(
            "NFC", "".join(char for char in marked if not unicodedata.combining(char))
        )
    return text.lower()


def bare(text: str) -> str:
    """Like `plain`, but signs outside ASCII become spaces, and ten times as fast on prose.

    One dash or curly quote makes Python's string methods take the slow way through a whole text.
    """
    if text.isascii():
        return text.lower()
    rare = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    found = set(rare.decode("utf-8", "surrogatepass"))
    if len(found) > _RARE_MAX or any(_COMPOSING_FIRST <= char <= _COMPOSING_LAST for char in found):
        return plain(text)
    for char in found:
        text = text.replace(char, _bare_char(char))
    return text.lower()


@lru_cache(maxsize=4_096)
def _bare_char(char: str) -> str:
    """What stands for one character in a bare text; a combining mark leaves nothing."""
    if _INVISIBLE.match(char):
        return ""
    kept = plain(char)
    if any(one.isalnum() for one in kept):
        return kept
    return "" if unicodedata.combining(char) else " "


def tokens(text: str) -> list[str]:
    """The words of a query: lower case, in order, repeats kept; CJK runs as bigrams."""
    text = plain(text)
    if text.isascii():
        return _ASCII_WORD.findall(text)
    words: list[str] = []
    for match in _CJK_OR_WORD.finditer(text):
        word = match.group()
        if is_cjk(word):
            words.extend(_bigrams(match).split())
        else:
            words.append(word)
    return words


def terms(query: str, limit: int) -> list[str]:
    """What a query asks for: its distinct significant words, in order, at most `limit`.

    Stop words are cut, unless nothing else is there.
    """
    return list(dict.fromkeys(significant(tokens(query))))[:limit]


def is_cjk(word: str) -> bool:
    """Whether the word is written without spaces, that is, indexed as bigrams."""
    return not word.isascii() and _CJK_RUN.match(word) is not None


def _bigrams(run: re.Match[str]) -> str:
    chars = run.group()
    if len(chars) == 1:
        return f" {chars} "
    return f" {' '.join(chars[at : at + 2] for at in range(len(chars) - 1))} "


@lru_cache(maxsize=65_536)
def root(word: str) -> str:
    """Cut a lower-case word's common English endings, so that hike, hikes, hiked, hiking agree.

    Only ever cuts the tail: a root is a prefix of every word that has it, so it can be searched
    with `str.find`. Applied to both sides, so a foreign word loses nothing but the same letters.
    """
    stem = word
    if len(stem) > 4 and not stem.endswith(_NO_ENDINGS):
        for ending in _ENDINGS:
            if stem.endswith(ending) and _VOWEL.search(stem, 0, len(stem) - len(ending)):
                cut = stem[: -len(ending)]
                if len(cut) >= 3:
                    stem = cut
                    break
        if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "aeiouls":
            stem = stem[:-1]
    elif len(stem) == 4 and stem.endswith("s") and not stem.endswith("ss"):
        stem = stem[:-1]
    return stem[:-1] if len(stem) > 3 and stem[-1] in "eiy" else stem


_ENDINGS: Final = ("ingly", "edly", "ings", "ing", "ied", "ies", "ed", "es", "ly", "s")
_NO_ENDINGS: Final = ("eed", "ily", "ss", "us", "is")
_VOWEL: Final = late.pattern("[aeiouy]")
