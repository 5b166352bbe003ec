"""Passage: what of a long text is shown, so that ten of them fit a model's window.

Places come from two sides: windows whose vectors were near, and stretches where the words of the
question stand. They take turns until the room is spent; what touches is merged, and all of it is
shown in the order of the text. Places are counted in characters (code points) of the text.

A place is a unit of a few sentences, as exact as a passage needs to be. Words are looked for in
blocks of some units, and unit by unit only in those where normalising moves characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, zip_longest
from math import log
from typing import Final, NamedTuple, TypeAlias

from ai_memory import limits
from ai_memory.retrieval.lexical import saturated
from ai_memory.retrieval.occurrence import Standing, occurrences, probes, spellings
from ai_memory.retrieval.words import bare

ELLIPSIS: Final = "…"
_GAP: Final = f"\n{ELLIPSIS}\n"

_UNIT_CHARS: Final = 240  # a few sentences
_CUT_CHARS: Final = 80  # how far before the end of a unit a good place to cut is looked for
_BLOCK_UNITS: Final = 16  # are searched as one text
_UNITS: Final = 2  # of a stretch: the words and what follows on them
_CANDIDATES_MAX: Final = 16  # stretches that are compared anew when one of them is taken
_REPEATED_SHARE: Final = 0.2  # of a word's weight where another stretch has it already
_CLUSTER_CHARS_MAX: Final = 64  # longer heaps of marks are cut all the same
_JOINER: Final = "\u200d"
_MARKS: Final = ("\n", ". ", "! ", "? ", "。", "\u0964", " ")  # the better place first
_SATURATED: Final = tuple(map(saturated, range(16)))

_Counts: TypeAlias = dict[int, dict[int, int]]
"""Unit → term → how often."""


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
    standing: Standing | None = None,
    chars_max: int = limits.PASSAGES_CHARS_MAX,
) -> tuple[Passage, ...]:
    """The places of a text that answer a question best.

    Args:
        text: Any.
        words: What is asked for, as `words.terms` cuts it.
        names: Those of them that are proper names.
        windows: Places whose vectors are near, nearest first.
        standing: Where the words stand in a text that ends with this one, if that is known.
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
    for pair in zip_longest(_stretches(text, words, names, standing), inside):
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


def _stretches(
    text: str, words: Sequence[str], names: Sequence[str], standing: Standing | None
) -> Iterator[Passage]:
    """Where the words stand, the most telling place first; each adds what those before lack."""
    asked = [probe for probe in probes(words) if probe]
    if not asked:
        return
    units = _Units(text)
    counts = _counts(units, asked, spellings(asked, names), standing)
    if not counts:
        return
    in_units = [sum(term in here for here in counts.values()) for term in range(len(asked))]
    weights = [log(1.0 + units.count / (count or 1)) for count in in_units]
    gains = {
        first: _gains(first, counts)
        for first in sorted({max(unit - back, 0) for unit in counts for back in range(_UNITS)})
    }
    if len(gains) > _CANDIDATES_MAX:
        best_first = sorted(gains, key=lambda first: (-_worth(gains[first], weights), -first))
        gains = {first: gains[first] for first in best_first[:_CANDIDATES_MAX]}
    while gains:
        # Of equals the latest: it begins where the words are, and shows what follows on them.
        worth, best = max((_worth(some, weights), first) for first, some in gains.items())
        if not worth:
            return
        members = range(best, min(best + _UNITS, units.count))
        for term in {term for unit in members for term in counts.pop(unit, ())}:
            weights[term] *= _REPEATED_SHARE
        del gains[best]
        for first in range(best - _UNITS + 1, best + _UNITS):
            if first in gains:  # it has units in common with what is taken
                gains[first] = _gains(first, counts)
        yield Passage(units.begin(best), units.begin(members[-1] + 1))


def _gains(first: int, counts: _Counts) -> list[tuple[int, float]]:
    """Term and BM25's term frequency, of the stretch that begins with a unit."""
    held: dict[int, int] = {}
    for unit in range(first, first + _UNITS):
        here = counts.get(unit)
        if here is not None and held:
            held = held.copy()
            for term, count in here.items():
                held[term] = held.get(term, 0) + count
        elif here is not None:
            held = here
    return [
        (term, _SATURATED[count] if count < len(_SATURATED) else saturated(count))
        for term, count in held.items()
    ]


def _worth(gains: Sequence[tuple[int, float]], weights: Sequence[float]) -> float:
    """BM25 of a stretch."""
    worth = 0.0
    for term, gain in gains:
        worth += weights[term] * gain
    return worth


def _counts(
    units: _Units, asked: Sequence[str], named: Mapping[int, set[str]], standing: Standing | None
) -> _Counts:
    """Unit → term → how often; as parts of words where no whole word is found."""
    counts: _Counts = {}
    if standing is None or standing.probes != asked:
        _count(counts, units, dict(enumerate(asked)), named)
    else:
        places, elsewhere = standing.in_last(len(units.text))
        for at, term in places:
            if term not in elsewhere:
                here = counts.setdefault(units.at(at), {})
                here[term] = here.get(term, 0) + 1
        if elsewhere:
            _count(counts, units, {term: asked[term] for term in sorted(elsewhere)}, named)
    return counts or _parts_of_words(units, asked)


def _count(
    counts: _Counts, units: _Units, asked: Mapping[int, str], named: Mapping[int, set[str]]
) -> None:
    """Add how often some terms stand in each unit."""
    terms, probes = list(asked), list(asked.values())
    named = {nth: named[term] for nth, term in enumerate(terms) if term in named}
    blocks = units.blocks()
    apart: list[int] = []
    found = occurrences(probes, named, [units.text[start:end] for start, end in blocks])
    for block, (events, searched) in enumerate(zip(found.events, found.texts, strict=True)):
        start, end = blocks[block]
        if events and len(searched) == end - start:  # it stands there character by character
            for at, nth, _end in events:
                _add(counts, units.at(start + at), terms[nth])
        elif events:
            apart += units.of_block(block)
    if apart:
        parts = [units.part(unit) for unit in apart]
        for unit, events in zip(apart, occurrences(probes, named, parts).events, strict=True):
            for _start, nth, _end in events:
                _add(counts, unit, terms[nth])


def _parts_of_words(units: _Units, asked: Sequence[str]) -> _Counts:
    counts: _Counts = {}
    for block, (start, end) in enumerate(units.blocks()):
        searched = bare(units.text[start:end])
        if any(probe in searched for probe in asked):
            for unit in units.of_block(block):
                part = bare(units.part(unit))
                here = {term: part.count(probe) for term, probe in enumerate(asked)}
                if any(here.values()):
                    counts[unit] = {term: count for term, count in here.items() if count}
    return counts


def _add(counts: _Counts, unit: int, term: int) -> None:
    here = counts.setdefault(unit, {})
    here[term] = here.get(term, 0) + 1


class _Units:
    """A text in pieces of up to `_UNIT_CHARS`, cut at good places, each looked for when asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.count = -(-len(text) // _UNIT_CHARS)
        self._begins = {0: 0}

    def begin(self, unit: int) -> int:
        """Where a unit begins; the end of the text for one behind the last."""
        if unit >= self.count:
            return len(self.text)
        known = self._begins.get(unit)
        if known is None:
            raw = unit * _UNIT_CHARS
            known = self._begins[unit] = _cut(self.text, raw - _UNIT_CHARS, raw)
        return known

    def at(self, place: int) -> int:
        """The unit in which a character stands."""
        unit = place // _UNIT_CHARS
        # A cut lies before the round place, and no further than that.
        near = (unit + 1) * _UNIT_CHARS - place <= _CUT_CHARS + _CLUSTER_CHARS_MAX
        return (
            unit + 1 if near and unit + 1 < self.count and place >= self.begin(unit + 1) else unit
        )

    def part(self, unit: int) -> str:
        """What a unit says."""
        return self.text[self.begin(unit) : self.begin(unit + 1)]

    def of_block(self, block: int) -> range:
        """The units of a block."""
        return range(block * _BLOCK_UNITS, min((block + 1) * _BLOCK_UNITS, self.count))

    def blocks(self) -> list[Passage]:
        """The text in longer pieces, to be searched; each holds whole units."""
        begins = [self.begin(unit) for unit in range(0, self.count, _BLOCK_UNITS)]
        return [Passage(*ends) for ends in pairwise([*begins, len(self.text)])]


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
