from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ai_memory.measure.bench.target import GRAPH_P95_MS_MAX, targets

MIB = 2**20


def size_of(size: int) -> dict[str, Any]:
    """A run that meets every target to the point."""
    return {
        "size": size,
        "operations": [
            {"name": "recall_hybrid", "p95_ms": 10.0, "ratio": 2.0},
            {"name": "get", "p95_ms": 99.0, "ratio": 99.0},
        ],
        "throughput": {
            "recall_16": {"per_s": 500.0},
            "store_threads": {"share_of_floor": 0.4},
        },
        "faces": {
            "recall_http": {"p95_ms": 11.0, "api_p95_ms": 10.0},
            "store_http": {"per_s": 2_000.0},
        },
        "pace": {
            "store_embedded": {"share_of_floor": 0.6},
            "import": {"share_of_floor": 0.9},
            "store_beside_import": {"p95_ms": 30.0},
        },
        "once": {
            "node": {
                "first_ms": 2_000.0,
                "uncached_first_ms": None,
                "resident_bytes": 350 * MIB,
            },
            "cli_recall_semantic": {"p50_ms": 700.0},
            "cli_recall_keyword": {"p50_ms": 200.0},
            "mcp_greeting": {"ratio": 1.1},
        },
        "nearness": [{"keeps": 1.0, "r@10": 0.98}, {"keeps": 0.01, "r@10": 0.98}],
    }


def missed(*sizes: dict[str, Any]) -> list[str]:
    return [target["name"] for target in targets({"sizes": sizes}) if not target["met"]]


def test_bounds_themselves_are_met() -> None:
    assert missed(size_of(1_000), size_of(10_000), size_of(100_000), size_of(1_000_000)) == []


@pytest.mark.parametrize(
    ("size", "worsen", "name"),
    [
        (100_000, lambda s: s["operations"][0].update(p95_ms=10.1), "hybrid recall p95"),
        (1_000_000, lambda s: s["operations"][0].update(p95_ms=25.1), "hybrid recall p95"),
        (100_000, lambda s: s["operations"][0].update(ratio=2.1), "times its floor"),
        (100_000, lambda s: s["throughput"]["recall_16"].update(per_s=499), "16 callers"),
        (10_000, lambda s: s["throughput"]["store_threads"].update(share_of_floor=0.39), "durable"),
        (10_000, lambda s: s["faces"]["recall_http"].update(p95_ms=11.1), "over HTTP"),
        (1_000, lambda s: s["faces"]["store_http"].update(per_s=1_999), "stores per s over HTTP"),
        (1_000, lambda s: s["pace"]["store_embedded"].update(share_of_floor=0.5), "encoder"),
        (1_000, lambda s: s["pace"]["import"].update(share_of_floor=0.8), "import"),
        (1_000, lambda s: s["pace"]["store_beside_import"].update(p95_ms=31), "beside an import"),
        (1_000_000, lambda s: s["once"]["node"].update(first_ms=2_001), "first recall"),
        (1_000_000, lambda s: s["once"]["node"].update(uncached_first_ms=2_001), "first recall"),
        (100_000, lambda s: s["once"]["node"].update(resident_bytes=351 * MIB), "resident"),
        (1_000_000, lambda s: s["once"]["node"].update(resident_bytes=1_501 * MIB), "resident"),
        (1_000, lambda s: s["once"]["cli_recall_semantic"].update(p50_ms=701), "CLI"),
        (1_000, lambda s: s["once"]["cli_recall_keyword"].update(p50_ms=201), "CLI"),
        (1_000, lambda s: s["once"]["mcp_greeting"].update(ratio=1.2), "MCP"),
        (100_000, lambda s: s["nearness"][1].update({"r@10": 0.97}), "filter keeping 1%"),
    ],
)
def test_each_miss_is_named(size: int, worsen: Callable[[dict[str, Any]], None], name: str) -> None:
    found = size_of(size)
    worsen(found)
    (only,) = missed(found)
    assert name in only
    assert f"{size:,}" in only


def test_growth_is_judged_between_two_sizes() -> None:
    small, large = size_of(10_000), size_of(1_000_000)
    small["operations"][0]["p95_ms"] = 2.4
    assert missed(small, large) == ["growth of hybrid recall p95 from 10,000 to 1,000,000, times"]


def test_what_was_not_measured_is_not_judged() -> None:
    found = size_of(1_000)
    found.update(operations=[], throughput={}, faces={}, pace={}, nearness=[])
    del found["once"]["cli_recall_semantic"]
    assert len(targets({"sizes": [found]})) == 2


def test_a_trial_at_a_tiny_size_judges_nothing() -> None:
    assert targets({"sizes": [size_of(200)]}) == []


def test_the_graph_is_judged_at_its_full_size() -> None:
    operations = [{"name": name, "p95_ms": bound + 0.1} for name, bound in GRAPH_P95_MS_MAX.items()]
    graph = {"links": 100_000, "operations": [*operations, {"name": "link", "p95_ms": 99.0}]}
    judged = targets({"sizes": [], "graph": graph})
    assert [target["met"] for target in judged] == [False] * 5
    assert judged[0]["name"] == "kg_query depth 3 p95, ms"
    assert targets({"sizes": [], "graph": {**graph, "links": 99_999}}) == []
