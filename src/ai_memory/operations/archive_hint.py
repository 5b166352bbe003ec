"""What is not found any more, and could be: archived and expired memories that would have matched.

A hint: a bounded look at what left last, taken where the answer is thin. Nobody waits for it else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from ai_memory import limits
from ai_memory.model.memory import CONSOLIDATED, CONSOLIDATION_UNDONE, Memory, payload_of
from ai_memory.model.query import ArchiveFilter, Filter
from ai_memory.operations.apply import words_of
from ai_memory.ports import Reader
from ai_memory.retrieval.expression import and_expression, any_word
from ai_memory.retrieval.fusion import Candidate, rank
from ai_memory.retrieval.question import asked_for

_LOOKED_AT: Final = 200  # memories, the last that left
_CHARS_MAX: Final = 200_000  # of their texts together
_RANKED: Final = 32  # of those with any word of the question, best first
_NAMED: Final = 3
_EVER: Final = -(2**62)  # nothing has expired yet
_LIVE_ON: Final = frozenset(
    (CONSOLIDATED, CONSOLIDATION_UNDONE)
)  # what these say is said by another memory


class ArchiveHint(NamedTuple):
    """How many memories that left would have matched, and how to see them."""

    matches: int
    hint: str


def recall_hint(rows: Reader, question: str, where: Filter, floor: float) -> ArchiveHint | None:
    """What a recall would have found too, by its words; None: nothing.

    Args:
        rows: One snapshot.
        question: As it was asked.
        where: What the recall looked through; its `now` says what has expired.
        floor: The least relevance that counts.
    """

    def relevant(found: Sequence[Memory]) -> list[Memory]:
        candidates = [
            Candidate(key=at, text="\n".join((one.title, " ".join(one.tags), one.content)))
            for at, one in enumerate(found[:_RANKED])
        ]
        ranked = rank(question, candidates, now=where.now, recency=False)
        return [found[hit.key] for hit in ranked if hit.relevance >= floor]

    words = asked_for(question, limits.QUERY_TERMS_MAX)
    return _hint(rows, where, any_word(words) if words else None, relevant)


def search_hint(rows: Reader, query: str, where: Filter) -> ArchiveHint | None:
    """What a search would have found too; None: nothing."""
    return _hint(rows, where, and_expression(query), list)


def _hint(
    rows: Reader,
    where: Filter,
    expression: str | None,
    choose: Callable[[Sequence[Memory]], list[Memory]],
) -> ArchiveHint | None:
    gone = [] if expression is None else _gone(rows, where)
    if expression is None or not gone:
        return None
    texts = [words_of(payload_of(memory)) for memory in gone]
    found = choose([gone[at] for at in rows.matching_texts(expression, texts)])
    if not found:
        return None
    ids = ", ".join(memory.id for memory in found[:_NAMED])
    more = " …" if len(found) > _NAMED else ""
    matching = "memory matches" if len(found) == 1 else "memories match"
    return ArchiveHint(
        len(found),
        f"{len(found)} archived or expired {matching} too: {ids}{more}. The archive lists them; "
        "restore brings one back.",
    )


def _gone(rows: Reader, where: Filter) -> list[Memory]:
    """What left last, or has expired and is about to, within the filter and the bounds."""
    ever = msgspec.structs.replace(where, now=_EVER)
    inside = where.namespaces[0] if where.namespaces and len(where.namespaces) == 1 else None
    left = rows.list_archived(
        ArchiveFilter(namespace=inside), after=None, offset=0, limit=_LOOKED_AT
    )
    due = rows.memories(rows.expired(where.now, _LOOKED_AT))
    found: list[Memory] = []
    chars = 0
    for memory in (*due, *(one.memory for one in left if one.reason not in _LIVE_ON)):
        if not ever.matches(memory):
            continue
        chars += len(memory.content)
        if chars > _CHARS_MAX:
            break
        found.append(memory)
    return found
