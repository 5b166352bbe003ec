"""What a query asks of the rows: one Filter value, and the predicate that says what it means.

Stores translate a Filter to SQL mechanically; `Filter.matches` is the definition they are tested
against on random rows.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from ai_memory import limits
from ai_memory.model.clock import Micros
from ai_memory.model.memory import Memory, Scope, Tier
from ai_memory.model.name import apart


class ScopeRule(msgspec.Struct, frozen=True, gc=False):
    """Memories of `scope` are visible when their namespace is `within` or, if `below`, under it.

    `within` None: everywhere.
    """

    scope: Scope
    within: str | None = None
    below: bool = False

    def matches(self, memory: Memory) -> bool:
        """Whether this rule shows the memory."""
        if memory.scope != self.scope:
            return False
        if self.within is None or memory.namespace == self.within:
            return True
        return self.below and memory.namespace.startswith(self.within + "/")


class Filter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which memories a query may see. Every field given narrows; expired rows never match.

    Attributes:
        now: The instant against which expiry is judged.
        namespaces: Exact names; None: all.
        since: Created at or after. `until`: created at or before.
        family: What `metadata.family` says. `topic`: what `metadata.topic` says.
        visible: At least one rule must match; None: no scope restriction.
    """

    now: Micros
    namespaces: tuple[str, ...] | None = None
    tier: Tier | None = None
    tag: str | None = None
    agent_id: str | None = None
    min_priority: int | None = None
    since: Micros | None = None
    until: Micros | None = None
    family: str | None = None
    topic: str | None = None
    visible: tuple[ScopeRule, ...] | None = None

    def matches(self, memory: Memory) -> bool:
        """The meaning of the filter, in Python."""
        return (
            not memory.expired(self.now)
            and (self.namespaces is None or memory.namespace in self.namespaces)
            and (self.tier is None or memory.tier == self.tier)
            and (self.tag is None or not {self.tag, apart(self.tag)}.isdisjoint(memory.tags))
            and (self.agent_id is None or memory.agent_id == self.agent_id)
            and (self.min_priority is None or memory.priority >= self.min_priority)
            and (self.since is None or memory.created_at >= self.since)
            and (self.until is None or memory.created_at <= self.until)
            and (self.family is None or memory.metadata.get("family") == self.family)
            and (self.topic is None or memory.metadata.get("topic") == self.topic)
            and (self.visible is None or any(rule.matches(memory) for rule in self.visible))
        )

    @property
    def tallied(self) -> bool:
        """Whether kept counters know how many match: nothing but namespace and tier is asked."""
        return self == Filter(now=self.now, namespaces=self.namespaces, tier=self.tier)

    @property
    def narrows(self) -> bool:
        """Whether anything but expiry is asked."""
        return self != Filter(now=self.now)


class ListCursor(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a page of memory_list ended: the sort key of its last row."""

    priority: Annotated[int, msgspec.Meta(ge=limits.PRIORITY_MIN, le=limits.PRIORITY_MAX)]
    updated_at: Annotated[Micros, msgspec.Meta(ge=-(2**62), le=2**62)]
    id: str


class ArchiveFilter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which archived memories a query means. Every field given narrows.

    Attributes:
        since: Archived at or after.
        until: Archived at or before.
    """

    namespace: str | None = None
    reason: str | None = None
    since: Micros | None = None
    until: Micros | None = None


class ArchiveCursor(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a page of memory_archive_list ended."""

    archived_at: Annotated[Micros, msgspec.Meta(ge=-(2**62), le=2**62)]
    id: str


class NamespaceCursor(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a page of memory_namespaces ended."""

    count: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    namespace: str
