"""What many callers get done at once: durable stores, also beside a busy thread, and recalls."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing, nullcontext
from itertools import count
from typing import Any, Final

from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.compose import OpenNode
from ai_memory.measure.bench import crowd
from ai_memory.measure.bench.contest import bare_recall, recall
from ai_memory.measure.bench.crowd import AsyncAct, Haul
from ai_memory.measure.bench.duel import Act
from ai_memory.measure.bench.stand import Stand
from ai_memory.measure.duration import spread
from ai_memory.measure.floor.rows import BareRows
from ai_memory.operations.store_many import StoreMany
from ai_memory.operations.store_memory import StoreMemory

STORE_CALLERS: Final = 32
_ROUNDS: Final = 2
_FLOOR_SHARE: Final = 0.3  # of the time: one thread needs less of it for a steady figure


def stores(stand: Stand, opened: OpenNode, *, seconds: float) -> dict[str, Any]:
    """Durable stores per second from 32 callers: threads and tasks, idle and beside a busy thread.

    The floor writes the same rows from one thread, in transactions of the size that group commit
    reached, under the same conditions. `store_many` is one caller who sends as many in a request.
    """
    found = {}
    for kind, together in (("threads", _store_threads), ("asyncio", _store_tasks)):
        for busy in (False, True):
            name = f"store_{kind}{'_busy' if busy else ''}"
            found[name] = _stores(stand, opened, together, busy=busy, seconds=seconds)
    found["store_many"] = _store_many(stand, opened, seconds=seconds)
    return found


def recalls(stand: Stand, opened: OpenNode, callers: int, *, seconds: float) -> dict[str, Any]:
    """Recalls per second from so many threads."""
    ours = floor = crowd.NOTHING
    vectors = opened.node.facts.embedder is not None
    # Each question once before any is asked again, later than a node remembers its vector; and
    # first those that neither the warm-up nor one caller alone asked a moment ago.
    ours_next, floor_next = (count(stand.unasked // 2) for _ in range(2))

    def act(_caller: int) -> Act:
        ask = recall(stand, opened)
        return lambda _turn: ask(next(ours_next))

    with ExitStack() as stack:

        def bare(_caller: int) -> Act:
            # A connection of the thread's own, as it would have.
            rows = stack.enter_context(closing(BareRows(stand.floor_db)))
            ask = bare_recall(stand, rows, vectors=vectors)
            return lambda _turn: ask(next(floor_next))

        for _ in range(_ROUNDS):
            part = seconds / _ROUNDS
            ours += crowd.of_threads(act, callers, stand.clock, seconds=part)
            floor += crowd.of_threads(bare, callers, stand.clock, seconds=part * _FLOOR_SHARE)
    return _figures(callers, ours, floor, 1, busy=False)


def _stores(
    stand: Stand,
    opened: OpenNode,
    together: Callable[[Stand, OpenNode, float], Haul],
    *,
    busy: bool,
    seconds: float,
) -> dict[str, Any]:
    store = opened.node.store
    assert isinstance(store, SqliteStore)
    part = seconds / _ROUNDS
    ours = floor = crowd.NOTHING
    batch, commits = 0, store.commits

    def bare(_caller: int) -> Act:
        return lambda _turn: stand.rows.insert([stand.bare(stand.fresh()) for _ in range(batch)])

    with crowd.busy_thread() if busy else nullcontext():
        for _ in range(_ROUNDS):
            ours += together(stand, opened, part)
            batch = batch or max(1, round(len(ours.latencies) / max(1, store.commits - commits)))
            floor += crowd.of_threads(bare, 1, stand.clock, seconds=part * _FLOOR_SHARE)
    return _figures(STORE_CALLERS, ours, floor, batch, busy=busy)


def _store_many(stand: Stand, opened: OpenNode, *, seconds: float) -> dict[str, Any]:
    node, caller, batch = opened.node, opened.caller("python"), STORE_CALLERS
    ours = floor = crowd.NOTHING

    def act(_turn: int) -> object:
        texts = [stand.fresh() for _ in range(batch)]
        given = tuple(
            {"title": text.title, "content": text.content, "namespace": text.topic}
            for text in texts
        )
        return node.execute(caller, StoreMany(memories=given))

    def bare(_turn: int) -> None:
        stand.rows.insert([stand.bare(stand.fresh()) for _ in range(batch)])

    for _ in range(_ROUNDS):
        part = seconds / _ROUNDS
        ours += crowd.of_threads(lambda _caller: act, 1, stand.clock, seconds=part)
        floor += crowd.of_threads(lambda _caller: bare, 1, stand.clock, seconds=part * _FLOOR_SHARE)
    return _figures(1, ours, floor, batch, busy=False, each=batch)


def _store_threads(stand: Stand, opened: OpenNode, seconds: float) -> Haul:
    node, caller = opened.node, opened.caller("python")

    def make(_caller: int) -> Act:
        return lambda _turn: node.execute(caller, _command(stand))

    return crowd.of_threads(make, STORE_CALLERS, stand.clock, seconds=seconds)


def _store_tasks(stand: Stand, opened: OpenNode, seconds: float) -> Haul:
    node, caller = opened.node, opened.caller("python")

    def make(_caller: int) -> AsyncAct:
        return lambda _turn: node.execute_async(caller, _command(stand))

    return crowd.of_tasks(make, STORE_CALLERS, stand.clock, seconds=seconds)


def _command(stand: Stand) -> StoreMemory:
    text = stand.fresh()
    return StoreMemory(title=text.title, content=text.content, namespace=text.topic)


def _figures(
    callers: int, ours: Haul, floor: Haul, batch: int, *, busy: bool, each: int = 1
) -> dict[str, Any]:
    """What a crowd got done by acts of `each`, beside a floor of acts of `batch`."""
    times = spread(ours.latencies)
    per_s, floor_per_s = each * ours.per_second, batch * floor.per_second
    found = {
        "callers": callers,
        "per_s": round(per_s, 1),
        "p50_ms": round(times.p50_ms, 3),
        "p95_ms": round(times.p95_ms, 3),
        "floor_per_s": round(floor_per_s, 1),
        "share_of_floor": round(per_s / floor_per_s, 3),
        "batch": batch,
        "busy": busy,
    }
    if not busy:  # the busy thread's time is in the process's, and is nobody's cost
        found["cpu_us"] = _micros(ours, each)
        found["floor_cpu_us"] = _micros(floor, batch)
    return found


def _micros(haul: Haul, batch: int) -> float:
    """Processor time of one operation, in microseconds."""
    return round(1e6 * haul.cpu_seconds / len(haul.latencies) / batch, 1)
