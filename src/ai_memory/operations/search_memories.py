"""Exact keyword search: every word must be there. Ranked recall is another operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.query import Filter
from ai_memory.operations.cursor import decode_cursor, encode_cursor
from ai_memory.operations.narrowing import exactly, narrowed
from ai_memory.operations.room import first_that_fit
from ai_memory.operations.step import Context
from ai_memory.operations.total import total_of
from ai_memory.operations.view import MemoryView, answering, is_whole
from ai_memory.ports import Reader
from ai_memory.retrieval.expression import and_expression, words_of

if TYPE_CHECKING:
    from ai_memory.operations.archive_hint import ArchiveHint


class SearchMemories(Command, frozen=True, kw_only=True):
    """Find memories that contain all words of the query.

    "Quoted phrases", prefix* and -excluded words work, as do title:word, content:word, tags:word.
    """

    query: field.Query
    namespace: field.OnlyNamespace | None = None
    tier: field.OnlyTier | None = None
    tags: field.Tag | None = None
    agent_id: field.OnlyAgent | None = None
    as_agent: field.Position | None = None
    min_priority: field.MinPriority | None = None
    since: field.Since | None = None
    until: field.Until | None = None
    limit: field.ListLimit = limits.LIST_LIMIT_DEFAULT
    offset: field.Offset = 0
    cursor: field.Cursor | None = None
    content: field.ContentShown = "passages"


class SearchResult(msgspec.Struct, kw_only=True):
    """One page of matches, best first; `total` counts all of them, up to 10,000.

    There are more if `total_is_exact` is false.

    Attributes:
        archived_matches: Where little was found: how many of the memories that were archived or
            have expired last would have matched. `archived_hint`: which, and how to see them.
    """

    results: list[MemoryView]
    count: int
    query: str
    total: int
    total_is_exact: bool
    next_cursor: str | UnsetType = UNSET
    archived_matches: int | UnsetType = UNSET
    archived_hint: str | UnsetType = UNSET


def search_memories(command: SearchMemories, rows: Reader, context: Context) -> SearchResult:
    """Run SearchMemories.

    Raises:
        ValidationFailed: The cursor is not ours.
    """
    where = narrowed(command, context.now, exactly(command.namespace))
    offset = command.offset if command.cursor is None else decode_cursor(command.cursor, int)
    offset = max(0, offset)
    limit = min(command.limit, limits.LIST_LIMIT_MAX)
    expression = and_expression(command.query)
    if expression is None:
        return SearchResult(results=[], count=0, query=command.query, total=0, total_is_exact=True)
    found = rows.match_words(expression, where, offset=offset, limit=limit + 1)
    total = total_of(
        len(found), offset=offset, limit=limit, count=lambda: rows.count_words(expression, where)
    )
    hits = found[:limit]
    memories = rows.memories_by_key([hit.key for hit in hits])
    long = any(not is_whole(one.content, command.content) for one in memories.values())
    asked = words_of(command.query) if long else ()
    page = [
        MemoryView(**answering(memories[hit.key], asked, amount=command.content)) for hit in hits
    ]
    results = first_that_fit(context.room, page)
    behind = offset + len(results)
    missed = _missed(rows, command.query, where) if total.value <= limits.THIN_ANSWER_HITS else None
    return SearchResult(
        results=results,
        count=len(results),
        query=command.query,
        total=total.value,
        total_is_exact=total.is_exact,
        next_cursor=encode_cursor(behind) if results and len(found) > len(results) else UNSET,
        archived_matches=UNSET if missed is None else missed.matches,
        archived_hint=UNSET if missed is None else missed.hint,
    )


def _missed(rows: Reader, query: str, where: Filter) -> ArchiveHint | None:
    """What a search that found little would have found in the archive."""
    if not rows.anything_gone(where.now):
        return None
    from ai_memory.operations.archive_hint import search_hint

    return search_hint(rows, query, where)
