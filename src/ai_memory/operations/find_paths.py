"""Find how two memories are connected."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.graph import path
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.query import Filter
from ai_memory.operations.lens import lens, present
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class FindPaths(Command, frozen=True, kw_only=True):
    """Find the shortest ways from one memory to another, whichever way the links point."""

    source_id: field.MemoryId
    target_id: field.MemoryId
    max_depth: Annotated[
        int, Meta(ge=1, le=limits.PATH_DEPTH_MAX, description="Links of a path at most.")
    ] = limits.PATH_DEPTH_DEFAULT
    max_results: Annotated[
        int,
        Meta(
            ge=1,
            description=f"At most this many; more than {limits.PATH_RESULTS_MAX} is served as "
            f"{limits.PATH_RESULTS_MAX}.",
        ),
    ] = limits.PATH_RESULTS_DEFAULT
    relations: field.Relations = ()
    valid_at: field.ValidAt | None = None
    as_recorded_at: field.AsRecordedAt | None = None


class PathsResult(msgspec.Struct, kw_only=True):
    """Paths as lists of ids, shortest first; `truncated` when there may be more."""

    source_id: str
    target_id: str
    paths: list[tuple[str, ...]]
    count: int
    truncated: bool


def find_paths(command: FindPaths, rows: Reader, context: Context) -> PathsResult:
    """Run FindPaths.

    Raises:
        AmbiguousId: A prefix fits several memories.
        ValidationFailed: as_of and valid_at differ.
    """
    where, live = lens(command, context.now), Filter(now=context.now)
    source = present(rows, command.source_id, context.now, field="source_id")
    target = present(rows, command.target_id, context.now, field="target_id")
    found = path.Paths([], truncated=False)
    if source is not None and target is not None:
        found = path.find_paths(
            source,
            target,
            lambda ids, most: rows.links_at(ids, where, live, direction="both", limit=most),
            depth=command.max_depth,
            results_max=min(command.max_results, limits.PATH_RESULTS_MAX),
            links_max=limits.PATH_LINKS_MAX,
            steps_max=limits.PATH_STEPS_MAX,
        )
    return PathsResult(
        source_id=source or command.source_id,
        target_id=target or command.target_id,
        paths=found.paths,
        count=len(found.paths),
        truncated=found.truncated,
    )
