"""The targets that `ai-memory bench --check` holds the program to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

SIZE_MIN: Final = 1_000  # below that a run is a trial, not a measurement
_LARGE: Final = 100_000
_HUGE: Final = 1_000_000
_MIB: Final = 2**20

RECALL_P95_MS_MAX: Final = {_LARGE: 10.0, _HUGE: 25.0}
CHECK_DUPLICATE_P95_MS_MAX: Final = 15.0  # at 100,000
GRAPH_P95_MS_MAX: Final = {
    "kg_query depth 3": 20.0,
    "kg_query depth 5": 50.0,
    "kg_query depth 5, both ways": 50.0,
    "taxonomy": 20.0,
    "taxonomy, whole": 20.0,
}
_GRAPH_LINKS: Final = 100_000
RECALL_RATIO_MAX: Final = 2.0  # at 100,000
RECALL_GROWTH_MAX: Final = 4.0
GROWTH_FROM: Final = 10_000
RECALLS_PER_S_MIN: Final = 500.0  # from 16 callers, at 100,000
HTTP_MS_MORE_MAX: Final = 1.0
HTTP_JUDGED_MAX: Final = _LARGE
WORKERS_RATIO_MIN: Final = {"recall_keyword": 1.6, "recall_hybrid": 1.2, "store": 1.0}
GETS_PER_S_MIN: Final = 2_000.0  # from 16 callers
GET_P50_MS_MAX: Final = 0.7
STORE_SHARE_MIN: Final = 0.4
HTTP_STORES_PER_S_MIN: Final = 2_000.0
EMBEDDED_SHARE_MIN: Final = 0.6
IMPORT_SHARE_MIN: Final = 0.9
BESIDE_IMPORT_P95_MS_MAX: Final = 30.0
FIRST_MS_MAX: Final = 2_000.0  # at 1,000,000
RESIDENT_MIB_MAX: Final = {_LARGE: 350.0, _HUGE: 1_500.0}
CLI_MS_MAX: Final = {"semantic": 700.0, "keyword": 200.0}
GREETING_RATIO_MAX: Final = 1.1
NEARNESS_MIN: Final = 0.98  # at 100,000


class Figure(NamedTuple):
    """A measured figure and its bound, an upper one unless `at_least`."""

    name: str
    measured: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the bound holds."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


def targets(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each target that the run can judge: name, measured, bound, at_least, met."""
    judged = [size for size in found["sizes"] if size["size"] >= SIZE_MIN]
    figures = [
        figure
        for size in judged
        for rule in (_recall, _duplicates, _faces, _workers, _stores, _pace, _once, _nearness)
        for figure in rule(size, f"at {size['size']:,}")
    ]
    return [
        {**figure._asdict(), "met": figure.met}
        for figure in (*figures, *_growth(judged), *_graph(found))
    ]


def operation(size: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The figures of one operation; None if it was not measured."""
    return next((each for each in size["operations"] if each["name"] == name), None)


def _recall(size: Mapping[str, Any], where: str) -> Iterator[Figure]:
    hybrid, count = operation(size, "recall_hybrid"), size["size"]
    if hybrid is None:
        return
    if count in RECALL_P95_MS_MAX:
        bound = RECALL_P95_MS_MAX[count]
        yield Figure(f"hybrid recall p95 {where}, ms", hybrid["p95_ms"], bound)
    if count == _LARGE:
        yield Figure(f"hybrid recall {where}, times its floor", hybrid["ratio"], RECALL_RATIO_MAX)
        if (crowd := size["throughput"].get("recall_16")) is not None:
            name = f"16 callers' recalls per s {where}"
            yield Figure(name, crowd["per_s"], RECALLS_PER_S_MIN, at_least=True)


def _duplicates(size: Mapping[str, Any], where: str) -> Iterator[Figure]:
    for name in ("check_duplicate", "check_duplicate_keyword"):
        found = operation(size, name)
        if found is not None and size["size"] == _LARGE:
            what = f"{name} p95 {where}, ms"
            yield Figure(what, found["p95_ms"], CHECK_DUPLICATE_P95_MS_MAX)


def _graph(found: Mapping[str, Any]) -> Iterator[Figure]:
    graph = found.get("graph")
    if graph is None or graph["links"] < _GRAPH_LINKS:
        return
    for figures in graph["operations"]:
        if (bound := GRAPH_P95_MS_MAX.get(figures["name"])) is not None:
            yield Figure(f"{figures['name']} p95, ms", figures["p95_ms"], bound)


def _growth(sizes: list[Mapping[str, Any]]) -> Iterator[Figure]:
    by_size = {size["size"]: operation(size, "recall_hybrid") for size in sizes}
    first, last = by_size.get(GROWTH_FROM), by_size.get(_HUGE)
    if first is not None and last is not None:
        name = f"growth of hybrid recall p95 from {GROWTH_FROM:,} to {_HUGE:,}, times"
        yield Figure(name, last["p95_ms"] / first["p95_ms"], RECALL_GROWTH_MAX)


def _faces(size: Mapping[str, Any], where: str) -> Iterator[Figure]:
    faces = size["faces"]
    if (alone := faces.get("recall_http")) is not None and size["size"] <= HTTP_JUDGED_MAX:
        more = alone["p95_ms"] - alone["api_p95_ms"]
        yield Figure(f"recall p95 over HTTP {where}, ms more", more, HTTP_MS_MORE_MAX)
    if (crowd := faces.get("store_http")) is not None:
        name = f"durable stores per s over HTTP {where}"
        yield Figure(name, crowd["per_s"], HTTP_STORES_PER_S_MIN, at_least=True)


def _workers(size: Mapping[str, Any], where: str) -> Iterator[Figure]:
    found = size.get("workers") or {}
    for name, bound in WORKERS_RATIO_MIN.items():
        if (figures := found.get(name)) is not None:
            what = f"{name} with {figures['workers']} workers {where}, times that of one"
            yield Figure(what, figures["ratio"], bound, at_least=True)
    if (point := found.get("get")) is not None:
        yield Figure(f"gets per s over HTTP {where}", point["several_per_s"], GETS_PER_S_MIN,
                     at_least=True)  # fmt: skip
        yield Figure(f"get over HTTP {where}, p50 ms", point["p50_ms"], GET_P50_MS_MAX)


def _stores(size: Mapping[str, Any], where: str) -> Iterator[Figure]:
    for name, figures in size["throughput"].items():
        if name.startswith("store_"):
            what = f"durable {name} {where}, share of the raw statements"
            yield Figure(what, figures["share_of_floor"], STORE_SHARE_MIN, at_least=True)


def _pace(size: Mapping[str, Any], where: str) -> Iterator[Figure]:
    bounds = {"store_embedded": EMBEDDED_SHARE_MIN, "import": IMPORT_SHARE_MIN}
    for name, bound in bounds.items():
        figures = size["pace"].get(name)
        if figures is not None and figures["share_of_floor"] is not None:
            what = f"{name} {where}, share of the encoder's pace"
            yield Figure(what, figures["share_of_floor"], bound, at_least=True)
    if (beside := size["pace"].get("store_beside_import")) is not None:
        name = f"stores beside an import {where}, p95 ms"
        yield Figure(name, beside["p95_ms"], BESIDE_IMPORT_P95_MS_MAX)


def _once(size: Mapping[str, Any], where: str) -> Iterator[Figure]:
    once, count = size["once"], size["size"]
    if not once:
        return
    node = once["node"]
    if count == _HUGE:
        slowest = max(node["first_ms"], node["uncached_first_ms"] or 0.0)
        yield Figure(f"opening and first recall {where}, ms", slowest, FIRST_MS_MAX)
    if count in RESIDENT_MIB_MAX:
        resident = node["resident_bytes"] / _MIB
        yield Figure(f"resident {where}, MiB", resident, RESIDENT_MIB_MAX[count])
    for level, bound in CLI_MS_MAX.items():
        if (figures := once.get(f"cli_recall_{level}")) is not None:
            yield Figure(f"CLI recall, {level} level, {where}, ms", figures["p50_ms"], bound)
    ratio = once["mcp_greeting"]["ratio"]
    yield Figure(f"first MCP reply {where}, times the SDK's", ratio, GREETING_RATIO_MAX)


def _nearness(size: Mapping[str, Any], where: str) -> Iterator[Figure]:
    if size["size"] != _LARGE:
        return
    for figures in size["nearness"]:
        name = f"R@10 of the index {where}, a filter keeping {figures['keeps']:.0%}"
        yield Figure(name, figures["r@10"], NEARNESS_MIN, at_least=True)
