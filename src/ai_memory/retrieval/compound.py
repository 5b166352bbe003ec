"""Compound: names whose words are joined by capitals, found by the whole and by the parts.

`HttpClientFactory` is three words and one. A hump is where a new one begins: between `p` and `C`,
and between `P` and `Se` in `HTTPServer`. A plural has none (`URLs`), nor has what follows a number,
unless it goes on in small letters (`4K`, `Base64Encoder`).
"""

from __future__ import annotations

import re
from typing import Final

from ai_memory import late
from ai_memory.retrieval.character import shape_of

HUMP: Final = "\x02"
"""Stands between the words of a joined name."""

_CHARS_MAX: Final = 64  # what is longer is data, no name
_HUMPS_MAX: Final = 8


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


def marked(text: str) -> str:
    """Text with `HUMP` at every hump of a name; composed (`character.composed`)."""
    if HUMP in text:
        text = text.replace(HUMP, " ")
    if text.isascii():
        shape = shape_of(text)
        if b"aA" not in shape and b"AAaa" not in shape:
            return text
    found = (_ASCII_HUMP if text.isascii() else _HUMP).sub(f"{HUMP}\\g<0>", text)
    if any(len(word) > _CHARS_MAX or word.count(HUMP) > _HUMPS_MAX for word in _humped(found)):
        return _NAME.sub(_bounded, found)
    return found


def parted(text: str) -> tuple[str, list[str]]:
    """Take joined names apart.

    Args:
        text: See `marked`.

    Returns:
        The text with a blank at every hump, and the names as they stood.
    """
    found = marked(text)
    if HUMP not in found:
        return found, []
    names = [whole(name) for word in _humped(found) for name in _NAME.findall(word)]
    return found.replace(HUMP, " "), names


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
