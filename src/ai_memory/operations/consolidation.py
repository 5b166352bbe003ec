"""Consolidation: several memories become one, and one becomes the several again.

The new memory is `derived_from` its sources by links; the sources go into the archive, nothing is
deleted. Undoing takes back exactly those sources that this consolidation archived.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Literal, NamedTuple

import msgspec

from ai_memory import limits
from ai_memory.errors import (
    Conflict,
    LanguageModelAnswerInvalid,
    LanguageModelUnavailable,
    NotFound,
    ValidationFailed,
)
from ai_memory.model.change import Change, LinkPut, MemoryDeleted, MemoryPut
from ai_memory.model.field import check_metadata
from ai_memory.model.memory import (
    CONSOLIDATED,
    CONSOLIDATION_UNDONE,
    SCOPES,
    Memory,
    Payload,
    Tier,
    payload_of,
)
from ai_memory.operations.embedding import embed_texts
from ai_memory.operations.find import find_archived
from ai_memory.operations.step import Compute, Context, Outcome, Steps, Windows, Write
from ai_memory.operations.summarizing import left_out, summarize
from ai_memory.operations.title import live_holder, numbered_title, title_taken
from ai_memory.operations.waking import woken
from ai_memory.ports import Lookups, Transaction, WindowVector
from ai_memory.retrieval.condensing import condensed
from ai_memory.retrieval.fact import facts_of, telling_marks

REASON: Final = CONSOLIDATED
UNDONE: Final = CONSOLIDATION_UNDONE
_TITLE_CHARS: Final = 120
_LACKING_MAX: Final = 20  # named
_NOT_INHERITED: Final = (
    "agent_id", "scope", "derived_from", "auto_tags", "confirmed_contradictions", "kind", "aliases",
)  # fmt: skip


class Summary(NamedTuple):
    """What the new memory says.

    Attributes:
        by: Who wrote it: the caller, a language model, or nobody (the sources' own words).
        problem: Why the model did not.
        kept: So many sentences the model had left out, and they follow its words as they were.
        lacking: Numbers and names of the sources that the caller's words lack.
    """

    text: str
    by: Literal["caller", "model", "extract"]
    problem: str | None = None
    kept: int = 0
    lacking: tuple[str, ...] = ()


class Restored(NamedTuple):
    """What an undoing brought back, and the sources it could not: live again already, or gone."""

    memories: list[Memory]
    missing: list[str]


def summary_of(sources: Sequence[Memory], given: str | None) -> Steps[Summary]:
    """What the caller says, else the language model, else the sources themselves.

    Raises:
        ValidationFailed: The sources are too much for one memory.
    """
    if given is not None:
        lacking: tuple[str, ...] = yield Compute(lambda: _lacking(sources, given))
        return Summary(given, "caller", lacking=lacking)
    problem = None
    try:
        text = yield from summarize(sources)
        if text is not None:
            left: list[str] = yield Compute(partial(left_out, sources, text))
            whole = "\n".join([text, *left])
            if _size(whole) <= limits.CONTENT_BYTES_MAX:
                return Summary(whole, "model", kept=len(left))
            problem = "the summary and what it left out are too much for one memory"
    except (LanguageModelUnavailable, LanguageModelAnswerInvalid) as failure:
        problem = failure.message
    text = yield Compute(lambda: condensed([(one.title, one.content) for one in sources]))
    if _size(text) > limits.CONTENT_BYTES_MAX:
        raise ValidationFailed(
            f"the {len(sources)} memories are {_size(text):,} bytes together, and a memory holds "
            f"{limits.CONTENT_BYTES_MAX:,}",
            hint="Consolidate fewer of them at once, or give a summary. Nothing was changed.",
            field="ids",
            sizes={one.id: _size(one.content) for one in sources},
        )
    return Summary(text, "extract", problem)


def _size(text: str) -> int:
    return len(text.encode())


def _lacking(sources: Sequence[Memory], text: str) -> tuple[str, ...]:
    """Numbers and names that the sources have and the text has not, by the alphabet."""
    marks = telling_marks("\n".join(f"{one.title}\n{one.content}" for one in sources))
    said = facts_of("", text)
    words = said.telling | telling_marks(text)
    return tuple(sorted(mark for mark in marks if mark not in words)[:_LACKING_MAX])


def fits(sources: Sequence[Memory]) -> bool:
    """Whether one memory can hold all that some say."""
    size = _size(condensed([(one.title, one.content) for one in sources]))
    return size <= limits.CONTENT_BYTES_MAX


def draft(
    sources: Sequence[Memory],
    context: Context,
    *,
    title: str,
    content: str,
    namespace: str,
    tier: Tier = "long",
    agent_id: str | None = None,
) -> Memory:
    """The memory that several become.

    Raises:
        ValidationFailed: Their metadata is too much for one memory.
    """
    metadata = _metadata(sources, agent_id or context.caller.agent_id)
    check_metadata(metadata)
    return Memory(
        id=context.new_id(),
        namespace=namespace,
        title=title,
        content=content,
        tier=tier,
        tags=tags_of(sources)[: limits.TAGS_MAX],
        priority=max(limits.CONSOLIDATED_PRIORITY_MIN, *(source.priority for source in sources)),
        confidence=1.0,
        source="consolidation",
        metadata=metadata,
        created_at=context.now,
        updated_at=context.now,
        expires_at=context.retention.expiry(tier, context.now),
    )


def tags_of(sources: Sequence[Memory]) -> tuple[str, ...]:
    """All tags, in the order of the alphabet."""
    return tuple(sorted({tag for source in sources for tag in source.tags}))


def _metadata(sources: Sequence[Memory], agent_id: str) -> dict[str, Any]:
    """Key by key, the later source wins; what says who and for whom is made anew.

    The narrowest scope counts: consolidating shows nobody what they could not see.
    """
    merged: dict[str, Any] = {}
    agents: set[str] = set()
    for source in sources:
        merged |= source.metadata
        before = source.metadata.get("consolidated_from_agents")
        if isinstance(before, list):
            agents |= {one for one in before if isinstance(one, str)}
        agents |= {source.agent_id} if source.agent_id is not None else set()
    for name in _NOT_INHERITED:
        merged.pop(name, None)
    scope = min((source.scope for source in sources), key=SCOPES.index)
    if any("scope" in source.metadata for source in sources):
        merged["scope"] = scope
    return {
        **merged,
        "agent_id": agent_id,
        "derived_from": [source.id for source in sources],
        "consolidated_from_agents": sorted(agents),
    }


def embedded(memory: Memory, context: Context) -> Steps[Sequence[WindowVector] | None]:
    """The vectors of the new memory; None without an embedder."""
    found = yield from embed_texts([(memory.title, memory.content)], context)
    return None if found is None else found[0][1]


def consolidated(
    rows: Transaction,
    memory: Memory,
    sources: Sequence[Memory],
    vectors: Sequence[WindowVector] | None,
    context: Context,
    *,
    on_conflict: Literal["error", "version"] = "error",
) -> Outcome:
    """Archive the sources and put the memory in their place; the result is the memory.

    Raises:
        NotFound: A source is gone.
        Conflict: A source says something else by now, or the title is taken by another memory.
    """
    ids = [source.id for source in sources]
    live = {one.id: one for one in rows.memories(ids) if not one.expired(context.now)}
    for source in sources:
        current = live.get(source.id)
        if current is None:
            raise NotFound(f"memory not found: {source.id}", id=source.id)
        if payload_of(current) != payload_of(source):
            raise Conflict(
                f"memory {source.id} was changed meanwhile",
                hint="Consolidate again: the summary would not have said what it says now.",
                existing_id=source.id,
            )
    changes: list[Change] = [
        MemoryDeleted(memory_id=source_id, at=context.now, reason=REASON) for source_id in ids
    ]
    holder, freed = live_holder(rows, memory.namespace, memory.title, context.now, live)
    changes += freed
    if holder is not None:
        if on_conflict == "error":
            raise title_taken(holder, "Choose another title.")
        memory = msgspec.structs.replace(
            memory, title=numbered_title(rows, memory.namespace, memory.title)
        )
    payload = payload_of(memory)
    payload_hash = payload.hash()
    changes.append(MemoryPut.of(memory, payload_hash))
    changes += [
        LinkPut.said(
            memory.id, source_id, "derived_from", at=context.now, by=context.caller.agent_id
        )
        for source_id in ids
    ]
    windows = () if vectors is None else (Windows(memory.id, payload_hash, vectors),)
    return Outcome(memory, tuple(changes), {payload_hash: payload}, windows)


def consolidate_group(
    sources: Sequence[Memory],
    context: Context,
    note: Callable[[Transaction, Memory], str] | None = None,
) -> Steps[tuple[Memory, str | None]]:
    """Make one of a group, under a title of its own; the memory, and what `note` answered.

    Args:
        sources: Of one namespace.
        context: Of the operation.
        note: Writes down what was done, in the same transaction.

    Raises:
        NotFound, Conflict: A source is gone, or was changed meanwhile.
    """
    summary: Summary = yield from summary_of(sources, None)
    about = common_tag(sources) or sources[0].title[:_TITLE_CHARS]
    memory = draft(
        sources,
        context,
        title=f"Consolidated: {about} ({len(sources)} memories)",
        content=summary.text,
        namespace=sources[0].namespace,
    )
    vectors = yield from embedded(memory, context)

    def work(rows: Transaction) -> Outcome:
        outcome = consolidated(rows, memory, sources, vectors, context, on_conflict="version")
        noted = None if note is None else note(rows, outcome.result)
        return outcome._replace(result=(outcome.result, noted))

    ids = tuple(source.id for source in sources)
    titles = ((memory.namespace, memory.title),)
    lookups = Lookups(ids=(memory.id, *ids), titles=titles)
    done: tuple[Memory, str | None] = yield Write(work, lookups, memory.namespace)
    yield from inherit_counters(done[0], sources)
    return done


def common_tag(sources: Sequence[Memory]) -> str | None:
    """A tag that all have, the first by name."""
    return min(set.intersection(*(set(source.tags) for source in sources)), default=None)


def inherit_counters(memory: Memory, sources: Sequence[Memory]) -> Steps[None]:
    """Count it as recalled as often as its sources together.

    Counters are in no log, so they follow in a transaction of their own, once its row is there.
    """
    count = sum(source.access_count for source in sources)
    last = max((source.last_accessed_at or 0 for source in sources), default=0)

    def work(rows: Transaction) -> Outcome:
        rows.touch([(memory.id, count, last or memory.created_at)])
        return Outcome(None)

    if count:
        yield Write(work, Lookups(ids=(memory.id,)), memory.namespace)


def undone(
    rows: Transaction,
    memory_id: str,
    context: Context,
    on_conflict: Literal["error", "version"],
) -> Outcome:
    """Bring the sources back and archive what they became; the result is `Restored`.

    The links stay: what is archived is still derived from them.

    Raises:
        NotFound: It is not what a consolidation made, or none of its sources is in the archive.
        Conflict: A source's title is taken, and on_conflict is error.
    """
    links = rows.derivations(memory_id)
    kept = {one.memory.id: one for one in rows.archived([link.target_id for link in links])}
    sources = [
        kept[link.target_id]
        for link in links
        if link.target_id in kept
        and kept[link.target_id].reason == REASON
        and kept[link.target_id].archived_at == link.created_at
    ]
    # Links of one instant come in the order of their ids, which says nothing: the oldest first.
    sources.sort(key=lambda one: (one.memory.created_at, one.memory.title, one.memory.id))
    if not sources:
        raise NotFound(
            f"no consolidation to undo: {memory_id}",
            hint="It was not made by one, or its sources were restored or purged already.",
            id=memory_id,
        )
    changes: list[Change] = []
    payloads: dict[bytes, Payload] = {}
    if rows.memory(memory_id) is not None:
        changes.append(MemoryDeleted(memory_id=memory_id, at=context.now, reason=UNDONE))
    back: list[Memory] = []
    for source in sources:
        one = woken(rows, source, context.now, on_conflict, leaving=(memory_id,))
        back.append(one.result)
        changes += one.changes
        payloads |= one.payloads
    missing = sorted({link.target_id for link in links} - {one.id for one in back})
    return Outcome(Restored(back, missing), tuple(changes), payloads)


def consolidated_id(rows: Transaction, memory_id: str) -> str:
    """The full id of a memory that is live, or else in the archive.

    Raises:
        NotFound, AmbiguousId: See `find_archived`.
    """
    if rows.memory(memory_id) is not None:
        return memory_id
    ids = rows.ids_with_prefix(memory_id, 2)
    return ids[0] if len(ids) == 1 else find_archived(rows, memory_id).memory.id
