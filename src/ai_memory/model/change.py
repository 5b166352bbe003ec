"""Change: a closed union of facts, and the log entry that carries one.

A fact names text by its hash (`payload_hash`), never by value, so the log survives erasure.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from ai_memory.model.clock import HybridTime, Micros
from ai_memory.model.link import Link, Relation
from ai_memory.model.memory import Archived, Memory, Payload, Tier
from ai_memory.model.name import one_name


class MemoryPut(msgspec.Struct, frozen=True, kw_only=True, tag="memory_put", tag_field="kind"):
    """A memory has this state from now on: a new memory, or a new version of one."""

    memory_id: str
    payload_hash: bytes
    namespace: str
    tier: Tier
    priority: int
    confidence: float
    source: str
    created_at: Micros
    updated_at: Micros
    expires_at: Micros | None
    version: int

    @classmethod
    def of(cls, memory: Memory, payload_hash: bytes) -> MemoryPut:
        """The fact that a memory stands as given."""
        return cls(
            memory_id=memory.id,
            payload_hash=payload_hash,
            namespace=memory.namespace,
            tier=memory.tier,
            priority=memory.priority,
            confidence=memory.confidence,
            source=memory.source,
            created_at=memory.created_at,
            updated_at=memory.updated_at,
            expires_at=memory.expires_at,
            version=memory.version,
        )

    def memory(self, payload: Payload) -> Memory:
        """The memory this fact describes, given its text."""
        return Memory(
            id=self.memory_id,
            namespace=one_name(self.namespace),
            title=payload.title,
            content=payload.content,
            tier=self.tier,
            tags=payload.tags,
            priority=self.priority,
            confidence=self.confidence,
            source=self.source,
            metadata=payload.metadata,
            created_at=self.created_at,
            updated_at=self.updated_at,
            expires_at=self.expires_at,
            version=self.version,
        )


class ArchivedPut(msgspec.Struct, frozen=True, kw_only=True, tag="archived_put", tag_field="kind"):
    """A memory stands in the archive from now on, brought from elsewhere; it never lived here.

    Attributes:
        put: The memory as it stood when it was archived.
        access_count: Its counters, which no longer change.
    """

    put: MemoryPut
    access_count: int
    last_accessed_at: Micros | None
    archived_at: Micros
    reason: str

    def archived(self, payload: Payload) -> Archived:
        """The archived memory this fact describes, given its text."""
        memory = msgspec.structs.replace(
            self.put.memory(payload),
            access_count=self.access_count,
            last_accessed_at=self.last_accessed_at,
        )
        return Archived(memory=memory, archived_at=self.archived_at, reason=self.reason)


class VersionPut(msgspec.Struct, frozen=True, kw_only=True, tag="version_put", tag_field="kind"):
    """A memory had this text once; the fact adds to its history and changes nothing else."""

    memory_id: str
    payload_hash: bytes
    version: int
    written_at: Micros


class MemoryDeleted(
    msgspec.Struct, frozen=True, kw_only=True, tag="memory_deleted", tag_field="kind"
):
    """A memory left the live set (deleted, or its time was over); the archive keeps it."""

    memory_id: str
    at: Micros
    reason: str


class MemoryPurged(
    msgspec.Struct, frozen=True, kw_only=True, tag="memory_purged", tag_field="kind"
):
    """An archived memory is gone for good, its versions and links with it; its id stays taken."""

    memory_id: str
    at: Micros


class MemoryErased(
    msgspec.Struct, frozen=True, kw_only=True, tag="memory_erased", tag_field="kind"
):
    """A memory is gone wherever it was, and a node that applies this removes every trace of it."""

    memory_id: str
    at: Micros


class LinkPut(msgspec.Struct, frozen=True, kw_only=True, tag="link_put", tag_field="kind"):
    """A link holds over an interval; what was believed of the same interval is retracted.

    Attributes:
        valid_from: None in logs of the first files: since `created_at`.
        recorded_at: None: at `created_at`.
        retracted_at: Given when an old belief is brought from elsewhere.
    """

    source_id: str
    target_id: str
    relation: Relation
    created_at: Micros
    valid_from: Micros | None = None
    valid_until: Micros | None = None
    observed_by: str | None = None
    recorded_at: Micros | None = None
    retracted_at: Micros | None = None

    @classmethod
    def said(
        cls,
        source_id: str,
        target_id: str,
        relation: Relation,
        *,
        at: Micros,
        by: str | None,
        since: Micros | None = None,
        until: Micros | None = None,
    ) -> LinkPut:
        """What somebody says now.

        Args:
            source_id: From here.
            target_id: To there.
            relation: How they are related.
            at: When it is said.
            by: Who says so.
            since: When it begins to hold; None: now.
            until: When it ceases to hold; None: it still does.
        """
        return cls(
            source_id=source_id,
            target_id=target_id,
            relation=relation,
            created_at=at,
            valid_from=at if since is None else since,
            valid_until=until,
            observed_by=by,
        )

    def link(self) -> Link:
        """The row this fact describes."""
        return Link(
            source_id=self.source_id,
            target_id=self.target_id,
            relation=self.relation,
            valid_from=self.created_at if self.valid_from is None else self.valid_from,
            recorded_at=self.created_at if self.recorded_at is None else self.recorded_at,
            created_at=self.created_at,
            valid_until=self.valid_until,
            observed_by=self.observed_by,
            retracted_at=self.retracted_at,
        )


class LinkInvalidated(
    msgspec.Struct, frozen=True, kw_only=True, tag="link_invalidated", tag_field="kind"
):
    """An interval of a link ends at `valid_until`, as is known from `at` on."""

    source_id: str
    target_id: str
    relation: Relation
    valid_from: Micros
    valid_until: Micros
    created_at: Micros
    observed_by: str | None
    at: Micros

    @classmethod
    def of(cls, link: Link, valid_until: Micros, at: Micros) -> LinkInvalidated:
        """The fact that a link ends."""
        return cls(
            source_id=link.source_id,
            target_id=link.target_id,
            relation=link.relation,
            valid_from=link.valid_from,
            valid_until=valid_until,
            created_at=link.created_at,
            observed_by=link.observed_by,
            at=at,
        )

    def link(self) -> Link:
        """The row this fact describes."""
        return Link(
            source_id=self.source_id,
            target_id=self.target_id,
            relation=self.relation,
            valid_from=self.valid_from,
            recorded_at=self.at,
            created_at=self.created_at,
            valid_until=self.valid_until,
            observed_by=self.observed_by,
        )


class LinkDeleted(msgspec.Struct, frozen=True, kw_only=True, tag="link_deleted", tag_field="kind"):
    """From `at` on the store no longer believes that the link ever held over this interval."""

    source_id: str
    target_id: str
    relation: Relation
    valid_from: Micros
    at: Micros


Change: TypeAlias = (
    MemoryPut
    | ArchivedPut
    | VersionPut
    | MemoryDeleted
    | MemoryPurged
    | MemoryErased
    | LinkPut
    | LinkInvalidated
    | LinkDeleted
)


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change, where it came from and when: gap-free per origin, ordered by hybrid time."""

    origin: str
    sequence: int
    hybrid_time: HybridTime
    change: Change
