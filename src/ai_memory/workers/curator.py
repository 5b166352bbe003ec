"""The curator: has the language model do what waits for it, and looks for more to do.

What waits is a queue that stores fill (from the smart level on). What it looks for itself are the
passes of `operations/curation.py`, in rounds with a budget, at the autonomous level or when asked.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from math import ceil
from typing import Any, Final, NamedTuple

from ai_memory import limits
from ai_memory.adapters.system import SystemEntropy
from ai_memory.errors import NodeClosed
from ai_memory.model.clock import SECOND, to_rfc3339
from ai_memory.model.command import Caller
from ai_memory.model.printable import printable
from ai_memory.node import Node
from ai_memory.operations.curate_memories import CurateMemories, CurateResult
from ai_memory.operations.curation import PASSES, Action, Pass
from ai_memory.operations.record_curation import RecordCuration
from ai_memory.operations.tag_next import TagNext, TagNextResult
from ai_memory.ports import Clock

CURATOR: Final = Caller(agent_id="system:curator", face="worker")
_POLL_SECS: Final = 60.0  # other processes queue work too


class Plan(NamedTuple):
    """What a round may do.

    Attributes:
        max_ops: Memories it works on, all passes together.
        max_secs: After this no further memory is begun.
        include: Only these namespaces; empty: all.
        progress: Is told (pass, memories worked on, max_ops) after each.
    """

    dry_run: bool = False
    max_ops: int = limits.CURATOR_OPS
    max_secs: float = limits.CURATOR_RUN_SECS
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    progress: Callable[[str, int, int], None] = lambda _pass, _done, _most: None


class Curator:
    """Runs beside a node that has a language model, in a thread of its own.

    Nothing waits for it: a model that is slow or gone delays tags and nothing else.
    """

    def __init__(
        self, node: Node, *, background: bool, interval_secs: float = 0, plan: Plan = Plan()
    ) -> None:
        """Take a node.

        Args:
            node: Whose memories.
            background: Work by itself, in a thread.
            interval_secs: From one round to the next, whoever ran it; 0: no rounds by itself.
            plan: Of such rounds.
        """
        self._node = node
        self._interval_secs = interval_secs
        self._plan = plan
        self._stopping = threading.Event()
        self._bell = threading.Event()
        self._thread: threading.Thread | None = None
        self._paused_until = float("-inf")
        if background and (node.language_model is not None or interval_secs):
            node.wake_curator = self._bell.set
            self._thread = threading.Thread(target=self._run, name="ai-memory-curator", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._bell.clear()
            wait_secs = _POLL_SECS
            try:
                wait_secs = min(_POLL_SECS, self.drain())
                if self.round_is_due():
                    self.round(self._plan)
            except NodeClosed:
                return
            except Exception as failure:  # noqa: BLE001 - the next turn may succeed
                print(f"ai-memory: curator: {printable(str(failure))}", file=sys.stderr)  # noqa: T201
            self._bell.wait(wait_secs)

    def drain(self) -> float:
        """Do what is due, up to the first failure; seconds until more may be due.

        After a failure everything waits a little: a model that is down is asked about one text at
        a time, not about all.

        Raises:
            AiMemoryError: The store failed.
        """
        if self._node.language_model is None:
            return _POLL_SECS
        paused_secs = self._paused_until - self._node.clock.monotonic()
        if paused_secs > 0:
            return paused_secs
        while not self._stopping.is_set() and self._any_due():
            done: TagNextResult = self._node.execute(CURATOR, TagNext())
            if done.outcome == "failed":
                self._paused_until = self._node.clock.monotonic() + limits.MODEL_WORK_BACKOFF_SECS
                return limits.MODEL_WORK_BACKOFF_SECS
            if done.outcome == "idle":
                break
        return self._until_next()

    def _any_due(self) -> bool:
        """Asked of a snapshot: a turn with nothing to do takes no write lock."""
        return self._until_next() <= 0

    def _until_next(self) -> float:
        with self._node.store.read() as rows:
            due = rows.model_work().next_due
        return _POLL_SECS if due is None else (due - self._node.clock.now()) / SECOND

    # -- rounds ----------------------------------------------------------------------------------

    def round_is_due(self) -> bool:
        """Whether the last round, of whichever process, is long enough ago."""
        if not self._interval_secs:
            return False
        with self._node.store.read() as rows:
            runs = rows.curator_runs(1)
        ago = self._node.clock.now() - runs[0].at if runs else None
        return ago is None or ago >= self._interval_secs * SECOND

    def round(self, plan: Plan) -> dict[str, Any]:
        """Go through the passes as far as the plan allows; what was done, as a report.

        Each pass goes on behind the memory where the round before stopped, so that a small budget
        reaches everything in time. A dry run asks the model too, and writes nothing at all.

        Raises:
            AiMemoryError: The store failed.
        """
        tally = _Tally(SystemEntropy().new_id(), self._node.clock, plan)
        with self._node.store.read() as rows:
            runs = rows.curator_runs(1)
        cursors: dict[str, str] = dict(runs[0].report.get("cursors", {})) if runs else {}
        for place, kind in enumerate(PASSES):
            tally.share(1 / (len(PASSES) - place))  # so that no pass starves another
            if kind.needs_model and self._node.language_model is None:
                tally.errors.append(f"{kind.name}: no language model is configured")
                continue
            cursors[kind.name] = self._pass(kind, tally, cursors.get(kind.name, ""))
        report = tally.report(cursors)
        if not plan.dry_run:
            self._node.execute(CURATOR, RecordCuration(run_id=tally.run_id, report=report))
        return {**report, "actions": tally.actions}

    def _pass(self, kind: Pass, tally: _Tally, after: str) -> str:
        """One pass, as far as the budget goes; where the next round is to go on."""
        plan = tally.plan
        while not self._stopping.is_set():
            if tally.spent():
                tally.capped = True
                return after
            done: CurateResult = self._node.execute(
                CURATOR,
                CurateMemories(
                    curation_pass=kind.name,
                    run_id=tally.run_id,
                    after=after,
                    dry_run=plan.dry_run,
                    include=plan.include,
                    exclude=plan.exclude,
                ),
            )
            tally.add(done)
            plan.progress(kind.name, tally.attempted, plan.max_ops)
            if done.last is None:
                return ""  # through: the next round begins anew
            if done.unavailable:
                return after
            after = done.last
        return after

    def close(self) -> None:
        """Stop; what was not done stays queued. A question that is being asked is given up."""
        self._stopping.set()
        self._bell.set()
        if self._thread is not None and self._node.language_model is not None:
            self._node.language_model.close()
        if self._thread is not None:
            self._thread.join()


class _Tally:
    """What a round has done so far."""

    def __init__(self, run_id: str, clock: Clock, plan: Plan) -> None:
        self.run_id = run_id
        self.plan = plan
        self.scanned = 0
        self.attempted = 0
        self.capped = False
        self.actions: list[Action] = []
        self.errors: list[str] = []
        self._clock = clock
        self._began = clock.now()
        self._began_at = clock.monotonic()
        self.share(1)

    def share(self, part: float) -> None:
        """Allow the next pass a part of what is left, and at least one memory."""
        now = self._clock.monotonic()
        self._ops_until = self.attempted + ceil((self.plan.max_ops - self.attempted) * part)
        self._secs_until = now + (self._began_at + self.plan.max_secs - now) * part

    def spent(self) -> bool:
        """Whether the pass has used up its share."""
        return self.attempted >= self._ops_until or self._clock.monotonic() >= self._secs_until

    def add(self, done: CurateResult) -> None:
        """Count a stretch."""
        self.scanned += done.scanned
        self.attempted += done.attempted
        self.actions += done.actions
        if done.problem is not None and done.problem not in self.errors:
            self.errors.append(done.problem)

    def report(self, cursors: dict[str, str]) -> dict[str, Any]:
        """The figures, under the keys that existing clients know; no text of any memory."""
        count = {
            name: sum(action.action == name for action in self.actions)
            for name in ("tag", "contradiction", "consolidation", "priority")
        }
        return {
            "id": self.run_id,
            "started_at": to_rfc3339(self._began),
            "completed_at": to_rfc3339(self._clock.now()),
            "cycle_duration_ms": round((self._clock.monotonic() - self._began_at) * 1_000),
            "dry_run": self.plan.dry_run,
            "memories_scanned": self.scanned,
            "memories_eligible": self.attempted,
            "auto_tagged": count["tag"],
            "contradictions_found": count["contradiction"],
            "operations_attempted": self.attempted,
            "operations_skipped_cap": self.capped,
            "autonomy": {
                "clusters_formed": count["consolidation"],
                "memories_consolidated": sum(
                    len(action.detail["ids"])
                    for action in self.actions
                    if action.action == "consolidation"
                ),
                "priority_adjustments": count["priority"],
                "rollback_entries_written": 0 if self.plan.dry_run else len(self.actions),
            },
            "errors": self.errors,
            "cursors": cursors,
        }
