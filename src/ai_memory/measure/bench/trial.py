"""One run of the bench: every size, every operation, then many callers at once."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from ai_memory.adapters.system import SystemClock
from ai_memory.measure.bench import contest, throughput
from ai_memory.measure.bench.duel import Bout, fight
from ai_memory.measure.bench.filling import Facts, fill
from ai_memory.measure.bench.footprint import footprint
from ai_memory.measure.bench.machine import machine
from ai_memory.measure.bench.model import model_files
from ai_memory.measure.bench.stand import Stand, copy, facts_of, make_once, place
from ai_memory.measure.bench.target import targets
from ai_memory.measure.progress import Progress
from ai_memory.ports import Clock

_OPERATIONS: Final = 11  # about; for the progress bar


class Plan(NamedTuple):
    """What to measure.

    Attributes:
        sizes: Memories in the store.
        callers: Concurrent recalls; one at a time is measured in any case.
        seconds_per_op: For each figure, its floor included.
        turns: At most so many samples of each operation.
        level: The feature level; below semantic nothing with vectors is measured.
        folder: Where the temporary stores lie; None: the system's place for such files.
        keep: Where stands are made once and found again; None: made anew for each run.
        given: Where they must be already.
    """

    sizes: tuple[int, ...] = (1_000, 10_000)
    callers: tuple[int, ...] = (1, 16)
    seconds_per_op: float = 1.5
    turns: int = 1_000
    level: str = "semantic"
    folder: Path | None = None
    keep: Path | None = None
    given: Path | None = None

    @classmethod
    def quick(cls) -> Plan:
        """Just enough to see that every figure is there."""
        return cls(sizes=(200,), callers=(1, 4), seconds_per_op=0.1, turns=20)


def run(plan: Plan) -> dict[str, Any]:
    """Measure.

    Returns:
        sizes (each with operations, throughput, import, cold, resident_bytes, files), machine,
        level, targets.

    Raises:
        EmbedderUnavailable: The level needs vectors, and there is no embedder.
        StoreUnavailable: The folder cannot be written.
        ValidationFailed: A stand that must be there is not.
    """
    found = {
        "sizes": [_size(plan, size) for size in plan.sizes],
        "level": plan.level,
        "machine": machine(),
    }
    return {**found, "targets": targets(found)}


def _size(plan: Plan, size: int) -> dict[str, Any]:
    clock = SystemClock()
    with TemporaryDirectory(prefix="ai-memory-bench-", dir=plan.folder) as folder:
        facts = _set_up(plan, size, Path(folder), clock)
        stand = Stand(Path(folder), facts, clock)
        try:
            files = stand.files()
            once = footprint(stand.db, plan.level, stand.questions[0])
            operations, crowds = _measure(plan, stand)
        finally:
            stand.close()
    return {
        "size": size,
        "operations": [_shown(bout) for bout in operations],
        "throughput": crowds,
        "import": {
            "seconds": round(facts.import_seconds, 3),
            "per_s": round(size / facts.import_seconds, 1),
            "index_seconds": round(facts.index_seconds, 3),
            "real_vectors": facts.real_vectors,
        },
        "keyword_floor": stand.keyword_floor,
        "cold": {name: once[name] for name in ("open_ms", "first_recall_ms")},
        "resident_bytes": once["resident_bytes"],
        "files": files,
    }


def _set_up(plan: Plan, size: int, folder: Path, clock: Clock) -> Facts:
    """Fill the folder: anew, or with a copy of a kept stand."""
    root = plan.given or plan.keep
    if root is None:
        return fill(folder, size, plan.level, clock)
    kept = place(root, size, plan.level)
    if plan.given is None:
        make_once(kept, size, plan.level, clock)
    facts = facts_of(kept)
    copy(kept, folder)
    return facts


def prepare(plan: Plan) -> list[Path]:
    """Make the stands that are to be kept, and measure nothing; where they are.

    Raises:
        EmbedderUnavailable, StoreUnavailable: See `run`.
    """
    assert plan.keep is not None
    places = [place(plan.keep, size, plan.level) for size in plan.sizes]
    for folder, size in zip(places, plan.sizes, strict=True):
        make_once(folder, size, plan.level, SystemClock())
    return places


def _measure(plan: Plan, stand: Stand) -> tuple[list[Bout], dict[str, Any]]:
    bouts: list[Bout] = []
    crowds: dict[str, Any] = {}
    seconds = plan.seconds_per_op
    levels = ["keyword"] if plan.level == "keyword" else [plan.level, "keyword"]
    with Progress(f"Measuring {stand.size:,}", _OPERATIONS, unit="operation") as progress:
        for level in levels:
            opened = stand.open(level)
            try:
                hybrid = opened.node.facts.embedder is not None
                if hybrid and (files := model_files(opened.config)) is not None:
                    from ai_memory.measure.floor.encoding import BareEncoder

                    stand.encoder = BareEncoder(files)
                contests = contest.with_vectors if hybrid else contest.by_words
                for each in contests(stand, opened):
                    bouts.append(fight(each, stand.clock, seconds=seconds, turns=plan.turns))
                    progress.advance()
                if level == plan.level:
                    for callers in plan.callers:
                        if callers > 1:
                            crowds[f"recall_{callers}"] = throughput.recalls(
                                stand, opened, callers, seconds=seconds
                            )
                if not hybrid:
                    crowds.update(throughput.stores(stand, opened, seconds=seconds))
                progress.advance()
            finally:
                opened.close()
    return bouts, crowds


def _shown(bout: Bout) -> dict[str, Any]:
    floor = bout.floor
    return {
        "name": bout.name,
        "p50_ms": round(bout.act.p50_ms, 4),
        "p95_ms": round(bout.act.p95_ms, 4),
        "p99_ms": round(bout.act.p99_ms, 4),
        "floor_p50_ms": None if floor is None else round(floor.p50_ms, 4),
        "floor_p95_ms": None if floor is None else round(floor.p95_ms, 4),
        "ratio": None if bout.ratio is None else round(bout.ratio, 2),
        "n": bout.act.n,
    }
