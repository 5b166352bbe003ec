"""What is not found any more, and could be: archived and expired memories that would have matched.

A hint: a bounded look at what left last, taken where the answer is thin. Nobody waits for it else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from ai_memory import limits
from ai_memory.model.memory import (
    CONSOLIDATED,
    CONSOLIDATION_UNDONE,
    Archived,
    Memory,
    payload_of,
)
from ai_memory.model.query import Filter
from ai_memory.operations.apply import words_of
from ai_memory.ports import IndexedWords, Reader
from ai_memory.retrieval.expression import and_expression, any_word
from ai_memory.retrieval.fusion import Candidate, rank
from ai_memory.retrieval.question import asked_for

_LOOKED_AT: Final = 200  # memories, the last that left
_CHARS_MAX: Final = 200_000  # of the texts of either kind
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
    if expression is None:
        return None
    ever = msgspec.structs.replace(where, now=_EVER)
    inside = where.namespaces[0] if where.namespaces and len(where.namespaces) == 1 else None
    due = _first(rows.memories(rows.expired(where.now, _LOOKED_AT)))
    texts = [_words(memory) for memory in due]
    matching = [due[at] for at in rows.matching_texts(expression, texts)] if due else []
    matching += rows.archived_matching(expression, inside, _LOOKED_AT, _left, _words)
    found = choose([memory for memory in matching if ever.matches(memory)])
    if not found:
        return None
    ids = ", ".join(memory.id for memory in found[:_NAMED])
    more = " …" if len(found) > _NAMED else ""
    say = "memory matches" if len(found) == 1 else "memories match"
    return ArchiveHint(
        len(found),
        f"{len(found)} archived or expired {say} too: {ids}{more}. The archive lists them; "
        "restore brings one back.",
    )


def _left(archived: Sequence[Archived]) -> list[Memory]:
    """Those that left, and whose words no other memory says."""
    return _first(one.memory for one in archived if one.reason not in _LIVE_ON)


def _first(memories: Iterable[Memory]) -> list[Memory]:
    """As many as the bound of characters allows."""
    found: list[Memory] = []
    chars = 0
    for memory in memories:
        chars += len(memory.content)
        if chars > _CHARS_MAX:
            break
        found.append(memory)
    return found


def _words(memory: Memory) -> IndexedWords:
    return words_of(payload_of(memory))
