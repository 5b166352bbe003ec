"""Tongue: whether two texts are in one language, as far as their letters and stop words say.

A question in another language than a text shares no words with it, and a small model's vectors may
not know either. So what judges by words must know when not to (`relevance`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from ai_memory import late
from ai_memory.retrieval.character import bare
from ai_memory.retrieval.stopword import language_of

_CHARS_MAX: Final = 400  # of a text; as many as say which language it is
_UNKNOWN_WORDS_MIN: Final = 4  # so many words without a stop word are none of the languages known
_KANA_SHARE: Final = 0.1  # of the characters of Japanese; Chinese has none

_SIGNS_SHARE: Final = 0.04  # of the characters of code; a sentence has hardly any of its signs
_SIGNS_MIN: Final = 3  # a sentence may have something in brackets

_SIGNS: Final = late.pattern(r"[{}()\[\]=<>;_|&*$\\]")
_LETTERS: Final = late.pattern(r"[^\W\d_]+")
_SCRIPTS: Final = tuple(
    (name, late.pattern(f"[{letters}]"))
    for name, letters in (
        ("latin", "a-z\u00df-\u024f\u1e00-\u1eff"),
        ("greek", "\u0370-\u03ff\u1f00-\u1fff"),
        ("cyrillic", "\u0400-\u052f"),
        ("hebrew", "\u0590-\u05ff"),
        ("arabic", "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff"),
        ("indic", "\u0900-\u0dff"),
        ("thai", "\u0e00-\u0eff"),
        ("kana", "\u3041-\u30ff\u31f0-\u31ff"),
        ("han", "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"),
        ("hangul", "\u1100-\u11ff\uac00-\ud7a3"),
    )
)
_SHARED: Final = frozenset(("latin", "cyrillic", "arabic", "hebrew", "indic", ""))
"""Scripts of several languages, which stop words tell apart."""
_OTHER: Final = "other"


_KEYS: Final = ("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
_KEYS_RUN: Final = 4  # neighbours on a keyboard in a row
_VOWEL: Final = late.pattern("[aeiouy\u00df-\u024f]")
_ABBREVIATION_MAX: Final = 4  # letters; a longer word has a vowel


class Tongue(NamedTuple):
    """What a text is written in.

    Attributes:
        script: Of most of its letters; empty if it has none.
        language: By its stop words, or the script's own; `other`: none that is known here; None: it
            is too short to tell, or code.
    """

    script: str
    language: str | None


def tongue_of(text: str) -> Tongue:
    """What the beginning of a text is written in."""
    return _tongue_of(text[:_CHARS_MAX])


def is_foreign(one: Tongue, other: Tongue) -> bool:
    """Whether two texts are surely not in one language: they need not share a word."""
    if one.script != other.script:
        return bool(one.script and other.script)
    return None not in (one.language, other.language) and one.language != other.language


def is_another(one: Tongue, other: Tongue) -> bool:
    """Whether two texts are in two languages that are both known; code, say, is in none."""
    return is_foreign(one, other) and _OTHER not in (one.language, other.language)


def is_same(one: Tongue, other: Tongue) -> bool:
    """Whether two texts are surely in one language: what is about the other shares its words."""
    return one.language not in (None, _OTHER) and one == other


def is_gibberish(text: str) -> bool:
    """Whether a text is no words at all: signs alone, or keys that somebody struck.

    A word is not known to be none: it may be one of a language that is not known here.
    """
    words = _LETTERS.findall(bare(text))
    if not words:
        return not any(char.isalnum() for char in text)
    return language_of(words) is None and all(map(_is_struck, words))


def _is_struck(word: str) -> bool:
    """Whether a word was typed by hands that were not thinking of one."""
    if not word.isascii():
        return False
    if len(word) > _ABBREVIATION_MAX and not _VOWEL.search(word):
        return True
    runs = {word[at : at + _KEYS_RUN] for at in range(len(word) - _KEYS_RUN + 1)}
    return any(run in row or run in row[::-1] for row in _KEYS for run in runs)


@lru_cache(maxsize=1_024)
def _tongue_of(text: str) -> Tongue:
    text = bare(text)
    script = _script_of(text)
    if script not in _SHARED:
        return Tongue(script, script)
    if len(_SIGNS.findall(text)) > max(_SIGNS_MIN, _SIGNS_SHARE * len(text)):
        return Tongue(script, None)
    words = _LETTERS.findall(text)
    language = language_of(words)
    if language is None and len(words) >= _UNKNOWN_WORDS_MIN:
        language = _OTHER
    return Tongue(script, language)


def _script_of(text: str) -> str:
    if text.isascii():
        return "latin" if _LETTERS.search(text) else ""
    counts = {name: len(letters.findall(text)) for name, letters in _SCRIPTS}
    if counts["kana"] >= _KANA_SHARE * (counts["kana"] + counts["han"]) and counts["kana"]:
        counts["kana"] += counts["han"]
        counts["han"] = 0
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ""
