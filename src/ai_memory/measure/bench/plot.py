"""Cost against size, drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ai_memory.measure.bench.target import operation
from ai_memory.measure.line_chart import Line, Panel, draw

_MIB: Final = 2**20
_Value = Callable[[Mapping[str, Any]], float | None]


def plot(found: Mapping[str, Any]) -> str:
    """One SVG document: time, throughput and room over the number of memories."""

    def line(name: str, value: _Value, *, dashed: bool = False) -> Line:
        sizes = sorted(found["sizes"], key=lambda size: int(size["size"]))
        values = [(size["size"], value(size)) for size in sizes]
        return Line(name, [(size, number) for size, number in values if number], dashed)

    def both(name: str, what: str) -> list[Line]:
        return [
            line(what, _operation(name, "p95_ms")),
            line(f"{what}: floor", _operation(name, "floor_p95_ms"), dashed=True),
        ]

    panels = [
        Panel(
            "Recall, 95th percentile",
            "ms",
            [
                *both("recall_hybrid", "hybrid"),
                *both("recall_keyword", "keyword"),
                line("hybrid over HTTP", _within("faces", "recall_http", "p95_ms")),
                line("hybrid over MCP, stdio", _within("faces", "recall_mcp_stdio", "p95_ms")),
            ],
        ),
        Panel(
            "Other operations, 95th percentile",
            "ms",
            [
                *both("store", "store, keyword"),
                *both("search", "search"),
                line("list", _operation("list", "p95_ms")),
                line("stats", _operation("stats", "p95_ms")),
            ],
        ),
        Panel(
            "Throughput",
            "per s",
            [
                line("stores, 32 threads", _within("throughput", "store_threads", "per_s")),
                line(
                    "raw statements",
                    _within("throughput", "store_threads", "floor_per_s"),
                    dashed=True,
                ),
                line("stores, HTTP", _within("faces", "store_http", "per_s")),
                line("recalls, 16 threads", _within("throughput", "recall_16", "per_s")),
            ],
        ),
        Panel(
            "Memory and disk",
            "MiB",
            [
                line("resident", _resident),
                line("on disk", _disk),
                line("the text alone", lambda size: size["files"]["text_bytes"] / _MIB),
            ],
        ),
    ]
    return draw(f"What memories cost, level {found['level']}", panels)


def _operation(name: str, key: str) -> _Value:
    def value(size: Mapping[str, Any]) -> float | None:
        figures = operation(size, name)
        return None if figures is None else figures[key]

    return value


def _within(kind: str, name: str, key: str) -> _Value:
    return lambda size: size[kind].get(name, {}).get(key)


def _resident(size: Mapping[str, Any]) -> float | None:
    once = size["once"]
    return once["node"]["resident_bytes"] / _MIB if once else None


def _disk(size: Mapping[str, Any]) -> float:
    files = size["files"]
    return float(files["database_bytes"] + files["vector_index_bytes"]) / _MIB
