"""Several processes behind one port, beside one process: the same callers, in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count, cycle
from typing import Any, Final
from urllib.parse import quote

from ai_memory.adapters.system import usable_processors
from ai_memory.measure.bench import flood
from ai_memory.measure.bench.client import HttpClient, served
from ai_memory.measure.bench.crowd import NOTHING
from ai_memory.measure.bench.stand import Stand
from ai_memory.measure.duration import spread

CALLERS: Final = 16
ROUNDS: Final = 4
_WORKERS_MAX: Final = 4
_IDS: Final = 1_000


def several() -> int:
    """How many processes are compared with one."""
    return max(2, min(_WORKERS_MAX, usable_processors()))


def compared(stand: Stand, *, seconds: float) -> dict[str, Any]:
    """What sixteen callers get done with one process and with several, and what one waits.

    The two take turns on one store. Point reads, recalls by words and stores are asked of nodes at
    the keyword level, which no encoder holds up; hybrid recalls of nodes at the stand's.

    Args:
        stand: Filled; it is written to.
        seconds: For each figure.

    Returns:
        Figures by operation: callers, workers, per_s, several_per_s, ratio, and p50_ms for one
        caller alone.
    """
    found: dict[str, Any] = {}
    levels = dict.fromkeys(("keyword", stand.level))
    for level in levels:
        with ExitStack() as stack:
            one = stack.enter_context(served(stand.db, level))
            many = stack.enter_context(served(stand.db, level, workers=several()))
            for name, make in _asked(stand, one, level):
                found[name] = _figures(stand, one, many, make, seconds)
    return found


def _figures(
    stand: Stand, one: int, many: int, make: Callable[[], bytes], seconds: float
) -> dict[str, Any]:
    part = seconds / ROUNDS
    hauls = {one: NOTHING, many: NOTHING}
    for port in hauls:  # what is made when first used, and the caches
        flood.flood(port, CALLERS, make, stand.clock, seconds=part)
    alone = NOTHING
    for _ in range(ROUNDS):
        for port in hauls:
            hauls[port] += flood.flood(port, CALLERS, make, stand.clock, seconds=part)
        alone += flood.flood(many, 1, make, stand.clock, seconds=part / 2)
    single, severally = hauls[one].per_second, hauls[many].per_second
    return {
        "callers": CALLERS,
        "workers": several(),
        "per_s": round(single, 1),
        "several_per_s": round(severally, 1),
        "ratio": round(severally / single, 2),
        "p50_ms": round(spread(alone.latencies).p50_ms, 3),
    }


def _asked(stand: Stand, port: int, level: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """What is asked at a level, by name."""
    turns = count()

    def recalled() -> bytes:  # new words each time: no vector is remembered
        question = stand.questions[next(turns) % len(stand.questions)]
        return flood.post("/api/v1/recall", {"context": f"{question} {next(turns)}"})

    if level != "keyword":
        yield "recall_hybrid", recalled
        return
    client = HttpClient(port)
    ids = cycle([str(each["id"]) for each in client.list(_IDS)])
    client.close()
    searches = cycle(stand.facts.searches)
    yield "get", lambda: flood.get(f"/api/v1/memories/{next(ids)}")
    yield "search", lambda: flood.get(f"/api/v1/search?q={quote(next(searches))}")
    yield "kg_timeline", lambda: flood.get(f"/api/v1/kg/timeline?source_id={next(ids)}")
    yield "recall_keyword", recalled

    def stored() -> bytes:
        text = stand.fresh()
        fields = {"title": text.title, "content": text.content, "namespace": text.topic}
        return flood.post("/api/v1/memories", fields)

    yield "store", stored
