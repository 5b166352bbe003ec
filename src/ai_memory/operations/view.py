"""A memory as the faces show it: the keys existing clients rely on, instants as text."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory.model.clock import to_rfc3339
from ai_memory.model.link import Link
from ai_memory.model.memory import Memory


class MemoryView(msgspec.Struct, kw_only=True, gc=False):
    """A memory on the wire. Optional keys are left out when unset."""

    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: tuple[str, ...]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: dict[str, Any]
    last_accessed_at: str | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET


class LinkView(msgspec.Struct, kw_only=True, gc=False):
    """A link on the wire."""

    source_id: str
    target_id: str
    relation: str
    created_at: str
    valid_from: str
    valid_until: str | UnsetType = UNSET
    observed_by: str | UnsetType = UNSET


def shown(memory: Memory) -> dict[str, Any]:
    """The fields of a MemoryView, to build it or a struct that extends it."""
    created_at = to_rfc3339(memory.created_at)
    fields = {
        "id": memory.id,
        "tier": memory.tier,
        "namespace": memory.namespace,
        "title": memory.title,
        "content": memory.content,
        "tags": memory.tags,
        "priority": memory.priority,
        "confidence": memory.confidence,
        "source": memory.source,
        "access_count": memory.access_count,
        "created_at": created_at,
        "updated_at": created_at
        if memory.updated_at == memory.created_at
        else to_rfc3339(memory.updated_at),
        "version": memory.version,
        "metadata": memory.metadata,
    }
    if memory.last_accessed_at is not None:
        fields["last_accessed_at"] = to_rfc3339(memory.last_accessed_at)
    if memory.expires_at is not None:
        fields["expires_at"] = to_rfc3339(memory.expires_at)
    return fields


def view(memory: Memory) -> MemoryView:
    """A memory as the faces show it."""
    return MemoryView(**shown(memory))


def link_view(link: Link) -> LinkView:
    """A link as the faces show it."""
    return LinkView(
        source_id=link.source_id,
        target_id=link.target_id,
        relation=link.relation,
        created_at=to_rfc3339(link.created_at),
        valid_from=to_rfc3339(link.valid_from),
        valid_until=UNSET if link.valid_until is None else to_rfc3339(link.valid_until),
        observed_by=UNSET if link.observed_by is None else link.observed_by,
    )
