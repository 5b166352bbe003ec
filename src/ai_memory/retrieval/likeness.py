"""Likeness: how much two texts say in the same words; what stands in where there is no meaning.

Dice's coefficient over the significant words, cut to their roots: 1 for the same words in whatever
order, about 0.9 for ten words of which one differs. A paraphrase in other words is not seen.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from ai_memory.retrieval.compound import whole
from ai_memory.retrieval.stopword import significant
from ai_memory.retrieval.words import root, tokens


def vocabulary(text: str) -> frozenset[str]:
    """The distinct significant words of a text, as roots; numbers as they are."""
    return frozenset(root(whole(word)) for word in significant(tokens(text)))


def likeness(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    """How much two vocabularies share, between 0 and 1; texts without any word share nothing."""
    both = len(one) + len(other)
    return 2 * len(one & other) / both if both else 0.0
