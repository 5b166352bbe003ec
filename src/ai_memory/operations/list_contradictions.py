"""Which memories contradict each other."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.errors import ValidationFailed
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.link import LinkFilter
from ai_memory.model.memory import Memory
from ai_memory.model.query import Filter
from ai_memory.operations.narrowing import exactly
from ai_memory.operations.step import Context
from ai_memory.operations.succession import successors
from ai_memory.operations.view import MemoryView, view
from ai_memory.ports import Reader
from ai_memory.retrieval.expression import and_expression

_DEFAULT: Final = 50


class ListContradictions(Command, frozen=True, kw_only=True):
    """List memories that contradict each other, in a namespace or about a topic.

    A topic is what metadata.topic or the title says; memories about one that say different things
    are paired too, as `synthesized`. What is superseded is resolved and not listed.
    """

    topic: (
        Annotated[str, Meta(min_length=1, description="metadata.topic, or the title.")] | None
    ) = None
    namespace: field.OnlyNamespace | None = None
    limit: Annotated[
        int,
        Meta(
            ge=0,
            description=f"At most so many memories of a topic, or links of a namespace; more than "
            f"{limits.LIST_LIMIT_MAX} is served as {limits.LIST_LIMIT_MAX}.",
        ),
    ] = _DEFAULT


class ContradictionView(msgspec.Struct, kw_only=True, gc=False):
    """A pair; `synthesized`: no link says so, but they say different things about the topic."""

    source_id: str
    target_id: str
    relation: str
    synthesized: bool


class ContradictionsResult(msgspec.Struct, kw_only=True):
    """The memories and the pairs among them; `truncated`: there is more."""

    memories: list[MemoryView]
    links: list[ContradictionView]
    count: int
    truncated: bool


def list_contradictions(
    command: ListContradictions, rows: Reader, context: Context
) -> ContradictionsResult:
    """Run ListContradictions.

    Raises:
        ValidationFailed: Neither topic nor namespace is given.
    """
    limit = min(command.limit, limits.LIST_LIMIT_MAX)
    if command.topic is None:
        if command.namespace is None:
            raise ValidationFailed(
                "at least one of `topic` or `namespace` is required", hint="Name where to look."
            )
        return _linked(rows, command.namespace, limit, context)
    memories, truncated = _about(rows, command.topic, command.namespace, limit, context)
    pairs = _among(rows, memories, context)
    return ContradictionsResult(
        memories=[view(memory) for memory in memories],
        links=pairs[: limits.GRAPH_LIMIT_MAX],
        count=len(memories),
        truncated=truncated or len(pairs) > limits.GRAPH_LIMIT_MAX,
    )


def _linked(rows: Reader, namespace: str, limit: int, context: Context) -> ContradictionsResult:
    """What links say of a namespace."""
    found = rows.contradicting(namespace, context.now, limit + 1)
    ids = sorted({end for link in found for end in (link.source_id, link.target_id)})
    over = successors(rows, ids, Filter(now=context.now))
    links = [
        link
        for link in found[:limit]
        if link.source_id not in over.get(link.target_id, ())
        and link.target_id not in over.get(link.source_id, ())
    ]
    ends = {end for link in links for end in (link.source_id, link.target_id)}
    memories = sorted(rows.memories(sorted(ends)), key=_order)
    return ContradictionsResult(
        memories=[view(memory) for memory in memories],
        links=[_pair(link.source_id, link.target_id, synthesized=False) for link in links],
        count=len(memories),
        truncated=len(found) > limit,
    )


def _about(
    rows: Reader, topic: str, namespace: str | None, limit: int, context: Context
) -> tuple[list[Memory], bool]:
    """The memories about a topic, most important first, and whether there are more."""
    where = Filter(now=context.now, namespaces=exactly(namespace), topic=topic)
    found = {
        memory.id: memory
        for memory in rows.list_memories(where, after=None, offset=0, limit=limit + 1)
    }
    quoted = topic.replace('"', " ")
    expression = and_expression(f'title:"{quoted}"')
    if expression is not None:
        where = msgspec.structs.replace(where, topic=None)
        hits = rows.match_words(expression, where, offset=0, limit=limit + 1)
        titled = rows.memories_by_key([hit.key for hit in hits]).values()
        found |= {memory.id: memory for memory in titled if memory.title == topic}
    ordered = sorted(found.values(), key=_order)
    return ordered[:limit], len(ordered) > limit


def _among(rows: Reader, memories: list[Memory], context: Context) -> list[ContradictionView]:
    """The pairs of some memories that are linked, then those that say different things."""
    ids = [memory.id for memory in memories]
    where = LinkFilter(valid_at=context.now, relations=("contradicts",))
    links = rows.links_at(
        ids,
        where,
        Filter(now=context.now),
        direction="outbound",
        limit=limits.WALK_LINKS_MAX,
    )
    over = successors(rows, ids, Filter(now=context.now))
    known = {frozenset((link.source_id, link.target_id)) for link in links}
    known |= {frozenset((old, new)) for old, newer in over.items() for new in newer}
    pairs = [
        _pair(link.source_id, link.target_id, synthesized=False)
        for link in sorted(links, key=lambda one: (one.source_id, one.target_id))
        if link.target_id in set(ids)
    ]
    for one, other in combinations(memories, 2):
        if len(pairs) > limits.GRAPH_LIMIT_MAX:
            break
        if one.content != other.content and frozenset((one.id, other.id)) not in known:
            pairs.append(_pair(one.id, other.id, synthesized=True))
    return pairs


def _order(memory: Memory) -> tuple[int, int, str]:
    return -memory.priority, -memory.updated_at, memory.id


def _pair(source_id: str, target_id: str, *, synthesized: bool) -> ContradictionView:
    return ContradictionView(
        source_id=source_id, target_id=target_id, relation="contradicts", synthesized=synthesized
    )
