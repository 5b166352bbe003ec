"""Lexical: how well a text answers in the question's own words, read in the text itself.

BM25 over whole memories does not see whether the words of the question stand together. Here every
text of the pool is read once with `str.find` (no tokenizing), and three figures come out: the best
narrow passage, the best wide passage (both BM25 over a sliding stretch of text), and the share of
the question's neighbouring words that are neighbours in the text too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log
from typing import Final, NamedTuple

from ai_memory.retrieval.question import names
from ai_memory.retrieval.words import bare, is_cjk, root, terms

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
    named = _named(probes, names(query))
    found: list[list[_Event]] = []
    buckets, spent = 0, 0
    in_buckets, in_texts = [0] * len(probes), [0] * len(probes)
    present: list[set[int]] = []
    for raw in texts:
        if spent > _POOL_CHARS_MAX:
            found.append([])
            present.append(set())
            continue
        text = bare(raw[:_TEXT_CHARS_MAX])
        spent += len(text)
        buckets += len(text) // _BUCKET_CHARS + 1
        events = _events(probes, named, text)
        found.append(events)
        for _, term in {(start // _BUCKET_CHARS, term) for start, term, _ in events}:
            in_buckets[term] += 1
        terms_here = {term for _, term, _ in events}
        present.append(terms_here)
        for term in terms_here:
            in_texts[term] += 1
    weights = [_rarity(n, buckets) for n in in_buckets]
    text_weights = [_rarity(n, len(texts)) for n in in_texts]
    narrow = [_densest(events, weights, _NARROW_CHARS) for events in found]
    wide = [_densest(events, weights, _WIDE_CHARS) for events in found]
    total, passage_total = sum(text_weights), sum(weights)
    best_narrow, best_wide = max(narrow) or 1.0, max(wide) or 1.0
    return [
        Evidence(
            a / best_narrow,
            b / best_wide,
            _neighbours(events, text_weights) / total,
            sum(text_weights[term] for term in here) / total,
            min(1.0, b / passage_total),
            len(here & named.keys()) / len(named) if named else 1.0,
            len(here) == len(probes) and _in_one_passage(events, len(probes)),
        )
        for events, here, a, b in zip(found, present, narrow, wide, strict=True)
    ]


def _in_one_passage(events: Sequence[_Event], count: int) -> bool:
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


def _probes(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word if is_cjk(word) else root(word) for word in words))


def _named(probes: Sequence[str], words: Sequence[str]) -> dict[int, set[str]]:
    """Term → how it is written, for those that are proper names."""
    found: dict[int, set[str]] = {}
    for word in words:
        probe = word if is_cjk(word) else root(word)
        if probe in probes:
            forms = found.setdefault(probes.index(probe), set())
            forms |= {word, f"{word}s", word.removesuffix("s")}
    return found


def _events(probes: Sequence[str], named: Mapping[int, set[str]], text: str) -> list[_Event]:
    """Where the terms occur, by position.

    A word counts if its root is the term's; a name has no root, or Tim would be found in any time.
    """
    events: list[_Event] = []
    find, end_of_word = text.find, _WORD_END.match
    for term, probe in enumerate(probes):
        foreign, forms = is_cjk(probe), named.get(term)
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
                word = text[start : match.end()]
                if word in forms if forms else word == probe or root(word) == probe:
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
