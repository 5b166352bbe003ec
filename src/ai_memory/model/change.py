"""Change: a closed union of facts, and the log entry that carries one.

A fact names text by its hash (`payload_hash`), never by value, so the log survives erasure.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from ai_memory.model.clock import HybridTime, Micros
from ai_memory.model.memory import Memory, Payload, Relation, Tier


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
            namespace=self.namespace,
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
    """A link holds from now on."""

    source_id: str
    target_id: str
    relation: Relation
    created_at: Micros
    valid_from: Micros | None = None
    valid_until: Micros | None = None
    observed_by: str | None = None


Change: TypeAlias = MemoryPut | MemoryDeleted | MemoryPurged | MemoryErased | LinkPut


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change, where it came from and when: gap-free per origin, ordered by hybrid time."""

    origin: str
    sequence: int
    hybrid_time: HybridTime
    change: Change
