"""Passage: what of a long text is shown, so that ten of them fit a model's window.

Places come from two sides: windows whose vectors were near, and stretches where the words of the
question stand. They take turns until the room is spent; what touches is merged, and all of it is
shown in the order of the text. Places are counted in characters (code points) of the text.

Words are looked for unit by unit: normalising a text moves its characters, and a unit of a few
sentences is as exact as a passage needs to be.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import log
from typing import Final, NamedTuple

from ai_memory import limits
from ai_memory.retrieval.occurrence import occurrences, probes, spellings
from ai_memory.retrieval.words import bare

ELLIPSIS: Final = "…"
_GAP: Final = f"\n{ELLIPSIS}\n"

_UNIT_CHARS: Final = 240  # a few sentences
_CUT_CHARS: Final = 80  # how far before the end of a unit a good place to cut is looked for
_UNITS: Final = 2  # of a stretch: the words and what follows on them
_CANDIDATES_MAX: Final = 16  # stretches that are compared anew when one of them is taken
_REPEATED_SHARE: Final = 0.2  # of a word's weight where another stretch has it already
_SATURATION: Final = 1.2  # BM25's k1
_CLUSTER_CHARS_MAX: Final = 64  # longer heaps of marks are cut all the same
_JOINER: Final = "\u200d"
_MARKS: Final = ("\n", ". ", "! ", "? ", "。", "\u0964", " ")  # the better place first
_NOTHING: Final[dict[int, int]] = {}


class Passage(NamedTuple):
    """Characters [start, end) of a text."""

    start: int
    end: int


def opening(text: str, chars_max: int = limits.OPENING_CHARS_MAX) -> tuple[Passage, ...]:
    """Where nothing is asked: the beginning of a text, up to a good place to cut."""
    return (Passage(0, _cut(text, 0, min(chars_max, len(text)))),)


def passages(
    text: str,
    words: Sequence[str],
    names: Sequence[str] = (),
    windows: Sequence[tuple[int, int]] = (),
    *,
    chars_max: int = limits.PASSAGES_CHARS_MAX,
) -> tuple[Passage, ...]:
    """The places of a text that answer a question best.

    Args:
        text: Any.
        words: What is asked for, as `words.terms` cuts it.
        names: Those of them that are proper names.
        windows: Places whose vectors are near, nearest first.
        chars_max: At most so many characters in all.

    Returns:
        At least one, in the order of the text, none touching the next, with as much around them
        as there is room for. The opening where neither words nor vectors point at a place.
    """
    found: list[Passage] = []
    room = chars_max
    inside = (
        Passage(start, min(end, len(text))) for start, end in windows if 0 <= start < len(text)
    )
    for pair in zip_longest(_stretches(text, words, names), inside):
        for place in pair:
            if place is None:
                continue
            for start, until in _outside(place, found):
                end = _cut(text, start, min(until, start + room))
                if end > start:
                    found = _merged([*found, Passage(start, end)])
                    room -= end - start
            if found and room < _UNIT_CHARS // 2:
                return tuple(found)
    return tuple(_grown(text, found, room)) if found else opening(text, chars_max)


def excerpt(text: str, places: Sequence[Passage]) -> str:
    """Passages as one text; an ellipsis stands for each part that is left out."""
    parts = _GAP.join(text[start:end].strip("\n") for start, end in places)
    before = f"{ELLIPSIS} " if places[0].start else ""
    after = f" {ELLIPSIS}" if places[-1].end < len(text) else ""
    return f"{before}{parts}{after}"


def _grown(text: str, places: Sequence[Passage], room: int) -> list[Passage]:
    """The places with what stands around them, as far as the room goes: most of it behind."""
    share = room // len(places)
    grown = []
    for start, end in places:
        begin = _begin(text, max(0, start - share // 8), start)
        until = min(len(text), end + share - (start - begin))
        grown.append(Passage(begin, _cut(text, end, until)))
    return _merged(grown)


def _begin(text: str, low: int, start: int) -> int:
    """A good place to begin at or after `low`, and no later than `start`."""
    if not low:
        return 0
    for mark in _MARKS:
        at = text.find(mark, low, start)
        if at >= 0:
            return at + len(mark)
    return start


def _stretches(text: str, words: Sequence[str], names: Sequence[str]) -> Iterator[Passage]:
    """Where the words stand, the most telling place first; each adds what those before lack."""
    asked = [probe for probe in probes(words) if probe]
    if not asked:
        return
    units = _units(text)
    counts = _counts(text, units, asked, spellings(asked, names))
    if not counts:
        return
    in_units = [sum(term in here for here in counts.values()) for term in range(len(asked))]
    weights = [log(1.0 + len(units) / (count or 1)) for count in in_units]
    firsts = sorted({max(unit - back, 0) for unit in counts for back in range(_UNITS)})
    if len(firsts) > _CANDIDATES_MAX:
        firsts.sort(key=lambda first: (-_worth(first, counts, weights), -first))
        del firsts[_CANDIDATES_MAX:]
    while firsts:
        # Of equals the latest: it begins where the words are, and shows what follows on them.
        worth, best = max((_worth(first, counts, weights), first) for first in firsts)
        if not worth:
            return
        firsts.remove(best)
        members = range(best, min(best + _UNITS, len(units)))
        for term in {term for unit in members for term in counts.pop(unit, ())}:
            weights[term] *= _REPEATED_SHARE
        yield Passage(units[best].start, units[members[-1]].end)


def _worth(first: int, counts: dict[int, dict[int, int]], weights: Sequence[float]) -> float:
    """BM25 of the stretch that begins with a unit."""
    held: dict[int, int] = {}
    for unit in range(first, first + _UNITS):
        for term, count in counts.get(unit, _NOTHING).items():
            held[term] = held.get(term, 0) + count
    return sum(
        weights[term] * count * (_SATURATION + 1.0) / (count + _SATURATION)
        for term, count in held.items()
    )


def _counts(
    text: str, units: Sequence[Passage], asked: Sequence[str], named: dict[int, set[str]]
) -> dict[int, dict[int, int]]:
    """Unit → term → how often; as parts of words where no whole word is found."""
    parts = [text[start:end] for start, end in units]
    counts: dict[int, dict[int, int]] = {}
    for unit, events in enumerate(occurrences(asked, named, parts).events):
        for _start, term, _end in events:
            here = counts.setdefault(unit, {})
            here[term] = here.get(term, 0) + 1
    if counts:
        return counts
    for unit, part in enumerate(map(bare, parts)):
        here = {term: part.count(probe) for term, probe in enumerate(asked) if probe in part}
        if here:
            counts[unit] = here
    return counts


def _units(text: str) -> list[Passage]:
    """The text in pieces of up to `_UNIT_CHARS`, cut at good places."""
    units = []
    start = 0
    while start < len(text):
        end = _cut(text, start, min(start + _UNIT_CHARS, len(text)))
        units.append(Passage(start, end))
        start = end
    return units


def _cut(text: str, start: int, end: int) -> int:
    """A good place to cut at or before `end`: a line's end, a sentence's, a word's.

    Never inside what is read as one character, and always behind `start`, unless they are equal.
    """
    if end >= len(text) or end <= start:
        return max(start, min(end, len(text)))
    low = max(start + 1, end - min(_CUT_CHARS, (end - start) // 3))
    for mark in _MARKS:
        at = text.rfind(mark, low, end)
        if at >= 0:
            return whole_cluster(text, start, at + len(mark))
    return whole_cluster(text, start, end)


def whole_cluster(text: str, start: int, end: int) -> int:
    """The nearest place before `end` that parts no letter from its marks and no emoji.

    A good approximation of Unicode's grapheme clusters; `end` itself where none is near.
    """
    at = end
    while at > max(start, end - _CLUSTER_CHARS_MAX) and at < len(text) and _clings(text, at):
        at -= 1
    return at if at > start and not (at < len(text) and _clings(text, at)) else end


def _clings(text: str, at: int) -> bool:
    """Whether the character at `at` belongs to the one before."""
    before, char = text[at - 1], text[at]
    if char.isascii():
        return char == "\n" and before == "\r"
    if unicodedata.category(char) in ("Mn", "Mc", "Me") or _JOINER in (char, before):
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
        return True  # skin tones and tags
    if "\u1160" <= char <= "\u11ff":
        return True  # the later letters of a Hangul syllable
    if _is_regional(char) and _is_regional(before):
        run = at
        while run and _is_regional(text[run - 1]):
            run -= 1
        return (at - run) % 2 == 1  # two make a flag
    return False


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _outside(place: Passage, found: Sequence[Passage]) -> list[Passage]:
    """What of a place is not among the found, which are in order and apart."""
    left = []
    start = place.start
    for begin, end in found:
        if begin >= place.end:
            break
        if begin > start:
            left.append(Passage(start, begin))
        start = max(start, end)
    if start < place.end:
        left.append(Passage(start, place.end))
    return left


def _merged(places: Sequence[Passage]) -> list[Passage]:
    merged: list[Passage] = []
    for place in sorted(places):
        if merged and place.start <= merged[-1].end:
            merged[-1] = Passage(merged[-1].start, max(merged[-1].end, place.end))
        else:
            merged.append(place)
    return merged
