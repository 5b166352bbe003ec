"""What the curator did and what waits for it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory import limits
from ai_memory.model.clock import to_rfc3339
from ai_memory.model.command import Command
from ai_memory.model.work import Curation
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class CuratorReport(Command, frozen=True, kw_only=True):
    """Show the curator's latest rounds, what it did, and what the language model still has to do.

    Each action has an id that undoes it.
    """

    limit: Annotated[
        int, Meta(ge=1, le=limits.CURATOR_RUNS_KEPT, description="At most so many rounds.")
    ] = 1


class CurationView(msgspec.Struct, kw_only=True):
    """One action."""

    id: str
    run_id: str
    action: str
    memory_id: str
    at: str
    undone_at: str | UnsetType = UNSET


class QueueView(msgspec.Struct, kw_only=True):
    """Texts that wait for tags, and those given up; `problem` is the latest failure's."""

    waiting: int
    given_up: int
    problem: str | UnsetType = UNSET


class CuratorReportResult(msgspec.Struct, kw_only=True):
    """Newest first. `actions` are those of the rounds shown."""

    reports: list[dict[str, Any]]
    count: int
    actions: list[CurationView]
    queue: QueueView


def curator_report(
    command: CuratorReport,
    rows: Reader,
    context: Context,  # noqa: ARG001
) -> CuratorReportResult:
    """Run CuratorReport."""
    runs = rows.curator_runs(command.limit)
    actions = [
        curation
        for run in runs
        for curation in rows.curations(run_id=run.id, limit=limits.CURATOR_ACTIONS_SHOWN_MAX)
    ]
    counts = rows.model_work()
    return CuratorReportResult(
        reports=[run.report for run in runs],
        count=len(runs),
        actions=[_view(curation) for curation in actions],
        queue=QueueView(
            waiting=counts.waiting, given_up=counts.given_up, problem=counts.problem or UNSET
        ),
    )


def _view(curation: Curation) -> CurationView:
    return CurationView(
        id=curation.id,
        run_id=curation.run_id,
        action=curation.action,
        memory_id=curation.memory_id,
        at=to_rfc3339(curation.at),
        undone_at=UNSET if curation.undone_at is None else to_rfc3339(curation.undone_at),
    )
