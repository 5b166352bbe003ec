"""Figures about the store."""

from __future__ import annotations

import msgspec

from ai_memory.model.command import Command
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class MemoryStats(Command, frozen=True, kw_only=True):
    """Count what is stored: by tier, by namespace, links, vectors, bytes."""


class TierCount(msgspec.Struct, kw_only=True):
    """Live memories of one tier."""

    tier: str
    count: int


class NamespaceCount(msgspec.Struct, kw_only=True):
    """Live memories of one namespace."""

    namespace: str
    count: int


class StatsResult(msgspec.Struct, kw_only=True):
    """Live memories only; `expiring_soon` within one hour; `unembedded` wait for their vectors."""

    total: int
    by_tier: list[TierCount]
    by_namespace: list[NamespaceCount]
    expiring_soon: int
    links_count: int
    db_size_bytes: int
    dim_violations: int
    index_evictions_total: int
    archived_total: int
    vectors_count: int
    unembedded: int


def memory_stats(command: MemoryStats, rows: Reader, context: Context) -> StatsResult:  # noqa: ARG001
    """Run MemoryStats."""
    counts = rows.counts(context.now)
    return StatsResult(
        total=counts.total,
        by_tier=[TierCount(tier=tier, count=count) for tier, count in counts.by_tier],
        by_namespace=[
            NamespaceCount(namespace=namespace, count=count)
            for namespace, count in counts.by_namespace
        ],
        expiring_soon=counts.expiring_soon,
        links_count=counts.links,
        db_size_bytes=counts.file_bytes,
        # A store adopts one model and refuses others, and its index evicts nothing; existing
        # clients read these two keys.
        dim_violations=0,
        index_evictions_total=0,
        archived_total=counts.archived,
        vectors_count=counts.windows,
        unembedded=counts.unembedded,
    )
