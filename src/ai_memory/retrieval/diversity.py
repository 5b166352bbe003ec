"""Diversity: the same thing said twice takes one place of the list, not two.

A near-duplicate is moved behind the others, not dropped: where there is room it comes back. Two
texts are near-duplicates if they share most words and most pairs of neighbouring words, and say the
same: "room 12" and "room 13" are different facts (`retrieval.fact`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar

from ai_memory import late

_SAME_FROM: Final = 0.8  # Jaccard, of the words and of the pairs
_LENGTH_RATIO_MAX: Final = 1.35
_CHARS_MAX: Final = 4_000
_WORDS_MIN: Final = 6  # fewer: compared by characters, as scripts without spaces are

_DIGITS: Final = late.pattern(r"\d+")

T = TypeVar("T")


class _Shape(NamedTuple):
    """What of a text is compared."""

    length: int
    text: str
    words: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    numbers: frozenset[str]


def distinct_first(hits: Sequence[T], text: Callable[[T], str], limit: int) -> list[T]:
    """At most `limit` hits: those that say something new in their order, then the others.

    Args:
        hits: Best first.
        text: What a hit says.
        limit: How many are wanted. No text behind the last of them is looked at.
    """
    if len(hits) < 2:
        return list(hits[:limit])
    kept: list[T] = []
    repeats: list[T] = []
    shapes: list[_Shape] = []
    for hit in hits:
        if len(kept) == limit:
            break
        shape = _shape(text(hit))
        if any(_same(shape, other) for other in shapes):
            repeats.append(hit)
        else:
            kept.append(hit)
            shapes.append(shape)
    return [*kept, *repeats][:limit]


def _shape(text: str) -> _Shape:
    cut = text[:_CHARS_MAX].lower()
    words = cut.split()
    if len(words) < _WORDS_MIN:
        words = list("".join(words))
    return _Shape(
        len(text),
        text,
        frozenset(words),
        frozenset(pairwise(words)),
        frozenset(_DIGITS.findall(cut)),
    )


def _same(one: _Shape, other: _Shape) -> bool:
    if max(one.length, other.length) > _LENGTH_RATIO_MAX * min(one.length, other.length):
        return False
    alike = (
        one.numbers == other.numbers
        and _jaccard(one.words, other.words) >= _SAME_FROM
        and _jaccard(one.pairs, other.pairs) >= _SAME_FROM
    )
    if not alike:
        return False
    from ai_memory.retrieval.fact import agree, facts_of  # seldom wanted

    return agree(facts_of("", one.text), facts_of("", other.text))


def _jaccard(one: frozenset[T], other: frozenset[T]) -> float:
    shared = len(one & other)
    whole = len(one) + len(other) - shared
    return shared / whole if whole else 1.0
