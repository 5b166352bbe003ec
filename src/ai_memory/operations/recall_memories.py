"""Recall: the memories that matter for what is asked, ranked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.memory import Memory
from ai_memory.model.query import Filter
from ai_memory.operations.meaning import nearest_votes
from ai_memory.operations.narrowing import narrowed
from ai_memory.operations.respelling import respell
from ai_memory.operations.serving import vectors_problem
from ai_memory.operations.spending import LEFT_OUT, Spent, estimated, spend
from ai_memory.operations.step import Context, Embed, Read, Rerank, Steps, Touch
from ai_memory.operations.succession import successors
from ai_memory.operations.view import MemoryView, answering
from ai_memory.ports import Reader
from ai_memory.retrieval.diversity import distinct_first
from ai_memory.retrieval.focus import focus
from ai_memory.retrieval.fusion import (
    VECTOR_SHARE,
    WORD_HITS,
    Candidate,
    Contributions,
    Ranked,
    pool,
    rank,
)
from ai_memory.retrieval.proximity import (
    Origin,
    lineage,
    nearness,
    origin,
    own_first,
    proximity,
)
from ai_memory.retrieval.question import FIRST_PERSON_SHARE, asked_for, first_person, names
from ai_memory.retrieval.relevance import MIN_RELEVANCE, is_confident, shown
from ai_memory.retrieval.supersession import asks_what_was, current_first

if TYPE_CHECKING:
    from ai_memory.operations.archive_hint import ArchiveHint
    from ai_memory.ports import Vector
    from ai_memory.retrieval.occurrence import Standing

_WHOLE: Final = (0, 2_000)  # what a reranker reads of a memory that only words found
_COMPARED: Final = 10  # of the best, whether one of them says otherwise what another says
_NEURAL_SHARE: Final = 0.5  # of a reranked score; unfitted: there are no weights to fit it with


class RecallMemories(Command, frozen=True, kw_only=True):
    """Find the memories that matter for a question or situation, best first.

    Ranks by words and, from the semantic level on, by meaning. Without a namespace it looks
    everywhere, what is of your own project first; `origin` says where a memory comes from. A
    namespace with `/` includes its ancestors, nearer ones first. Being recalled extends a memory's
    life. Of long content it shows the passages that matter; memory_get reads on. `confident` false
    means that nothing found is likely to answer: what is shown is merely the nearest.
    """

    at_home: ClassVar[bool] = True

    context: Annotated[str, Meta(min_length=1, description="The question or situation.")]
    namespace: field.OnlyNamespace | None = None
    limit: field.RecallLimit = limits.RECALL_LIMIT_DEFAULT
    tags: field.Tag | None = None
    since: field.Since | None = None
    until: field.Until | None = None
    as_agent: field.Position | None = None
    budget_tokens: field.BudgetTokens | None = None
    context_tokens: Annotated[
        tuple[str, ...],
        Meta(
            max_length=limits.CONTEXT_TOKENS_MAX,
            description="Recent turns of the conversation; they bias the ranking.",
        ),
    ] = ()
    min_relevance: (
        Annotated[
            float,
            Meta(
                ge=0,
                le=1,
                description="Leave out what is less likely to be about this; 0: leave nothing out. "
                "Without it, clear nonsense is left out.",
            ),
        ]
        | None
    ) = None
    recency: Annotated[bool, Meta(description="Let newer memories win among equals.")] = True
    explain: Annotated[
        bool, Meta(description="Say what each ranking contributed to each score.")
    ] = False
    content: field.ContentShown = "passages"


class RecalledView(MemoryView, kw_only=True):
    """A memory and how well it fits, between 0 and 1; `explanation` says what made the score.

    Attributes:
        relevance: How likely it is to be about what was asked, between 0 and 1.
        confident: Whether that is more likely than not.
        origin: Where it comes from, for a caller who has a project or asked for a namespace: from
            there (own), an ancestor of it, global, or elsewhere: another project.
        superseded_by: Ids of the memories that replace it, the newest first: links say so.
        may_supersede: Ids of older memories of which this one seems to say otherwise, now. A guess,
            from their words. `may_be_superseded_by`: the other way round, the newest first.
    """

    score: float
    relevance: float
    confident: bool
    origin: Origin | UnsetType = UNSET
    superseded_by: list[str] | UnsetType = UNSET
    may_supersede: list[str] | UnsetType = UNSET
    may_be_superseded_by: list[str] | UnsetType = UNSET
    explanation: dict[str, float] | UnsetType = UNSET


class CandidateCounts(msgspec.Struct, kw_only=True):
    """How many memories each search proposed."""

    fts: int
    hnsw: int


class RecallMeta(msgspec.Struct, kw_only=True):
    """How the answer came about.

    Attributes:
        degraded: Why only words were searched, where meaning should have been.
        respelled: Words of the question that no memory has → how the memories write what is meant.
        memories_dropped: How many of those found are left out, as they do not fit the budget.
        left_out: How to get them.
        budget_overflow: Not even the best fits: it is cut, or longer than the budget.
        archived_matches: Where little was found: how many of the memories that were archived or
            have expired last would have matched. `archived_hint`: which, and how to see them.
    """

    recall_mode: str
    degraded: str | UnsetType = UNSET
    respelled: dict[str, list[str]] | UnsetType = UNSET
    reranker_used: str
    candidate_counts: CandidateCounts
    blend_weight: float
    budget_tokens_used: int | UnsetType = UNSET
    budget_tokens_remaining: int | UnsetType = UNSET
    memories_dropped: int | UnsetType = UNSET
    left_out: str | UnsetType = UNSET
    archived_matches: int | UnsetType = UNSET
    archived_hint: str | UnsetType = UNSET
    budget_overflow: bool | UnsetType = UNSET


class RecallResult(msgspec.Struct, kw_only=True):
    """The memories, best first; `mode` is hybrid or keyword.

    Attributes:
        confident: Whether any of them is likely to be about what was asked. If not, they are the
            nearest there are: say that nothing sure is known rather than make an answer of them.
            That somebody is known, and what was asked of them is not, cannot always be told.
    """

    memories: list[RecalledView]
    count: int
    confident: bool
    mode: str
    tokens_used: int
    meta: RecallMeta
    budget_tokens: int | UnsetType = UNSET


class _Found(NamedTuple):
    """One memory of the answer.

    Attributes:
        windows: Characters of the content whose vectors are near, nearest first.
        neural: What the reranker added to the score; None if it was not asked.
        superseded_by: Ids of what replaces it. `outdated_by`: of what may.
        outdates: Ids of what it may replace.
        lift: What was added to the score, so that it stands above what it supersedes.
        home: Likewise, so that what is the caller's own stands above what is not.
        standing: Where the words of the question stand in its text; None where it is not known.
    """

    memory: Memory
    score: float
    relevance: float
    contributions: Contributions | None
    windows: tuple[tuple[int, int], ...]
    neural: float | None = None
    superseded_by: tuple[str, ...] = ()
    outdated_by: tuple[str, ...] = ()
    outdates: tuple[str, ...] = ()
    lift: float = 0.0
    home: float = 0.0
    standing: Standing | None = None


class _Ranking(NamedTuple):
    """What one snapshot yielded: all of the pool that is relevant, best first.

    Attributes:
        question: In the spelling of the memories.
        respelled: Its words that were written otherwise → how the memories write them.
        asked: The words that were looked for.
    """

    found: list[_Found]
    question: str
    respelled: Mapping[str, Sequence[str]]
    asked: list[str]
    word_hits: int
    vector_hits: int
    problem: str | None


def recall_memories(command: RecallMemories, context: Context) -> Steps[RecallResult]:
    """Run RecallMemories."""
    turns = " ".join(turn for turn in command.context_tokens if turn.strip())
    asking = focus(command.context)
    query: Vector | None = None
    blended: Vector | None = None
    if context.vector_index is not None:
        spoken = first_person(asking)
        texts = [text for text in (asking, spoken, turns) if text]
        matrix = yield Embed(texts, asked=True)
        if matrix is not None:
            from ai_memory.retrieval.context import blend_query

            query = matrix[0]
            if spoken:
                query = blend_query(matrix[0], matrix[1], query_share=1 - FIRST_PERSON_SHARE)
            if turns:
                blended = blend_query(query, matrix[-1])
    ranking: _Ranking = yield Read(
        lambda rows: _rank(rows, command, asking, context, query=query, blended=blended),
        brief=True,
    )
    found, reranked = ranking.found, False
    if context.reranker is not None and len(found) > 1:
        scores = yield Rerank(asking, [_passage(hit) for hit in found])
        if scores is not None:
            found, reranked = _reranked(found, scores), True
    home = _home(command, context)
    if home is not None:
        found = _own_first(found, home)
    found = _current_first(found, guess=command.recency and not asks_what_was(command.context))
    limit = min(command.limit, limits.RECALL_LIMIT_MAX)
    found = distinct_first(found, lambda hit: hit.memory.content, limit)
    asked = ranking.asked
    named = names(ranking.question)

    def show(hit: _Found, chars_max: int | None = None) -> RecalledView:
        return _recalled(hit, command.namespace or home, asked, named, command.content, chars_max)

    spent: Spent[_Found, RecalledView] = yield from spend(
        found, show, command.budget_tokens, context.room
    )
    found, views = spent.items, spent.views
    missed: ArchiveHint | None = None
    sure = [hit for hit in found if is_confident(hit.relevance)]
    if len(sure) <= min(limits.THIN_ANSWER_HITS, limit - 1):
        missed = yield Read(lambda rows: _missed(rows, command, asking, context))
    # What is merely the nearest lives no longer for having been shown.
    touched = found if command.min_relevance is not None else sure
    if touched:
        yield Touch(tuple(hit.memory.id for hit in touched))
    hybrid = query is not None and ranking.problem is None
    return RecallResult(
        memories=views,
        count=len(views),
        confident=bool(sure),
        mode="hybrid" if hybrid else "keyword",
        tokens_used=estimated(views) if spent.used is None else spent.used,
        budget_tokens=UNSET if command.budget_tokens is None else command.budget_tokens,
        meta=RecallMeta(
            recall_mode="hybrid" if hybrid else "keyword_only",
            degraded=ranking.problem or UNSET,
            respelled={word: list(way) for word, way in ranking.respelled.items()} or UNSET,
            reranker_used="neural" if reranked else "lexical" if found else "none",
            candidate_counts=CandidateCounts(fts=ranking.word_hits, hnsw=ranking.vector_hits),
            blend_weight=VECTOR_SHARE if hybrid else 0.0,
            budget_tokens_used=UNSET if spent.used is None else spent.used,
            budget_tokens_remaining=UNSET if spent.remaining is None else spent.remaining,
            memories_dropped=UNSET if spent.dropped is None else spent.dropped,
            left_out=LEFT_OUT if spent.dropped else UNSET,
            archived_matches=UNSET if missed is None else missed.matches,
            archived_hint=UNSET if missed is None else missed.hint,
            budget_overflow=UNSET if spent.overflow is None else spent.overflow,
        ),
    )


def _rank(
    rows: Reader,
    command: RecallMemories,
    question: str,
    context: Context,
    *,
    query: Vector | None,
    blended: Vector | None,
) -> _Ranking:
    """Ask each search for candidates, read the best of them, rank them."""
    home = _home(command, context)
    problem = vectors_problem(rows, context)
    if problem is None and query is None and context.vector_index is not None:
        problem = "the embedder does not answer"
    if problem is not None:
        query = blended = None
    where = _where(command, context)
    places: dict[int, list[tuple[int, int]]] = {}
    cosines: dict[int, list[float]] = {}
    contexts: dict[int, list[float]] = {}
    by_meaning: list[tuple[Filter, Collection[int], Collection[int]]] = []
    for place in _places(rows, where, home):
        near = nearest_votes(rows, context, query, place, places)
        about = nearest_votes(rows, context, blended, place, places)
        by_meaning.append((place, near, about))
        cosines, contexts = cosines | near, contexts | about
    terms, words, memories = _candidates(rows, question, by_meaning)
    respelled = respell(rows, question, where, memories.values())
    if respelled.words:
        question = respelled.question
        terms, words, memories = _candidates(rows, question, by_meaning)
    texts = {key: _text(memory) for key, memory in memories.items()}
    ranked = rank(
        question,
        [
            Candidate(
                key=key,
                text=texts[key],
                words=words.get(key, 0.0),
                cosines=cosines.get(key, ()),
                contexts=contexts.get(key, ()),
                priority=memory.priority,
                confidence=memory.confidence,
                created_at=memory.created_at,
                durable=memory.tier == "long",
                proximity=_nearness(command.namespace, home, memory.namespace),
            )
            for key, memory in memories.items()
        ],
        now=context.now,
        recency=command.recency,
        explain=command.explain,
    )
    relevant = _relevant(question, command.min_relevance, ranked, texts)
    visible = Filter(now=context.now, visible=where.visible)
    newer = successors(rows, [memories[hit.key].id for hit in relevant], visible)
    guessed = _guessed(rows, [memories[hit.key] for hit in relevant[:_COMPARED]], newer)
    outdates: dict[str, tuple[str, ...]] = {}
    for old, news in guessed.items():
        for new in news:
            outdates[new] = (*outdates.get(new, ()), old)
    return _Ranking(
        [
            _Found(
                memories[hit.key],
                hit.score,
                hit.relevance,
                hit.contributions,
                tuple(places.get(hit.key, ())),
                superseded_by=newer.get(memories[hit.key].id, ()),
                outdated_by=guessed.get(memories[hit.key].id, ()),
                outdates=outdates.get(memories[hit.key].id, ()),
                standing=hit.standing,
            )
            for hit in relevant
        ],
        question,
        respelled.words,
        terms,
        len(words),
        len(cosines),
        problem,
    )


def _candidates(
    rows: Reader,
    question: str,
    by_meaning: Sequence[tuple[Filter, Collection[int], Collection[int]]],
) -> tuple[list[str], dict[int, float], dict[int, Memory]]:
    """The words looked for, what they find, and the memories worth reading, in pool order.

    Args:
        rows: One snapshot.
        question: In the spelling of the memories.
        by_meaning: Where to look, and which memories are near there, nearest first.
    """
    terms = asked_for(question, limits.QUERY_TERMS_MAX)
    words: dict[int, float] = {}
    rankings: list[Iterable[int]] = []
    by_words = not any(near or about for _place, near, about in by_meaning)
    closer: Sequence[str] = ()
    for place, near, about in by_meaning:
        if rankings and by_words and len(words) < WORD_HITS:
            closer = place.namespaces or ()
            break  # another look would only find some of it again
        hits = rows.rank_words(terms, place, WORD_HITS)
        rankings += [hit.key for hit in hits], near, about
        words |= {hit.key: hit.score for hit in hits}
    chosen = pool(*rankings)
    found = rows.memories_by_key(chosen)
    if closer:  # the same order as if it had been
        chosen = pool(
            chosen, [key for key in chosen if key in found and found[key].namespace in closer]
        )
    return terms, words, {key: found[key] for key in chosen if key in found}


def _guessed(
    rows: Reader, memories: Sequence[Memory], known: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """For each memory that is short and perhaps outdated: by which others of them."""
    short = [one for one in memories if len(one.content) <= limits.CLAIM_CHARS_MAX]
    if len(short) < 2:
        return {}
    from ai_memory.operations.replacement import may_replace

    return may_replace(rows, short, known)


def _text(memory: Memory) -> str:
    """What of a memory may answer."""
    return "\n".join((memory.title, " ".join(memory.tags), memory.content))


def _relevant(
    question: str, least: float | None, ranked: list[Ranked], texts: Mapping[int, str]
) -> list[Ranked]:
    """Those of the pool that may be shown, in their order."""
    if least is not None:
        return [hit for hit in ranked if hit.relevance >= least]
    kept = shown(question, ranked, [texts[hit.key] for hit in ranked])
    return [hit for hit, keep in zip(ranked, kept, strict=True) if keep]


def _missed(
    rows: Reader, command: RecallMemories, question: str, context: Context
) -> ArchiveHint | None:
    """What a recall that found little would have found in the archive."""
    if not rows.anything_gone(context.now):
        return None
    from ai_memory.operations.archive_hint import recall_hint

    where = _where(command, context)
    floor = MIN_RELEVANCE if command.min_relevance is None else command.min_relevance
    return recall_hint(rows, question, where, floor)


def _where(command: RecallMemories, context: Context) -> Filter:
    """What the command may find: in its namespace and above it, or everywhere."""
    namespaces = None if command.namespace is None else lineage(command.namespace)
    return narrowed(command, context.now, namespaces)


def _own_first(found: list[_Found], home: str) -> list[_Found]:
    """What is the caller's own and about the question stands first, with a score that says so."""
    own = frozenset(lineage(home))
    ordered = own_first(
        found,
        lambda hit: hit.memory.namespace in own,
        lambda hit: hit.relevance,
        lambda hit: hit.score,
    )
    return _raised(ordered, lambda hit, score: hit._replace(score=score, home=score - hit.score))


def _current_first(found: list[_Found], *, guess: bool) -> list[_Found]:
    """What supersedes another of the pool stands above it, with a score that says so.

    Args:
        found: Best first.
        guess: Whether what only seems to supersede another does so, too.
    """
    newer = {
        hit.memory.id: successors
        for hit in found
        if (successors := hit.superseded_by or (hit.outdated_by if guess else ()))
    }
    ordered = current_first(found, lambda hit: hit.memory.id, newer)
    return _raised(ordered, lambda hit, score: hit._replace(score=score, lift=score - hit.score))


def _raised(ordered: list[_Found], to: Callable[[_Found, float], _Found]) -> list[_Found]:
    """No score is below the one behind it; `to` raises a hit, and notes what that took."""
    below = 0.0
    for at in reversed(range(len(ordered))):
        hit = ordered[at]
        if hit.score < below:
            ordered[at] = to(hit, below)
        below = ordered[at].score
    return ordered


def _passage(hit: _Found) -> str:
    start, end = hit.windows[0] if hit.windows else _WHOLE
    return f"{hit.memory.title}\n{hit.memory.content[start:end]}"


def _reranked(found: list[_Found], scores: list[float]) -> list[_Found]:
    """The pool in the order of both judges; what was said before keeps half the say."""
    both = [
        hit._replace(
            score=(1.0 - _NEURAL_SHARE) * hit.score + _NEURAL_SHARE * score,
            neural=_NEURAL_SHARE * score,
        )
        for hit, score in zip(found, scores, strict=True)
    ]
    return sorted(both, key=lambda hit: -hit.score)


def _home(command: RecallMemories, context: Context) -> str | None:
    """The project that comes first in a recall that names no namespace; None: there is none."""
    project = context.caller.project
    return None if command.namespace is not None or project == field.GLOBAL else project


def _places(rows: Reader, where: Filter, home: str | None) -> tuple[Filter, ...]:
    """Where to look: everywhere; and once more near the caller, whom a larger project could hide.

    Not where everything is near, or nothing.
    """
    if home is None:
        return (where,)
    near = (*lineage(home), field.GLOBAL)
    count = rows.count_memories(Filter(now=where.now, namespaces=near)).value
    if not count or count == rows.count_memories(Filter(now=where.now)).value:
        return (where,)
    return (where, msgspec.structs.replace(where, namespaces=near))


def _nearness(asked: str | None, home: str | None, found: str) -> float:
    if asked is not None:
        return proximity(asked, found)
    return 1.0 if home is None else nearness(home, found)


def _recalled(
    hit: _Found,
    home: str | None,
    asked: Sequence[str],
    named: Sequence[str],
    amount: field.ContentAmount,
    chars_max: int | None,
) -> RecalledView:
    parts = None if hit.contributions is None else _parts(hit.contributions, hit.neural)
    if parts is not None and hit.home:
        parts["own"] = hit.home
    if parts is not None and hit.lift:
        parts["current"] = hit.lift
    return RecalledView(
        **answering(
            hit.memory, asked, named, hit.windows, amount, chars_max, standing=hit.standing
        ),
        score=round(hit.score, 3),
        relevance=round(hit.relevance, 3),
        confident=is_confident(hit.relevance),
        origin=UNSET if home is None else origin(home, hit.memory.namespace),
        superseded_by=list(hit.superseded_by) or UNSET,
        may_supersede=list(hit.outdates) or UNSET,
        may_be_superseded_by=list(hit.outdated_by) or UNSET,
        explanation=(
            UNSET if parts is None else {name: round(value, 6) for name, value in parts.items()}
        ),
    )


def _parts(contributions: Contributions, neural: float | None) -> dict[str, float]:
    """What made the score; the parts sum up to it."""
    parts = contributions._asdict()
    if neural is None:
        return parts
    return {name: (1.0 - _NEURAL_SHARE) * value for name, value in parts.items()} | {
        "neural": neural
    }
