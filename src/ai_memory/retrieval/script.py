"""Script: text that is written without blanks between its words, cut into pairs of characters.

Chinese, Japanese, Thai, Lao, Khmer, Burmese and their relatives need no dictionary this way: what
is stored and what is asked are cut alike, and a word is found as its pairs in a row. Korean has
blanks, but a word with its particles is looked for without them, so it is cut too. A character is
a letter together with the marks that stand on it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from ai_memory import late

UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf"  # Thai to Tai Tham
    "\u1b00-\u1b7f\ua980-\ua9ff\uaa00-\uaadf"  # Balinese, Javanese, Burmese, Cham, Tai Viet
    "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u312f\u31a0-\u31bf\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uf900-\ufaff"  # ideographs, Yi
    "\uac00-\ud7a3"  # Hangul syllables
    "\U00017000-\U00018cff\U0001b000-\U0001b2ff"  # Tangut, older kana, Nushu
    "\U00020000-\U000323af"  # rarer ideographs
)
"""A character class of regular expressions."""

_MARKS: Final = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    "\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d"
    "\u108f\u109a-\u109d\u17b4-\u17d3\u17dd\u1a55-\u1a7f\u1b00-\u1b04\u1b34-\u1b44"
    "\ua980-\ua983\ua9b3-\ua9c0\ua9e5\uaa29-\uaa36\uaa43\uaa4c\uaa4d\uaa7b-\uaa7d\uaab0-\uaabf"
)
_RUN: Final = late.pattern(f"[{UNSPACED}]+")
_MARK: Final = late.pattern(f"[{_MARKS}]")
_CLUSTER: Final = late.pattern(f".[{_MARKS}]*")


def is_unspaced(word: str) -> bool:
    """Whether a word of a bare text is a piece of one that is written without blanks."""
    return not word.isascii() and _RUN.match(word) is not None


def is_beginning(word: str) -> bool:
    """Whether a word stands for all that begin so: the index holds pairs, this is half of one."""
    return is_unspaced(word) and len(clusters(word)) == 1


def clusters(run: str) -> list[str]:
    """The characters of a run, each with its marks."""
    return _CLUSTER.findall(run) if _MARK.search(run) else list(run)


def pairs(run: str, *, ending: bool = False) -> list[str]:
    """The overlapping pairs of a run's characters; of one character, itself.

    Args:
        run: Unspaced text.
        ending: With the last character once more, alone: what begins so is found by it, so each
            character is found wherever it stands.
    """
    chars = clusters(run)
    if len(chars) == 1:
        return chars
    found = [one + other for one, other in pairwise(chars)]
    return [*found, chars[-1]] if ending else found
