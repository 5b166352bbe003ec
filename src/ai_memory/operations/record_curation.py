"""Keep the report of one of the curator's rounds."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from ai_memory import limits
from ai_memory.model.command import Action, Command
from ai_memory.model.work import CuratorRun
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.ports import Transaction


class RecordCuration(Command, frozen=True, kw_only=True):
    """Keep a report. The curator's command; no face offers it."""

    action: ClassVar[Action] = "maintain"

    run_id: str
    report: dict[str, Any]


class RecordResult(msgspec.Struct, kw_only=True):
    """Under which name."""

    id: str


def record_curation(command: RecordCuration, context: Context) -> Steps[RecordResult]:
    """Run RecordCuration."""

    def work(rows: Transaction) -> Outcome:
        run = CuratorRun(id=command.run_id, at=context.now, report=command.report)
        rows.put_curator_run(run, limits.CURATOR_RUNS_KEPT)
        return Outcome(RecordResult(id=command.run_id))

    done: RecordResult = yield Write(work)
    return done
