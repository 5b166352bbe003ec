"""Whether the node works, in one cheap look."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory.model.command import Command
from ai_memory.operations.serving import vectors_problem
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class MemoryHealth(Command, frozen=True, kw_only=True):
    """Check that the store answers and whether the embedder is there."""


class HealthResult(msgspec.Struct, kw_only=True):
    """`status` is ok: a store that does not answer, or whose file is gone, is an error instead.

    Attributes:
        workers: How many processes answer for this node.
    """

    status: str
    service: str
    version: str
    embedder_ready: bool
    federation_enabled: bool
    level: str
    log_position: int
    workers: int
    embedder_problem: str | UnsetType = UNSET


def memory_health(command: MemoryHealth, rows: Reader, context: Context) -> HealthResult:  # noqa: ARG001
    """Run MemoryHealth."""
    rows.require_in_place()
    facts = context.facts
    problem = vectors_problem(rows, context)
    return HealthResult(
        status="ok",
        service="ai-memory",
        version=facts.version,
        embedder_ready=facts.embedder is not None and problem is None,
        federation_enabled=False,
        level=facts.level,
        log_position=rows.log_position(),
        workers=facts.workers,
        embedder_problem=problem or UNSET,
    )
