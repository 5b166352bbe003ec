"""Compound: names whose words are joined by capitals, found by the whole and by the parts.

`HttpClientFactory` is three words and one. A hump is where a new one begins: between `p` and `C`,
and between `P` and `Se` in `HTTPServer`. A plural has none (`URLs`), nor has what follows a number,
unless it goes on in small letters (`4K`, `Base64Encoder`).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, NamedTuple

from ai_memory import late
from ai_memory.retrieval.character import shape_of

HUMP: Final = "\x02"
"""Stands between the words of a joined name."""

_CHARS_MAX: Final = 64  # what is longer is data, no name
_HUMPS_MAX: Final = 8


class Parted(NamedTuple):
    """A text whose joined names are taken apart.

    Attributes:
        text: With a blank at every hump.
        names: As they stood.
        humps: Before which characters of the text a blank was put; None where not only there.
    """

    text: str
    names: list[str]
    humps: list[int] | None


def _hump(small: str, large: str) -> re.Pattern[str]:
    """A capital that begins a word inside a name; `re` looks for capitals, which are few."""
    return late.pattern(
        f"[{large}](?:(?<=[{small}][{large}])|(?<=[0-9][{large}])(?=[{small}])"
        f"|(?<=[{large}][{large}])(?=[{small}]{{2}}))"
    )


_ASCII_HUMP: Final = _hump("a-z", "A-Z")
_HUMP: Final = _hump("a-zß-öø-ÿα-ώа-џ", "A-ZÀ-ÖØ-ÞΑ-ΫА-Я")
_LETTERS: Final = "0-9A-Za-zÀ-ɏͰ-ӿ"  # of scripts with capitals
_NAME: Final = late.pattern(f"(?<![{_LETTERS}])[{_LETTERS}]+(?:{HUMP}[{_LETTERS}]+)+")
_ASCII_NAME: Final = late.pattern(f"(?<![0-9A-Za-z])[0-9A-Za-z]++(?:{HUMP}[0-9A-Za-z]++)+")


def has_humps(shape: bytes) -> bool:
    """Whether an ASCII text of a shape (`character.shape_of`) may have a joined name."""
    return b"aA" in shape or b"AAaa" in shape


def marked(text: str) -> str:
    """Text with `HUMP` at every hump of a name; composed (`character.composed`)."""
    return _marked(text)[0]


def parted(text: str) -> Parted:
    """Take joined names apart; the text as of `marked`."""
    found, humped, humps = _marked(text)
    if not humped:
        return Parted(found, [], humps)
    name = _ASCII_NAME if text.isascii() else _NAME
    names = [whole(one) for word in humped for one in name.findall(word)]
    return Parted(found.replace(HUMP, " "), names, humps)


def _marked(text: str) -> tuple[str, list[str], list[int] | None]:
    """Text with its humps marked, what of it stands between blanks and has one, and where."""
    if HUMP in text:
        text = text.replace(HUMP, " ")
    if not text.isascii():
        hump = _HUMP
    elif has_humps(shape_of(text)):
        hump = _ASCII_HUMP
    else:
        return text, [], []
    humps: list[int] | None = [match.start() for match in hump.finditer(text)]
    if not humps:
        return text, [], []
    found = HUMP.join([text[start:end] for start, end in pairwise((0, *humps, len(text)))])
    humped = _humped(found)
    if any(len(word) > _CHARS_MAX or word.count(HUMP) > _HUMPS_MAX for word in humped):
        found = _NAME.sub(_bounded, found)
        humped, humps = _humped(found), None
    return found, humped, humps


def _humped(text: str) -> list[str]:
    """What stands between blanks and has a hump."""
    return [word for word in text.split() if HUMP in word] if HUMP in text else []


def whole(name: str) -> str:
    """A marked name as it stood."""
    return name.replace(HUMP, "")


def _bounded(name: re.Match[str]) -> str:
    found = name.group()
    is_name = len(found) <= _CHARS_MAX and found.count(HUMP) <= _HUMPS_MAX
    return found if is_name else whole(found)
