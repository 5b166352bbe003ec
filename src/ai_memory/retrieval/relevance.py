"""Relevance: does this memory answer the question at all?

A score says which memory of the pool is best; there is always a best one. Relevance is absolute: it
asks how much of what was asked is there at all. What is unlikely to be about the question is shown
and said to be so (`is_confident`); nothing is kept back but what is clearly nothing (`shown`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Final, NamedTuple, Protocol

from ai_memory.retrieval.lexical import Evidence
from ai_memory.retrieval.tongue import is_foreign, is_gibberish, is_same, tongue_of

CONFIDENT: Final = 0.5
"""From this relevance on a memory is likely to be about what was asked (docs/adr/0035)."""

MIN_RELEVANCE: Final = 0.3
"""Below, nothing speaks for a memory if the question names somebody whom no memory names."""

_UNLIKE: Final = 0.2
"""Cosine below which two English texts have nothing in common, if they share no word either."""


class _Weights(NamedTuple):
    """Logits. Fitted on dialogues 0-2 of the LoCoMo dev file against the same questions asked of
    another dialogue, except `named`: there, a fit would give names nearly all the say (they are
    never the same), and a question without a name none, so it is held at 3.
    """  # noqa: D205

    bias: float
    coverage: float
    together: float
    phrase: float
    cosine: float
    named: float = 3.0
    moment: float = 1.0


_BY_WORDS: Final = _Weights(bias=-4.0, coverage=2.7, together=3.3, phrase=1.0, cosine=0.0)
_BY_BOTH: Final = _Weights(bias=-4.85, coverage=1.9, together=3.0, phrase=1.0, cosine=3.1)


def relevance(found: Evidence, cosine: float, moment: float = 0.0) -> float:
    """How likely a memory is to be about what was asked.

    Args:
        found: What the words of the question found in its text.
        cosine: Of its best window; 0 without vectors.
        moment: How near it is to the days asked for; 0 if none were.

    Returns:
        0 to 1; 1 where every significant word of the question stands in one passage. Vectors may
        raise what the words say, never lower it: hybrid recall finds all that keyword recall does.
    """
    if found.exact:
        return 1.0
    _narrow, _wide, phrase, coverage, together, share, _exact = found
    facts = coverage, together, phrase, cosine, _named(share), moment
    logit = max(_logit(_BY_WORDS, facts), _logit(_BY_BOTH, facts))
    return 1.0 / (1.0 + exp(-logit))


def _logit(weights: _Weights, facts: tuple[float, float, float, float, float, float]) -> float:
    """The sum of the facts, each times its weight; both in the order of `_Weights`."""
    bias, by_coverage, by_together, by_phrase, by_cosine, by_named, by_moment = weights
    coverage, together, phrase, cosine, named, moment = facts
    return (
        bias
        + by_coverage * coverage
        + by_together * together
        + by_phrase * phrase
        + by_cosine * cosine
        + by_named * named
        + by_moment * moment
    )


def _named(share: float) -> float:
    """How much the names say: one is half of it, for a title quoted has four.

    Args:
        share: Of the question's names that were found.
    """
    return (1.0 + share) / 2.0 if share else 0.0


class Hit(Protocol):
    """What is known of a memory of the pool."""

    @property
    def relevance(self) -> float:
        """See `relevance`."""

    @property
    def named(self) -> float:
        """The share of the question's names found; 1 if it has none."""

    @property
    def shares_words(self) -> bool:
        """Whether it has a word of the question."""

    @property
    def cosine(self) -> float | None:
        """Of its best window; None if the vectors did not find it."""


def is_confident(relevance: float) -> bool:
    """Whether a memory is more likely than not to be about what was asked."""
    return relevance >= CONFIDENT


def shown(question: str, hits: Sequence[Hit], texts: Sequence[str]) -> list[bool]:
    """Which of the pool are shown, if the caller names no least relevance: all but clear nonsense.

    Kept back is what little speaks for if the question names somebody whom nothing in the pool
    names, and what shares neither words nor meaning with it. Neither is said of a text in another
    language than the question: it would share no words anyway.

    Args:
        question: As the user typed it.
        hits: The whole pool.
        texts: Of each hit, as it was read.
    """
    if is_gibberish(question) and not any(map(_is_near, hits)):
        return [False] * len(hits)
    asked = tongue_of(question)
    stranger = not any(hit.named for hit in hits)
    kept = []
    for hit, text in zip(hits, texts, strict=True):
        if stranger and hit.relevance < MIN_RELEVANCE:
            kept.append(is_foreign(asked, tongue_of(text)))
        else:
            kept.append(_is_near(hit) or not is_same(asked, tongue_of(text)))
    return kept


def _is_near(hit: Hit) -> bool:
    """Whether it has anything in common with the question."""
    return hit.shares_words or hit.cosine is None or hit.cosine >= _UNLIKE
