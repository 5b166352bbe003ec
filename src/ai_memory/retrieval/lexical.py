"""Lexical: how well a text answers in the question's own words, read in the text itself.

BM25 over whole memories does not see whether the words of the question stand together. Here every
text of the pool is read once (`occurrence`), and three figures come out: the best narrow passage,
the best wide passage (both BM25 over a sliding stretch of text), and the share of the question's
neighbouring words that are neighbours in the text too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from math import log
from typing import Final, NamedTuple

from ai_memory.retrieval.occurrence import (
    OCCURRENCES_MAX,
    Event,
    Standing,
    occurrences,
    probes,
    spellings,
)
from ai_memory.retrieval.question import asked_among, names
from ai_memory.retrieval.stopword import stop_words
from ai_memory.retrieval.words import tokens

_NARROW_CHARS: Final = 170  # about 32 English words
_WIDE_CHARS: Final = 510
_SATURATION: Final = 1.2  # BM25's k1
_NEIGHBOUR_GAP_CHARS: Final = 3
_STEP_CHARS_MAX: Final = 30  # room for half a dozen stop words
_STEP_SHARE: Final = 0.5  # of a pair with stop words between, beside one without
_TERMS_MAX: Final = 24

_WORD: Final = re.compile(r"[^\W_]+")


class Evidence(NamedTuple):
    """What the words of a question found in one text; 0 to 1 each.

    Attributes:
        narrow: The best passage of `_NARROW_CHARS`, as a share of the best in the pool.
        wide: The same for `_WIDE_CHARS`.
        phrase: Weight of the neighbouring words found as neighbours, as a share of all words';
            half of it where stop words stand between.
        coverage: Weight of the words found anywhere in the text, as a share of all words'.
        together: Weight of the words found in its best passage of `_WIDE_CHARS`, repeats counting
            a little, as a share of all words'; unlike `wide` it does not depend on the best.
        named: The share of the question's proper names found; 1 if it has none.
        exact: Whether one passage of `_WIDE_CHARS` has every word.
    """

    narrow: float
    wide: float
    phrase: float
    coverage: float = 0.0
    together: float = 0.0
    named: float = 1.0
    exact: bool = False


NOTHING: Final = Evidence(0.0, 0.0, 0.0)


class Reading(NamedTuple):
    """What the words of a question found in the texts of a pool.

    Attributes:
        evidence: Of each text.
        standing: Of each text, where they stand; None where that cannot be told.
    """

    evidence: list[Evidence]
    standing: list[Standing | None]


def read(query: str, texts: Sequence[str]) -> list[Evidence]:
    """`reading` without the places."""
    return reading(query, texts).evidence


def reading(query: str, texts: Sequence[str]) -> Reading:
    """Read the pool's texts for the words of the query.

    Args:
        query: As the user typed it.
        texts: The most promising first; of a pool that is very long the rest is not read.

    Returns:
        Word weights come from the pool, so figures of two calls do not compare.
    """
    said = tokens(query)
    words = asked_among(said, query, _TERMS_MAX)
    if not words or not texts:
        return Reading([NOTHING] * len(texts), [None] * len(texts))
    asked = probes(words)
    named = spellings(asked, names(query))
    found = occurrences(asked, named, texts)
    weights = [_rarity(n, found.buckets) for n in found.in_buckets]
    text_weights = [_rarity(n, len(texts)) for n in found.in_texts]
    passages = [_passages(events, weights) for events in found.events]
    stop = stop_words(said)
    total, passage_total = sum(text_weights), sum(weights)
    best_narrow = max(narrow for narrow, _wide in passages) or 1.0
    best_wide = max(wide for _narrow, wide in passages) or 1.0
    evidence = [
        Evidence(
            narrow / best_narrow,
            wide / best_wide,
            _neighbours(events, text_weights, text, stop) / total,
            sum(text_weights[term] for term in here) / total,
            min(1.0, wide / passage_total),
            len(here & named.keys()) / len(named) if named else 1.0,
            len(here) == len(asked) and _in_one_passage(events, len(asked)),
        )
        if events
        else NOTHING._replace(named=0.0 if named else 1.0)
        for text, events, here, (narrow, wide) in zip(
            found.texts, found.events, found.terms, passages, strict=True
        )
    ]
    standing = [
        None if humps is None else Standing(asked, events, humps, len(text))
        for events, humps, text in zip(found.events, found.humps, texts, strict=True)
    ]
    return Reading(evidence, standing)


def _in_one_passage(events: Sequence[Event], count: int) -> bool:
    """Whether all of `count` terms, each of which occurs, stand within `_WIDE_CHARS`."""
    latest: dict[int, int] = {}
    for start, term, end in events:
        latest[term] = start
        if len(latest) == count and end - min(latest.values()) <= _WIDE_CHARS:
            return True
    return False


def _rarity(count: int, whole: int) -> float:
    """BM25's inverse document frequency; never negative."""
    return log(1.0 + (max(whole - count, 0) + 0.5) / (count + 0.5))


def _passages(events: Sequence[Event], weights: Sequence[float]) -> tuple[float, float]:
    """BM25 of the best narrow and of the best wide passage."""
    if not events:
        return 0.0, 0.0
    wide = _densest(events, weights, _WIDE_CHARS)
    if events[-1][0] - events[0][0] < _NARROW_CHARS:
        return wide, wide
    return _densest(events, weights, _NARROW_CHARS), wide


def _densest(events: Sequence[Event], weights: Sequence[float], width: int) -> float:
    """BM25 of the best stretch of `width` characters; repeats of a word count ever less."""
    best = score = 0.0
    counts = [0] * len(weights)
    gains = _GAINS
    right, last = 0, len(events)
    for start, term, _ in events:
        limit = start + width
        while right < last:
            position, entering, _ = events[right]
            if position >= limit:
                break
            counts[entering] = count = counts[entering] + 1
            score += weights[entering] * gains[count]
            right += 1
        if score > best:  # noqa: PLR1730 - a call here costs a fifth of the loop
            best = score
        if right == last:  # what follows has fewer words
            break
        count = counts[term]
        score -= weights[term] * gains[count]
        counts[term] = count - 1
    return best


def saturated(count: int) -> float:
    """BM25's term frequency: what a word's occurrences count for together."""
    return count * (_SATURATION + 1.0) / (count + _SATURATION)


_GAINS: Final = (
    0.0,
    *(saturated(n) - saturated(n - 1) for n in range(1, OCCURRENCES_MAX + 1)),
)
"""What the n-th occurrence of a word adds to BM25's term frequency."""


def _neighbours(
    events: Sequence[Event], weights: Sequence[float], text: str, stop: frozenset[str]
) -> float:
    """Mean weight of each pair of neighbours in the question that are neighbours in the text.

    Neighbours in the question have lost the stop words between them ("go to the beach"), so the
    text may have some there too, as long as both words are in one line: a line is what one says.
    """
    pairs: dict[int, float] = {}
    for (_, left, end), (start, right, _) in pairwise(events):
        if right != left + 1 or pairs.get(left) == 1.0:
            continue
        if start - end <= -2 and text[start] < "\x80":
            continue  # two readings of one place; pairs of Thai share a letter with its marks
        if start - end <= _NEIGHBOUR_GAP_CHARS:
            pairs[left] = 1.0
        elif start - end <= _STEP_CHARS_MAX and _only(stop, text[end:start]):
            pairs[left] = _STEP_SHARE
    return sum(share * (weights[left] + weights[left + 1]) / 2.0 for left, share in pairs.items())


def _only(stop: frozenset[str], between: str) -> bool:
    """Whether nothing but stop words stands between two words of a line."""
    return "\n" not in between and stop.issuperset(_WORD.findall(between))
