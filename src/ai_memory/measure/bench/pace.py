"""Storing with embeddings beside the encoder alone: what is added to what the model costs."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any, Final

from ai_memory.compose import OpenNode
from ai_memory.measure.bench import crowd
from ai_memory.measure.bench.client import HttpClient, served
from ai_memory.measure.bench.corpus import Text
from ai_memory.measure.bench.crowd import Haul
from ai_memory.measure.bench.duel import Act
from ai_memory.measure.bench.filling import record
from ai_memory.measure.bench.stand import Stand
from ai_memory.measure.duration import spread
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.retrieval.window import windows

STORE_CALLERS: Final = 32
_ROUNDS: Final = 3
_IMPORT_BATCH: Final = 512
_BESIDE_BATCH: Final = 256
_BATCH_TOKENS_MAX: Final = (256, 2_048)
"""Of the bare encoder's batches; the quicker one counts."""


def embedded_stores(stand: Stand, opened: OpenNode, *, seconds: float) -> dict[str, Any]:
    """Stores with an embedding from 32 threads."""
    node, caller = opened.node, opened.caller("python")

    def make(_caller: int) -> Act:
        def act(_turn: int) -> None:
            text = stand.fresh()
            node.execute(
                caller, StoreMemory(title=text.title, content=text.content, namespace=text.topic)
            )

        return act

    def together(part: float) -> Haul:
        return crowd.of_threads(make, STORE_CALLERS, stand.clock, seconds=part)

    return _beside_encoder(stand, together, STORE_CALLERS, 1, seconds)


def imports(stand: Stand, opened: OpenNode, *, seconds: float, batch: int | None) -> dict[str, Any]:
    """A bulk import, batch after batch.

    Args:
        stand: What to import comes from it.
        opened: The node, at a level with vectors.
        seconds: For all rounds, the encoder's included.
        batch: Memories per command; None: the usual number.
    """
    node, caller = opened.node, opened.caller("python")
    size = batch or _IMPORT_BATCH

    def act(_turn: int) -> None:
        node.execute(caller, ImportMemories(memories=_records(stand, size)))

    def together(part: float) -> Haul:
        return crowd.of_threads(lambda _caller: act, 1, stand.clock, seconds=part)

    return _beside_encoder(stand, together, 1, size, seconds)


def stores_beside_import(stand: Stand, *, seconds: float) -> dict[str, Any]:
    """One person stores over HTTP while another connection imports without a pause."""
    stop, imported = threading.Event(), 0
    failures: list[Exception] = []

    def work(port: int) -> None:
        nonlocal imported
        try:
            with closing(HttpClient(port)) as client:
                while not stop.is_set():
                    memories = list(_records(stand, _BESIDE_BATCH))
                    client.post("/api/v1/import", {"memories": memories})
                    imported += len(memories)
        except Exception as failure:  # noqa: BLE001 - raised again below
            failures.append(failure)

    with served(stand.db, stand.level) as port, closing(HttpClient(port)) as client:
        client.store(stand.fresh())
        beside = threading.Thread(target=work, args=(port,))
        beside.start()
        try:
            haul = crowd.of_threads(
                lambda _caller: lambda _turn: client.store(stand.fresh()),
                1,
                stand.clock,
                seconds=seconds,
            )
        finally:
            stop.set()
            beside.join()
    if failures:
        raise failures[0]
    times = spread(haul.latencies)
    return {
        "callers": 1,
        "n": times.n,
        "p50_ms": round(times.p50_ms, 3),
        "p95_ms": round(times.p95_ms, 3),
        "p99_ms": round(times.p99_ms, 3),
        "imported": imported,
    }


def _records(stand: Stand, count: int) -> tuple[dict[str, Any], ...]:
    now = stand.clock.now()
    return tuple(record(stand.fresh(), now) for _ in range(count))


def _beside_encoder(
    stand: Stand, together: Any, callers: int, worth: int, seconds: float
) -> dict[str, Any]:
    """Take turns with the bare encoder, which computes as many texts of the same kind."""
    part = seconds / _ROUNDS / 2
    ours, computed, spent = crowd.NOTHING, 0, 0.0
    tokens_max = _quicker_batches(stand)
    for _ in range(_ROUNDS):
        ours += together(part)
        if stand.encoder is not None:
            began = stand.clock.monotonic()
            while computed == 0 or stand.clock.monotonic() < began + part:
                passages = _passages(stand, 256)
                stand.encoder.encode_many(passages, tokens_max)
                computed += len(passages)
            spent += stand.clock.monotonic() - began
    per_s = worth * ours.per_second
    times = spread(ours.latencies)
    return {
        "callers": callers,
        "n": times.n,
        "per_s": round(per_s, 1),
        "p50_ms": round(times.p50_ms, 3),
        "p95_ms": round(times.p95_ms, 3),
        "p99_ms": round(times.p99_ms, 3),
        "floor_per_s": round(computed / spent, 1) if spent else None,
        "share_of_floor": round(per_s / (computed / spent), 3) if spent else None,
        "batch": worth,
    }


def _quicker_batches(stand: Stand) -> int:
    """Which batches the bare encoder computes faster."""
    if stand.encoder is None:
        return _BATCH_TOKENS_MAX[0]
    times: dict[int, float] = {}
    passages = _passages(stand, 128)
    for tokens_max in _BATCH_TOKENS_MAX:
        began = stand.clock.monotonic()
        stand.encoder.encode_many(passages, tokens_max)
        times[tokens_max] = stand.clock.monotonic() - began
    return min(times, key=times.__getitem__)


def _passages(stand: Stand, count: int) -> list[str]:
    """What is embedded for so many memories."""
    texts: list[Text] = [stand.fresh() for _ in range(count)]
    return [window.text for text in texts for window in windows(text.title, text.content)]
