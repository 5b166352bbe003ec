"""One run of the bench: every size, every operation, then many callers at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, TypeVar

from ai_memory.adapters.system import SystemClock
from ai_memory.compose import OpenNode
from ai_memory.measure.bench import (
    PARTS,
    contest,
    face,
    graph,
    lifecycle,
    pace,
    startup,
    throughput,
    transfer,
    workers,
)
from ai_memory.measure.bench.anatomy import anatomy
from ai_memory.measure.bench.duel import Bout, Contest, fight
from ai_memory.measure.bench.filling import Facts, fill
from ai_memory.measure.bench.footprint import footprint
from ai_memory.measure.bench.machine import machine
from ai_memory.measure.bench.model import model_files
from ai_memory.measure.bench.nearness import nearness
from ai_memory.measure.bench.stand import Stand, copy, facts_of, make_once, place
from ai_memory.measure.bench.target import targets
from ai_memory.measure.progress import Progress
from ai_memory.ports import Clock

_Figures = TypeVar("_Figures")

_FOOTPRINT_RECALLS: Final = 300
_WARM_RECALLS: Final = 20
_STEPS: Final = 25  # about; for the progress bar


class Plan(NamedTuple):
    """What to measure.

    Attributes:
        sizes: Memories in the store.
        callers: Concurrent recalls; one at a time is measured in any case.
        seconds_per_op: For each figure, its floor included.
        turns: At most so many samples of each operation.
        runs: Of each process that is started to be timed.
        questions: Asked of the vector index and of an exact search.
        warm_up: Questions a process answers before its hot recalls are measured.
        import_batch: Memories per command of an import; None: the usual number.
        level: The feature level; below semantic nothing with vectors is measured.
        folder: Where the temporary stores lie; None: the system's place for such files.
        keep: Where stands are made once and found again; None: made anew for each run.
        given: Where they must be already.
        parts: Of PARTS.
        graph: How large the graph is.
    """

    sizes: tuple[int, ...] = (1_000, 10_000)
    callers: tuple[int, ...] = (1, 16)
    seconds_per_op: float = 1.5
    turns: int = 1_000
    runs: int = 7
    questions: int = 200
    warm_up: int = 500
    import_batch: int | None = None
    level: str = "semantic"
    folder: Path | None = None
    keep: Path | None = None
    given: Path | None = None
    parts: tuple[str, ...] = PARTS
    graph: graph.Shape = graph.Shape()

    @classmethod
    def quick(cls) -> Plan:
        """Just enough to see that every figure is there."""
        return cls(
            sizes=(200,),
            callers=(1, 4),
            seconds_per_op=0.1,
            turns=20,
            runs=1,
            questions=20,
            warm_up=5,
            import_batch=16,
            graph=graph.Shape(memories=300, namespaces=100),
        )


def run(plan: Plan) -> dict[str, Any]:
    """Measure.

    Returns:
        sizes (each with operations, throughput, faces, pace, nearness, anatomy, once, transfer,
        workers, import, files),
        graph (its size and operations, or None), machine, level, targets.

    Raises:
        EmbedderUnavailable: The level needs vectors, and there is no embedder.
        StoreUnavailable: The folder cannot be written.
        ValidationFailed: A stand that must be there is not.
    """
    found = {
        "sizes": [_size(plan, size) for size in plan.sizes] if set(plan.parts) - {"graph"} else [],
        "graph": _graph(plan) if "graph" in plan.parts else None,
        "level": plan.level,
        "machine": machine(),
    }
    return {**found, "targets": targets(found)}


def merged(runs: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Several runs as one, judged anew; of a size or a graph measured twice the later run counts.

    Level and machine are the last one's. None without a run.
    """
    sizes: dict[int, Any] = {}
    found: dict[str, Any] | None = None
    for run_ in runs:
        for size in run_["sizes"]:
            sizes[size["size"]] = _joined(sizes.get(size["size"]), size)
        known = None if found is None else found["graph"]
        found = {
            **run_,
            "sizes": [sizes[size] for size in sorted(sizes)],
            "graph": run_.get("graph") or known,
        }
    return None if found is None else {**found, "targets": targets(found)}


def _joined(earlier: dict[str, Any] | None, later: dict[str, Any]) -> dict[str, Any]:
    """One size out of two runs, which may have measured different parts of it."""
    if earlier is None:
        return later
    operations = {each["name"]: each for each in (*earlier["operations"], *later["operations"])}
    measured = {name: figures for name, figures in later.items() if figures}
    return {**later, **earlier, **measured, "operations": list(operations.values())}


def _graph(plan: Plan) -> dict[str, Any]:
    clock, shape = SystemClock(), plan.graph
    with TemporaryDirectory(prefix="ai-memory-bench-", dir=plan.folder) as folder:
        began = clock.monotonic()
        stand = graph.GraphStand(Path(folder), shape)
        filled = clock.monotonic() - began
        with closing(stand), closing(stand.open()) as opened:
            bouts = _bouts(graph.contests(stand, opened), plan, clock)
            operations = [_shown(bout) for bout in bouts]
    return {**shape._asdict(), "links": shape.links, "filled_seconds": round(filled, 1),
            "operations": operations}  # fmt: skip


def _bouts(contests: Iterator[Contest], plan: Plan, clock: Clock) -> Iterator[Bout]:
    for each in contests:
        yield fight(each, clock, seconds=plan.seconds_per_op, turns=plan.turns)


def _size(plan: Plan, size: int) -> dict[str, Any]:
    clock = SystemClock()
    with TemporaryDirectory(prefix="ai-memory-bench-", dir=plan.folder) as folder:
        facts = _set_up(plan, size, Path(folder), clock)
        stand = Stand(Path(folder), facts, clock)
        try:
            files = stand.files()
            with Progress(f"Measuring {size:,}", _STEPS, unit="step") as progress:
                found = _Measuring(plan, stand, progress).run()
        finally:
            stand.close()
    return {
        "size": size,
        **found,
        "import": {
            "seconds": round(facts.import_seconds, 3),
            "per_s": round(size / facts.import_seconds, 1),
            "index_seconds": round(facts.index_seconds, 3),
            "real_vectors": facts.real_vectors,
        },
        "keyword_floor": stand.keyword_floor,
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


class _Measuring:
    """All figures of one stand.

    What only reads comes first; what writes without vectors comes last, for a node that is opened
    with an embedder afterwards would make them beside the measurement.
    """

    def __init__(self, plan: Plan, stand: Stand, progress: Progress) -> None:
        self._plan = plan
        self._stand = stand
        self._progress = progress
        self._bouts: list[Bout] = []

    def run(self) -> dict[str, Any]:
        """Measure; by kind of figure."""
        plan, stand = self._plan, self._stand
        # A kept store may be of an older schema: nobody measures its migration.
        stand.open(plan.level).close()
        found: dict[str, Any] = {
            "throughput": {},
            "faces": {},
            "pace": {},
            "nearness": [],
            "anatomy": {},
            "once": {},
            "transfer": {},
            "workers": {},
        }
        if "memories" in plan.parts:
            self._memories(found)
        if "lifecycle" in plan.parts:
            # Without an embedder, but with what one has left behind: an erasure finds the vectors.
            with closing(stand.open("keyword")) as opened:
                moved = transfer.transfer(stand, opened, seconds=2 * plan.seconds_per_op)
                found["transfer"] = self._step(moved)
                self._fight(lifecycle.contests(stand, opened))
        if "workers" in plan.parts:
            found["workers"] = self._step(workers.compared(stand, seconds=4 * plan.seconds_per_op))
        return {"operations": [_shown(bout) for bout in self._bouts], **found}

    def _memories(self, found: dict[str, Any]) -> None:
        plan, stand = self._plan, self._stand
        found["once"] = self._once()
        if plan.level != "keyword":
            with closing(stand.open(plan.level)) as opened:
                if (files := model_files(opened.config)) is not None:
                    from ai_memory.measure.floor.encoding import BareEncoder

                    stand.encoder = BareEncoder(files)
                found["nearness"] = self._step(nearness(stand, opened, plan.questions))
                self._fight(contest.with_vectors(stand, opened, plan.warm_up))
                self._recalls(found["throughput"], opened)
            found["anatomy"] = self._step(anatomy(stand, plan.questions, plan.warm_up))
            self._faces(found["faces"])
            with closing(stand.open(plan.level)) as opened:
                self._pace(found["pace"], opened)
            found["pace"]["store_beside_import"] = self._step(
                pace.stores_beside_import(stand, seconds=2 * plan.seconds_per_op)
            )
        with closing(stand.open("keyword")) as opened:
            self._fight(contest.by_words(stand, opened, plan.warm_up))
            if plan.level == "keyword":
                self._recalls(found["throughput"], opened)
            crowds = throughput.stores(stand, opened, seconds=plan.seconds_per_op)
            found["throughput"].update(self._step(crowds))
        if plan.level == "keyword":
            self._faces(found["faces"])
        stored = face.stores(stand, seconds=plan.seconds_per_op)
        found["faces"].update(self._step(stored))

    def _once(self) -> dict[str, Any]:
        plan, stand = self._plan, self._stand
        recalls = _FOOTPRINT_RECALLS if plan.runs > 1 else _WARM_RECALLS
        found = {"node": self._step(footprint(stand, plan.level, recalls))}
        for level in dict.fromkeys((plan.level, "keyword")):
            found[f"cli_recall_{level}"] = self._step(startup.cli_recalls(stand, level, plan.runs))
        found["mcp_greeting"] = self._step(startup.greetings(stand, plan.level, plan.runs))
        return found

    def _fight(self, contests: Iterator[Contest]) -> None:
        for bout in _bouts(contests, self._plan, self._stand.clock):
            self._bouts.append(self._step(bout))

    def _recalls(self, found: dict[str, Any], opened: OpenNode) -> None:
        for callers in self._plan.callers:
            if callers > 1:
                found[f"recall_{callers}"] = self._step(
                    throughput.recalls(
                        self._stand, opened, callers, seconds=self._plan.seconds_per_op
                    )
                )

    def _faces(self, found: dict[str, Any]) -> None:
        plan = self._plan
        recalls = face.recalls(
            self._stand,
            plan.callers,
            seconds=plan.seconds_per_op,
            turns=plan.turns,
            warm_up=plan.warm_up,
        )
        found.update(self._step(recalls))

    def _pace(self, found: dict[str, Any], opened: OpenNode) -> None:
        plan, stand = self._plan, self._stand
        seconds = 2 * plan.seconds_per_op
        found["store_embedded"] = self._step(pace.embedded_stores(stand, opened, seconds=seconds))
        found["import"] = self._step(
            pace.imports(stand, opened, seconds=seconds, batch=plan.import_batch)
        )

    def _step(self, figures: _Figures) -> _Figures:
        self._progress.advance()
        return figures


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
