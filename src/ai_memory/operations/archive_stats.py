"""Figures about the archive."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory.model.clock import to_rfc3339
from ai_memory.model.command import Command
from ai_memory.operations.memory_stats import NamespaceCount
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class ArchiveStats(Command, frozen=True, kw_only=True):
    """Count what is archived, by namespace, and how old and how large it is."""


class ArchiveStatsResult(msgspec.Struct, kw_only=True):
    """`archived_bytes` is the text of what is archived, in UTF-8."""

    archived_total: int
    by_namespace: list[NamespaceCount]
    archived_bytes: int
    oldest: str | UnsetType = UNSET
    newest: str | UnsetType = UNSET


def archive_stats(command: ArchiveStats, rows: Reader, context: Context) -> ArchiveStatsResult:  # noqa: ARG001
    """Run ArchiveStats."""
    figures = rows.archive_figures()
    return ArchiveStatsResult(
        archived_total=figures.total,
        by_namespace=[
            NamespaceCount(namespace=namespace, count=count)
            for namespace, count in figures.by_namespace
        ],
        archived_bytes=figures.text_bytes,
        oldest=UNSET if figures.oldest is None else to_rfc3339(figures.oldest),
        newest=UNSET if figures.newest is None else to_rfc3339(figures.newest),
    )
