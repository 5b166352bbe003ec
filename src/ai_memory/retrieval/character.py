"""Character: one normal form of writing, for what is stored and for what is asked.

What people may write or leave away folds (case, width, Latin and Greek accents, the vowel marks of
Arabic and Hebrew, digits of every script); what makes another word stays (й and и, ガ and カ, the
vowel signs of Indic and Southeast Asian scripts). Nothing behind this module folds anything else:
the tokenizer of the keyword index takes every character outside ASCII as a letter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from ai_memory import late

# Soft hyphen, zero-width and bidirectional controls, variation selectors, byte-order mark: they
# hide inside a word. NUL and lone surrogates cannot be stored as UTF-8 text; they become spaces.
_INVISIBLE: Final = late.pattern(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
_SURROGATE: Final = late.pattern("[\ud800-\udfff]")

_ASCII: Final = bytes(range(128))
_RARE_MAX: Final = 24  # distinct characters; Chinese has more, and is translated as a whole
_KNOWN_MAX: Final = 16_384  # characters of which the normal form is remembered

SIGN_BASE: Final = 0x10FF00
"""Where ASCII signs lie that the index must take as letters (`exact.encode`)."""

# Marks that may be left away without making another word: accents that form no letter of their
# own, the vowel marks of Arabic, Hebrew and Syriac, variation selectors. Others are letters.
_OPTIONAL_MARKS: Final = (
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F),
    (0x0670, 0x0670), (0x06D6, 0x06ED), (0x0711, 0x0711), (0x0730, 0x074A), (0x08CA, 0x08FF),
    (0x135D, 0x135F), (0x180B, 0x180F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF),
    (0x302A, 0x302F), (0x3099, 0x309A), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF),
)  # fmt: skip
_BEFORE_CYRILLIC: Final = 0x0400  # Latin and Greek: an accent makes no other word
_EMOJI: Final = ((0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x1F000, 0x1FAFF))
# Latin letters that no accent was cut from; Cyrillic ё; what Arabic keyboards mix up; hyphens and
# apostrophes that look like ASCII's.
_SAME: Final = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ɓ": "b", "ɗ": "d",
    "ƙ": "k", "ƴ": "y", "æ": "ae", "œ": "oe", "þ": "th", "ё": "е", "ѐ": "е", "ѝ": "и",
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ہ": "ه",
    "ـ": "", "\u2010": "-", "\u2011": "-", "\u2212": "-", "\u02b9": "'", "\u02bb": "'",
    "\u02bc": "'", "\u02bd": "'", "\u02be": "'", "\u02bf": "'", "\u02c8": "'",
}  # fmt: skip
_SHAPE: Final = bytes(
    ord("A")
    if chr(code).isupper()
    else ord("a")
    if chr(code).islower() or chr(code).isdigit()
    else ord("#")
    if chr(code) in "+#@$=<>&|%"
    else code
    if chr(code) in ".-"
    else ord(" ")
    for code in range(128)
) + bytes(128)


class _Table(dict[int, str | None]):
    """A table for `str.translate` that learns a character when it meets it."""

    def __init__(self, make: Callable[[str], str]) -> None:
        super().__init__((code, chr(code).lower()) for code in range(128))
        self[0] = " "
        self._make = make

    def __missing__(self, code: int) -> str:
        found = self._make(chr(code))
        if len(self) < _KNOWN_MAX:
            self[code] = found
        return found


def visible(text: str) -> str:
    """Compatibility-composed text (NFKC) without invisible and unstorable characters."""
    return composed(_INVISIBLE.sub("", text))


def composed(text: str) -> str:
    """Compatibility-composed text (NFKC) that can be encoded as UTF-8."""
    if "\0" in text:
        text = text.replace("\0", " ")
    try:
        text.encode()  # ten times as fast as a look for surrogates
    except UnicodeEncodeError:
        text = _SURROGATE.sub(" ", text)
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


def plain(text: str) -> str:
    """Text in its normal form: letters and digits folded, punctuation as it stands."""
    return _small(text) if text.isascii() else composed(text).translate(_PLAIN)


def bare(text: str) -> str:
    """Like `plain`, but signs outside ASCII are spaces: what is left there are words.

    One dash or curly quote makes Python's string methods take the slow way through a whole text,
    so few such characters are replaced one by one.
    """
    return _small(text) if text.isascii() else bare_of(composed(text))


def bare_of(text: str) -> str:
    """`bare` of a text that is composed."""
    if text.isascii():
        return _small(text)
    rare = text.encode().translate(None, _ASCII)
    found = set(rare.decode())
    if len(found) > _RARE_MAX:
        return text.translate(_BARE)
    for char in found:
        text = text.replace(char, _bare_char(char))
    return text.lower()


def _small(text: str) -> str:
    """An ASCII text in small letters; NUL, which SQLite takes for an end, is a blank."""
    return (text.replace("\0", " ") if "\0" in text else text).lower()


def shape_of(text: str) -> bytes:
    """What kinds of characters an ASCII text has, in order: looked through a hundred times faster.

    Returns:
        A for a capital, a for a small letter or digit, # for a sign that prose has seldom; full
        stop and hyphen as they are; a blank for anything else, and one before all.
    """
    return b" " + text.encode().translate(_SHAPE)


@lru_cache(maxsize=4_096)
def _bare_char(char: str) -> str:
    """What stands for one character in a bare text."""
    kept = _plain_char(char)
    if not kept or kept.isascii():
        return kept
    if _is_in(ord(char), _EMOJI) or unicodedata.category(char) == "Sc":
        return f" {char} "  # a word of its own
    if any(unicodedata.category(one)[0] in "LMN" for one in kept):
        return kept
    # Private and unassigned characters are letters of fonts and scripts that we do not know.
    unknown = unicodedata.category(char) in ("Co", "Cn") and ord(char) < SIGN_BASE
    return kept if unknown else " "


def _plain_char(char: str) -> str:
    """The normal form of one composed character."""
    code, category = ord(char), unicodedata.category(char)
    if category == "Cf" or 0x1F3FB <= code <= 0x1F3FF:  # controls; the colours of skin
        return ""
    if category in ("Mn", "Me"):
        return "" if _is_in(code, _OPTIONAL_MARKS) else char
    if category == "Nd":
        return str(unicodedata.decimal(char))
    folded = char.casefold().lower()
    if folded in _SAME:
        return _SAME[folded]
    parts = unicodedata.normalize("NFD", folded)
    if ord(parts[0]) < _BEFORE_CYRILLIC:
        parts = "".join(one for one in parts if not unicodedata.combining(one))
        return "".join(_SAME.get(one, one) for one in parts)
    return unicodedata.normalize("NFC", folded)


def _is_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


_PLAIN: Final = _Table(_plain_char)
_BARE: Final = _Table(_bare_char)
