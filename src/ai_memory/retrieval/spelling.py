"""Spelling: whether two words are one name, written otherwise: Katherine, Cathrine, Екатерина.

Names are written as they are heard, in another alphabet, or in haste. So both are brought to
Roman letters, letters that are heard alike become one, and the edits that are left are counted:
a vowel for a vowel is half an edit, and a short name may have none, for Jan and Jon are two people.

A word that is no name has one spelling; what is forgiven there is a slip of the finger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from ai_memory import late
from ai_memory.retrieval.character import plain

CHARS_MIN: Final = 3
"""Shorter words have too many neighbours."""

CHARS_MAX: Final = 32
"""Longer words are no names."""

# What is heard alike, the longest writing first; all of it is romanised and in small letters.
_HEARD: Final = {
    "schtsch": "s", "shch": "s", "tsch": "c", "tch": "c", "dzh": "i", "sch": "s", "ch": "c",
    "cz": "c", "sh": "s", "zh": "s", "kh": "k", "gh": "g", "ph": "f", "th": "t", "dh": "d",
    "rh": "r", "ck": "k", "qu": "kv", "tz": "s", "ts": "s", "dj": "i", "ij": "i", "ae": "e",
    "oe": "o", "ue": "u", "ou": "u", "oo": "u", "ee": "i", "ie": "i", "ea": "e", "q": "k",
    "x": "ks", "z": "s", "w": "v", "y": "i", "j": "i",
}  # fmt: skip
_WRITTEN: Final = late.pattern("|".join(map(re.escape, _HEARD)) + "|c(?=[eiy])|c")
_TWICE: Final = late.pattern(r"(.)\1+")
_INNER_H: Final = late.pattern("(?<=.)h")
_NO_LETTER: Final = late.pattern("[^a-z]+")
_VOWELS: Final = frozenset("aeiou")
_KIN: Final = ("ck", "cs", "ch", "kg", "kh", "bp", "bv", "fv", "pf", "dt", "mn", "gi", "uv", "gh")
_A: Final = ord("a")
_CLASSES: Final = str.maketrans("kshbpfdtmn", "cccbbbddnn", "aeiouvg")  # kin are one, vowels none
_SELDOM_WRITTEN: Final = late.pattern("[aeiouwy]")  # in Arabic and Hebrew
_ABJAD: Final = late.pattern("[\u0590-\u06ff]")

_ABJAD_EDITS: Final = 1.0  # where only consonants agree
_NEAR_EDIT: Final = 0.5
_FAR_EDIT: Final = 1.25  # one consonant for another
# What one letter for another costs; a vowel at the end is another name: Maria and Mario.
_LAST_EXCHANGES: Final = {pair[::way]: _NEAR_EDIT for pair in _KIN for way in (1, -1)}
_EXCHANGES: Final = _LAST_EXCHANGES | {one + two: _NEAR_EDIT for one in _VOWELS for two in _VOWELS}
_ALLOWED: Final = (0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.5)  # by the sounds of the longer name
_ALLOWED_MOST: Final = 2.0
_ENDING_CHARS_MAX: Final = 4  # that a stemmer cuts
_SLIP_CHARS_MIN: Final = 5
_SLIP_ANY_CHARS_MIN: Final = 8  # from here on any letter may be another
_TIE: Final = 0.25

# Where the sounds of other letters may begin, too.
_BEGINNINGS: Final = {
    "a": "aeoh", "b": "bpv", "c": "ctkh", "d": "dt", "e": "eiyjh", "f": "fpv", "g": "gkjh",
    "h": "hkgx", "i": "ijyge", "k": "kcqx", "m": "mn", "n": "nm", "o": "oh", "p": "pbf",
    "s": "szc", "t": "td", "u": "uwoh", "v": "vwfb",
}  # fmt: skip
_ALPHABETS: Final = (
    (0x03B1, 0x03C9), (0x0430, 0x045F), (0x0561, 0x0586), (0x05D0, 0x05EA), (0x0621, 0x064A),
    (0x0905, 0x0939), (0x10D0, 0x10F0),
)  # fmt: skip
"""Greek, Cyrillic, Armenian, Hebrew, Arabic, Devanagari and Georgian: scripts with words."""


class Stretch(NamedTuple):
    """Words of the index from `first` on, all before `end`."""

    first: str
    end: str


OTHER_ALPHABETS: Final = Stretch("\u0370", "\u1100")


def beginnings(word: str) -> list[Stretch]:
    """Where in the index the Roman spellings of a word may stand; the likeliest first.

    Args:
        word: In its normal form.
    """
    roman = _romanised(word)
    heard = _sound(word)
    if not heard:
        return []
    letters = dict.fromkeys(roman[0] + _BEGINNINGS.get(heard[0], heard[0]))
    found = [Stretch(letter, chr(ord(letter) + 1)) for letter in letters]
    if len(roman) > 1 and roman[1] not in letters:
        swapped = roman[1] + roman[0]
        found.append(Stretch(swapped, swapped[0] + chr(ord(swapped[1]) + 1)))
    return found


def foreign_beginnings(word: str) -> list[Stretch]:
    """The same in other alphabets; for an index that has words of `OTHER_ALPHABETS`."""
    heard = _sound(word)
    if not heard:
        return []
    letters = dict.fromkeys(_romanised(word)[0] + _BEGINNINGS.get(heard[0], heard[0]))
    return [
        Stretch(letter, chr(ord(letter) + 1))
        for one in letters
        for letter in _foreign().get(one, ())
    ]


def kindred(word: str) -> list[Stretch]:
    """Where in the index stands what a stemmer takes for the same word."""
    begin = word[:CHARS_MIN]
    return [Stretch(begin, begin[:-1] + chr(ord(begin[-1]) + 1))]


def same_stem(asked: str, stem: str) -> bool:
    """Whether a word of the index, which may have lost its ending, may be a spelling of a name."""
    if stem.isascii() and stem[1:2] not in _second_letters(asked):
        return False
    if same_name(asked, stem) is not None:
        return True
    lost = len(asked) - len(stem)
    if not 0 < lost <= _ENDING_CHARS_MAX or len(stem) <= CHARS_MIN:
        return False
    here, there = _consonants(_sound(asked)), _consonants(_sound(stem))
    if there.kinds & ~here.kinds or not here.begins_like(there):
        return False
    return same_name(asked, stem + asked[len(stem) :]) is not None


@lru_cache(maxsize=64)
def _second_letters(asked: str) -> str:
    """What may stand second in other spellings: a vowel for a vowel, kin for kin; an h always."""
    second = _TWICE.sub(r"\1", _romanised(asked))[1:2]
    if second in _VOWELS or second in "hyj":
        return "aeiouyhjcszr" if second == "h" else "aeiouyhj"
    return f"{second}hcsz" + "".join(pair.replace(second, "") for pair in _KIN if second in pair)


def same_name(asked: str, found: str) -> float | None:
    """How many edits apart two spellings of a name are; None: too many to be one.

    Args:
        asked: A word of a question, lower case.
        found: A word of a text, lower case.
    """
    if _ABJAD.search(asked) or _ABJAD.search(found):
        one, other = _skeleton(asked), _skeleton(found)
        return _ABJAD_EDITS if len(one) >= CHARS_MIN and one == other else None
    one, other = _sound(asked), _sound(found)
    longest = max(len(one), len(other))
    allowed = _ALLOWED[longest] if longest < len(_ALLOWED) else _ALLOWED_MOST
    if abs(len(one) - len(other)) * _NEAR_EDIT > allowed or not one or not other:
        return None
    here, there = _consonants(one), _consonants(other)
    if here.differing(there) > allowed or not here.begins_like(there):
        return None
    edits = _edits(one, other, allowed)
    return edits if edits <= allowed else None


def same_word(asked: str, found: str) -> float | None:
    """How many edits apart a word and what a slip of the finger made of it are; None: two words.

    Args:
        asked: A word of a question, lower case.
        found: A word of a text.
    """
    one, other = _TWICE.sub(r"\1", plain(asked)), _TWICE.sub(r"\1", plain(found))
    shorter, longer = sorted((len(one), len(other)))
    if one[:1] != other[:1] or shorter < _SLIP_CHARS_MIN or longer > shorter + 1:
        return None
    if one == other:
        return 0.0
    at = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    if longer > shorter:
        more, less = (one, other) if len(one) > len(other) else (other, one)
        return 1.0 if more[at + 1 :] == less[at:] else None
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    another = shorter >= _SLIP_ANY_CHARS_MIN and one[at + 1 :] == other[at + 1 :]
    return 1.0 if swapped or another else None


def nearest(
    distances: Iterable[tuple[str, float | None]], limit: int, *, tie: float = _TIE
) -> list[str]:
    """The words at the least distance, and those at most `tie` farther; nearest first."""
    known = sorted((distance, word) for word, distance in distances if distance is not None)
    return list(dict.fromkeys(word for far, word in known if far <= known[0][0] + tie))[:limit]


def _romanised(word: str) -> str:
    """A word in small Roman letters and nothing else."""
    if not word.isascii():
        from anyascii import anyascii

        word = anyascii(plain(word))
    return _NO_LETTER.sub("", word.lower())


@lru_cache(maxsize=16_384)
def _sound(word: str) -> str:
    """How a name is heard, roughly, whatever language it is from."""
    heard = _WRITTEN.sub(_as_heard, _romanised(word))
    heard = _TWICE.sub(r"\1", heard)
    heard = _TWICE.sub(r"\1", _INNER_H.sub("", heard))
    return heard[:-1] if len(heard) > CHARS_MIN and heard.endswith("e") else heard


class _Consonants(NamedTuple):
    """Those of a sound that cost a whole edit each, if another lacks them.

    Attributes:
        order: As they follow each other, kin as one.
        kinds: Which there are, a bit each.
    """

    order: str
    kinds: int

    def differing(self, other: _Consonants) -> int:
        """How many of either the other lacks, or fewer; no fewer edits will do."""
        one, two = self.order, other.order
        return max(
            (self.kinds & ~other.kinds).bit_count(),
            (other.kinds & ~self.kinds).bit_count(),
            abs(len(one) - len(two)),
        )

    def begins_like(self, other: _Consonants) -> bool:
        """Whether the first is the same and the second near, or the two are exchanged."""
        one, two = self.order, other.order
        if one[:1] != two[:1]:
            return one[:2] == two[1::-1]
        return one[1:2] in two[1:3] or two[1:2] in one[1:3]


@lru_cache(maxsize=16_384)
def _consonants(heard: str) -> _Consonants:
    order = heard.translate(_CLASSES)
    kinds = 0
    for letter in order:
        kinds |= 1 << (ord(letter) - _A)
    return _Consonants(order, kinds)


def _skeleton(word: str) -> str:
    """The consonants of a name."""
    return _TWICE.sub(r"\1", _SELDOM_WRITTEN.sub("", _romanised(word)))


def _as_heard(written: re.Match[str]) -> str:
    letters = written.group()
    if letters == "c":
        return "s" if written.string[written.end() : written.end() + 1] in ("e", "i", "y") else "k"
    return _HEARD[letters]


def _edits(one: str, other: str, most: float) -> float:
    """Optimal string alignment of two sounds, what is heard nearly alike counting half.

    Args:
        one: Not empty.
        other: Not empty.
        most: Beyond it any figure will do.
    """
    left_out = _left_out(other)
    before: list[float] = []
    row = [0.0]
    for cost in left_out:
        row.append(row[-1] + cost)
    last = len(one) - 1
    for at, (letter, leaving) in enumerate(zip(one, _left_out(one), strict=True)):
        older, before = before, row
        row = [before[0] + leaving]
        exchanges = _LAST_EXCHANGES if at == last else _EXCHANGES
        best = row[0]
        for to, counterpart in enumerate(other):
            best += left_out[to]
            if letter == counterpart:
                best = min(best, before[to])
            else:
                other_way = before[to] + exchanges.get(letter + counterpart, _FAR_EDIT)
                best = min(best, before[to + 1] + leaving, other_way)
                if at and to and letter == other[to - 1] and counterpart == one[at - 1]:
                    best = min(best, older[to - 1] + _NEAR_EDIT)
            row.append(best)
        if min(row) > most:
            return most + 1.0
    return row[-1]


def _left_out(heard: str) -> list[float]:
    """What leaving out each letter costs."""
    costs = [_NEAR_EDIT if letter in _VOWELS else 1.0 for letter in heard]
    if heard[-1] in _VOWELS:
        costs[-1] = _FAR_EDIT  # Paul and Paula
    return costs


@lru_cache(maxsize=1)
def _foreign() -> dict[str, list[str]]:
    """Roman letter → letters of other alphabets that begin with it when they are romanised."""
    found: dict[str, list[str]] = {}
    for first, last in _ALPHABETS:
        for letter in map(chr, range(first, last + 1)):
            if roman := _romanised(letter):
                found.setdefault(roman[0], []).append(letter)
    return found
