"""Lexical: how well a text answers in the question's own words, read in the text itself.

BM25 over whole memories does not see whether the words of the question stand together. Here every
text of the pool is read once with `str.find` (no tokenizing), and three figures come out: the best
narrow passage, the best wide passage (both BM25 over a sliding stretch of text), and the share of
the question's neighbouring words that are neighbours in the text too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from math import log
from typing import Final, NamedTuple

from ai_memory.retrieval.words import is_cjk, plain, root, terms

_NARROW_CHARS: Final = 170  # about 32 English words
_WIDE_CHARS: Final = 510
_BUCKET_CHARS: Final = 85  # the unit in which a word's frequency over the pool is counted
_SATURATION: Final = 1.2  # BM25's k1
_NEIGHBOUR_GAP_CHARS: Final = 3
_TERMS_MAX: Final = 24
_TEXT_CHARS_MAX: Final = 65_536
_POOL_CHARS_MAX: Final = 400_000  # some 4 ms
_OCCURRENCES_MAX: Final = 64  # of one word in one text

_WORD_END: Final = re.compile(r"[^\W_]*")


class Evidence(NamedTuple):
    """What the words of a question found in one text; 0 to 1 each.

    Attributes:
        narrow: The best passage of `_NARROW_CHARS`, as a share of the best in the pool.
        wide: The same for `_WIDE_CHARS`.
        phrase: Weight of the neighbouring words found as neighbours, as a share of all words'.
    """

    narrow: float
    wide: float
    phrase: float


NOTHING: Final = Evidence(0.0, 0.0, 0.0)

_Event = tuple[int, int, int]  # start, term, end; characters


def read(query: str, texts: Sequence[str]) -> list[Evidence]:
    """Read the pool's texts for the words of the query.

    Args:
        query: As the user typed it.
        texts: The most promising first: beyond `_POOL_CHARS_MAX` characters in all, the rest is
            not read.

    Returns:
        One Evidence per text. Word weights come from the pool, so figures of two calls do not
        compare.
    """
    words = terms(query, _TERMS_MAX)
    if not words or not texts:
        return [NOTHING] * len(texts)
    probes = _probes(words)
    found: list[list[_Event]] = []
    buckets, spent = 0, 0
    in_buckets, in_texts = [0] * len(probes), [0] * len(probes)
    for raw in texts:
        if spent > _POOL_CHARS_MAX:
            found.append([])
            continue
        text = plain(raw[:_TEXT_CHARS_MAX])
        spent += len(text)
        buckets += len(text) // _BUCKET_CHARS + 1
        events = _events(probes, text)
        found.append(events)
        for _, term in {(start // _BUCKET_CHARS, term) for start, term, _ in events}:
            in_buckets[term] += 1
        for term in {term for _, term, _ in events}:
            in_texts[term] += 1
    weights = [_rarity(n, buckets) for n in in_buckets]
    text_weights = [_rarity(n, len(texts)) for n in in_texts]
    narrow = [_densest(events, weights, _NARROW_CHARS) for events in found]
    wide = [_densest(events, weights, _WIDE_CHARS) for events in found]
    total = sum(text_weights)
    best_narrow, best_wide = max(narrow) or 1.0, max(wide) or 1.0
    return [
        Evidence(a / best_narrow, b / best_wide, _neighbours(events, text_weights) / total)
        for events, a, b in zip(found, narrow, wide, strict=True)
    ]


def _rarity(count: int, whole: int) -> float:
    """BM25's inverse document frequency; never negative."""
    return log(1.0 + (max(whole - count, 0) + 0.5) / (count + 0.5))


def _probes(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word if is_cjk(word) else root(word) for word in words))


def _events(probes: Sequence[str], text: str) -> list[_Event]:
    """Where the terms occur, by position. A word counts if its root is the term's."""
    events: list[_Event] = []
    find, end_of_word = text.find, _WORD_END.match
    for term, probe in enumerate(probes):
        foreign = is_cjk(probe)
        count = 0
        start = find(probe)
        while start >= 0 and count < _OCCURRENCES_MAX:
            end = start + len(probe)
            if foreign:
                events.append((start, term, end))
                count += 1
            elif start == 0 or not text[start - 1].isalnum():
                match = end_of_word(text, end)
                assert match is not None  # The pattern matches the empty string.
                if match.end() == end or root(text[start : match.end()]) == probe:
                    end = match.end()
                    events.append((start, term, end))
                    count += 1
            start = find(probe, end)
    events.sort()
    return events


def _densest(events: Sequence[_Event], weights: Sequence[float], width: int) -> float:
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
        count = counts[term]
        score -= weights[term] * gains[count]
        counts[term] = count - 1
    return best


def _saturated(count: int) -> float:
    return count * (_SATURATION + 1.0) / (count + _SATURATION)


_GAINS: Final = (
    0.0,
    *(_saturated(n) - _saturated(n - 1) for n in range(1, _OCCURRENCES_MAX + 1)),
)
"""What the n-th occurrence of a word adds to BM25's term frequency."""


def _neighbours(events: Sequence[_Event], weights: Sequence[float]) -> float:
    """Mean weight of each pair of neighbours in the question that are neighbours in the text."""
    pairs = set()
    for (_, left, end), (start, right, _) in pairwise(events):
        if right == left + 1 and -2 < start - end <= _NEIGHBOUR_GAP_CHARS:
            pairs.add(left)
    return sum((weights[left] + weights[left + 1]) / 2.0 for left in pairs)
