"""Relevance: does this memory answer the question at all?

A score says which memory of the pool is best; there is always a best one. Relevance is absolute: it
asks how much of what was asked is there at all, and so it may say that nothing is.
"""

from __future__ import annotations

from math import exp
from typing import Final, NamedTuple

from ai_memory.retrieval.lexical import Evidence

MIN_RELEVANCE: Final = 0.3
"""Hits below are left out, unless the caller names another floor (docs/adr/0010)."""


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
