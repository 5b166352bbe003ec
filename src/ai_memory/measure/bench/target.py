"""The targets that `ai-memory bench --check` holds the program to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

RECALL_SIZE: Final = 10_000
RECALL_P95_MS_MAX: Final = 15.0
RECALL_RATIO_MAX: Final = 3.0
STORES_PER_S_MIN: Final = 2_000.0
STORES_SIZE_MIN: Final = 1_000  # below that a run is a trial, not a measurement


def targets(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each target that the run can judge: name, measured, bound, met."""
    return [
        {"name": name, "measured": measured, "bound": bound, "met": met}
        for size in found["sizes"]
        for name, measured, bound, met in (*_recall(size), *_stores(size))
    ]


def _recall(size: Mapping[str, Any]) -> Iterator[tuple[str, float, float, bool]]:
    if size["size"] != RECALL_SIZE:
        return
    for operation in size["operations"]:
        if operation["name"] == "recall_hybrid":
            p95, ratio = operation["p95_ms"], operation["ratio"]
            name = f"hybrid recall p95 at {RECALL_SIZE:,} memories"
            yield f"{name}, ms", p95, RECALL_P95_MS_MAX, p95 <= RECALL_P95_MS_MAX
            yield f"{name}, times its floor", ratio, RECALL_RATIO_MAX, ratio <= RECALL_RATIO_MAX


def _stores(size: Mapping[str, Any]) -> Iterator[tuple[str, float, float, bool]]:
    if size["size"] < STORES_SIZE_MIN:
        return
    for name, figures in size["throughput"].items():
        if name.startswith("store_"):
            per_s = figures["per_s"]
            what = f"durable {name} at {size['size']:,} memories, stores/s"
            yield what, per_s, STORES_PER_S_MIN, per_s >= STORES_PER_S_MIN
