"""Fusion: from the rankings of the store to one ranking of memories.

Keyword rank, passage evidence and cosine are brought to [0, 1] each and added with fixed weights.
BM25 counts as a share of the best in the pool, because its scale means nothing; a cosine counts
as it is, because it means the same for every question: where all cosines are alike (a script the
model does not know), they shift every score alike and the words decide.

A share of the best says which text has most of the question's words, not whether that is much. So
beside vectors it counts as far as any text has the words (`coverage`): of a question in other words
than the answer, the one word that both have by chance decides little (docs/adr/0036).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ai_memory import limits
from ai_memory.model.clock import SECOND, Micros
from ai_memory.retrieval.lexical import Evidence, reading
from ai_memory.retrieval.moment import day_of, nearness, spans
from ai_memory.retrieval.occurrence import Standing
from ai_memory.retrieval.relevance import relevance
from ai_memory.retrieval.tongue import is_another, tongue_of

_MICROS_PER_DAY: Final = 86_400 * SECOND

POOL_DEPTH: Final = 50
"""How many memories are read and ranked."""

WORD_HITS: Final = 50
"""How many keyword candidates to ask the store for."""

WINDOW_HITS: Final = 64
"""How many windows to ask the vector index for: enough where a memory has one or two."""

WINDOW_HITS_MAX: Final = 200
"""How many, where the first belong to fewer memories than the pool holds."""

# The whole recipe, with what each is worth: docs/quality.md. The figures are the logits of a choice
# among the pool; only their proportions count, and a plateau is wide around them (docs/adr/0036).
_WORDS: Final = 3.5
_PASSAGE: Final = 2.5
_PHRASE: Final = 5.0
_COSINE: Final = 10.0
_MOMENT: Final = 6.0
_READ: Final = ("latin", "")
"""Scripts that a small model's vectors know enough of to be weighed against words."""
_TEXT: Final = _WORDS + _PASSAGE + _PHRASE
VECTOR_SHARE: Final = round(_COSINE / (_TEXT + _COSINE), 3)
"""How much of a score the vectors decide, where there are any and no date is asked for."""

_CONTEXT_SHARE: Final = 0.5  # of the cosine's weight, where a context is given

# A prior lowers a score by these shares at most: enough to order equals, never to bury a match.
_PRIORITY_SHARE: Final = 0.02
_CONFIDENCE_SHARE: Final = 0.01
_RECENCY_SHARE: Final = 0.02
_RECENCY_HALF_LIFE_DAYS: Final = 30.0


class Candidate(NamedTuple):
    """What ranking needs to know of a memory in the pool.

    Attributes:
        key: Row key.
        text: Title, tags and content, one after the other.
        words: BM25 of the keyword ranking (greater is better); 0 if it did not find the memory.
        cosines: Of its windows among the nearest to the query, best first; empty if none was.
        contexts: The same for the query blended with the recent conversation.
        created_at: When the memory was made.
        durable: Tier long: exempt from recency.
        priority: 1 to 10.
        confidence: 0 to 1.
        proximity: Of its namespace, 0 to 1 (`proximity.proximity`).
    """

    key: int
    text: str
    words: float = 0.0
    cosines: Sequence[float] = ()
    contexts: Sequence[float] = ()
    created_at: Micros = 0
    durable: bool = False
    priority: int = 5
    confidence: float = 1.0
    proximity: float = 1.0


class Contributions(NamedTuple):
    """What each ranking added to a hit's score; they sum up to it.

    `prior` is what priority, confidence, recency and proximity took away; never positive.
    """

    words: float
    passage: float
    phrase: float
    vector: float
    context: float
    moment: float
    prior: float


class Ranked(NamedTuple):
    """A hit. Equal scores stay in pool order.

    Attributes:
        score: How well it fits, beside the others of the pool.
        relevance: How likely it is to be about what was asked, whatever else there is.
        standing: Where the words of the question stand in its text; None where it is not known.
        named: The share of the question's names found in it; 1 if it has none.
        shares_words: Whether it has a word of the question.
        cosine: Of its best window; None if the vectors did not find it.
    """

    key: int
    score: float
    relevance: float
    contributions: Contributions | None
    standing: Standing | None = None
    named: float = 1.0
    shares_words: bool = True
    cosine: float | None = None


def votes(hits: Iterable[tuple[int, float]]) -> dict[int, list[float]]:
    """Group window hits by memory.

    Args:
        hits: (memory key, cosine) per window, best first.

    Returns:
        Memory key → its cosines, best first; memories in order of their best window.
    """
    grouped: dict[int, list[float]] = {}
    for key, cosine in hits:
        grouped.setdefault(key, []).append(cosine)
    return grouped


def pool(*rankings: Iterable[int], depth: int = POOL_DEPTH) -> list[int]:
    """The memories worth reading: the best of each ranking in turn, without repeats.

    Args:
        rankings: Memory keys, best first, the most trusted ranking first.
        depth: At most so many.
    """
    chosen: dict[int, None] = {}
    waiting = [iter(ranking) for ranking in rankings]
    while waiting and len(chosen) < depth:
        for ranking in list(waiting):
            key = next((key for key in ranking if key not in chosen), None)
            if key is None:
                waiting.remove(ranking)
            elif len(chosen) < depth:
                chosen[key] = None
    return list(chosen)


def rank(
    query: str,
    candidates: Sequence[Candidate],
    *,
    now: Micros | None = None,
    recency: bool = True,
    explain: bool = False,
) -> list[Ranked]:
    """Order the pool.

    Args:
        query: As the user typed it.
        candidates: In pool order, at most `POOL_DEPTH`.
        now: The instant of the question, for recency and for "yesterday"; None: neither counts.
        recency: Whether newer memories win among equals.
        explain: Say what each ranking contributed.

    Returns:
        Every candidate, best first, with a score in [0, 1].
    """
    evidence, standing = reading(query, [candidate.text for candidate in candidates])
    asked = spans(query, now)
    best_words = max((candidate.words for candidate in candidates), default=0.0) or 1.0
    cosine_floor = _lowest(candidate.cosines for candidate in candidates)
    context_floor = _lowest(candidate.contexts for candidate in candidates)
    semantic = any(candidate.cosines for candidate in candidates)
    contextual = any(candidate.contexts for candidate in candidates)
    context_weight = _COSINE * _CONTEXT_SHARE if contextual else 0.0
    cosine_weight = _COSINE - context_weight if semantic else 0.0
    moment_weight = _MOMENT if asked else 0.0
    tongue = tongue_of(query)
    trust = 1.0
    if (semantic or contextual) and tongue.script in _READ:
        trust = _trust(evidence)
    whole = _TEXT + cosine_weight + context_weight + moment_weight
    ranked = []
    for candidate, found, places in zip(candidates, evidence, standing, strict=True):
        near = nearness(asked, day_of(candidate.created_at)) if asked else 0.0
        # What is in another language has few of the question's words, and only they speak for it.
        abroad = trust < 1.0 and candidate.words and is_another(tongue, tongue_of(candidate.text))
        words = 1.0 if abroad else trust
        parts = (
            words * _WORDS * candidate.words / best_words / whole,
            words * _PASSAGE * found.narrow / whole,
            _PHRASE * found.phrase / whole,
            cosine_weight * _nearest(candidate.cosines, cosine_floor) / whole,
            context_weight * _nearest(candidate.contexts, context_floor) / whole,
            moment_weight * near / whole,
        )
        merit = min(1.0, sum(parts))
        score = merit * _prior(candidate, now if recency else None)
        contributions = Contributions(*parts, score - merit) if explain else None
        cosine = max((*candidate.cosines[:1], *candidate.contexts[:1]), default=None)
        fits = relevance(found, cosine or 0.0, near)
        shares = found.coverage > 0.0 or candidate.words > 0.0
        ranked.append(
            Ranked(candidate.key, score, fits, contributions, places, found.named, shares, cosine)
        )
    ranked.sort(key=lambda hit: -hit.score)
    return ranked


def _trust(evidence: Iterable[Evidence]) -> float:
    """How much of what the question says is in any of the texts, in its words."""
    return max((found.coverage for found in evidence), default=0.0)


def _nearest(cosines: Sequence[float], floor: float) -> float:
    """A memory's cosine: that of its best window.

    A memory that the index did not return is taken to be as far as the farthest it did.
    """
    return max(0.0, cosines[0]) if cosines else floor


def _lowest(rankings: Iterable[Sequence[float]]) -> float:
    return max(0.0, min((cosines[-1] for cosines in rankings if cosines), default=0.0))


def _prior(candidate: Candidate, now: Micros | None) -> float:
    """A factor of at most 1 from what is known before any question is asked."""
    freshness = 1.0
    if now is not None and not candidate.durable:
        age_days = max(0, now - candidate.created_at) / _MICROS_PER_DAY
        freshness = 0.5 ** (age_days / _RECENCY_HALF_LIFE_DAYS)
    return candidate.proximity * (
        1.0
        - _PRIORITY_SHARE * (limits.PRIORITY_MAX - candidate.priority) / limits.PRIORITY_MAX
        - _CONFIDENCE_SHARE * (1.0 - candidate.confidence)
        - _RECENCY_SHARE * (1.0 - freshness)
    )
