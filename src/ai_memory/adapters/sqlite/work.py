"""The language model's queue and the curator's book: tables of this file only, outside the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ai_memory import late, limits
from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.statement import Statements, json_text
from ai_memory.model.clock import SECOND, Micros
from ai_memory.model.work import Curation, CuratorRun, ModelWork, WorkCounts

_works: Final = late.json_decoder(list[ModelWork])
_counts: Final = late.json_decoder(WorkCounts)
_curations: Final = late.json_decoder(list[Curation])
_runs: Final = late.json_decoder(list[CuratorRun])


class WorkReads(Statements):
    """The part of the Reader port about a language model's work."""

    def model_work(self) -> WorkCounts:
        """See ports.Reader."""
        return _counts.decode(self._one(query("count_model_work")))

    def curations(
        self, *, limit: int, curation_id: str | None = None, run_id: str | None = None
    ) -> list[Curation]:
        """See ports.Reader."""
        bindings = {"id": curation_id, "run": run_id, "limit": limit}
        return _curations.decode(self._one(query("curations"), bindings))

    def curator_runs(self, limit: int) -> list[CuratorRun]:
        """See ports.Reader."""
        return _runs.decode(self._one(query("curator_runs"), {"limit": limit}))

    def untagged(self, after: str, limit: int, now: Micros) -> list[str]:
        """See ports.Reader."""
        return self._ids("untagged", after=after, limit=limit, now=now)

    def lasting(self, after: str, limit: int, now: Micros) -> list[str]:
        """See ports.Reader."""
        return self._ids("lasting", after=after, limit=limit, now=now)

    def drifting(self, after: str, limit: int, now: Micros) -> list[str]:
        """See ports.Reader."""
        return self._ids(
            "drifting",
            after=after,
            limit=limit,
            now=now,
            used=limits.DRIFT_UP_ACCESS_COUNT,
            used_since=now - limits.DRIFT_UP_SECS * SECOND,
            made_before=now - limits.DRIFT_DOWN_SECS * SECOND,
            rested_since=now - limits.DRIFT_REST_SECS * SECOND,
        )

    def _ids(self, name: str, **bindings: Any) -> list[str]:
        self._flush()
        found: list[str] = msgspec.json.decode(self._one(query(name), bindings))
        return found


class WorkWrites:
    """The part of the Transaction port about a language model's work.

    Rare beside stores, so each is a statement of its own.
    """

    writes: int

    def _write(self: Any, name: str, **bindings: Any) -> None:
        self.writes += 1
        self._connection.execute(query(name), bindings)

    def put_model_work(self, works: Sequence[ModelWork], due_at: Micros) -> None:
        """See ports.Transaction."""
        self._write("put_model_work", rows=json_text(works), due_at=due_at)

    def take_model_work(self: Any, now: Micros, until: Micros) -> ModelWork | None:
        """See ports.Transaction."""
        found = _works.decode(self._one(query("due_model_work"), {"now": now}))
        if not found:
            return None
        work: ModelWork = found[0]
        self._write("lease_model_work", memory_id=work.memory_id, kind=work.kind, until=until)
        return work

    def end_model_work(self, work: ModelWork) -> None:
        """See ports.Transaction."""
        self._write(
            "end_model_work", memory_id=work.memory_id, kind=work.kind, text_hash=work.text_hash
        )

    def fail_model_work(self, work: ModelWork, problem: str, again_at: Micros | None) -> None:
        """See ports.Transaction."""
        self._write(
            "fail_model_work",
            memory_id=work.memory_id,
            kind=work.kind,
            text_hash=work.text_hash,
            problem=problem,
            again_at=again_at,
        )

    def put_curation(self, curation: Curation) -> None:
        """See ports.Transaction."""
        self._write("put_curation", row=json_text(curation))

    def mark_undone(self, curation_id: str, at: Micros) -> None:
        """See ports.Transaction."""
        self._write("mark_undone", id=curation_id, at=at)

    def put_curator_run(self, run: CuratorRun, keep: int) -> None:
        """See ports.Transaction."""
        self._write("put_curator_run", id=run.id, at=run.at, report=json_text(run.report))
        self._write("drop_curator_runs", keep=keep)
