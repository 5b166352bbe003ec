"""The figures of the bench for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ai_memory.measure.table import table

_MIB: Final = 2**20


def text(found: Mapping[str, Any]) -> str:
    """Tables, one pair per size, then the targets."""
    machine = found["machine"]
    place = (
        f"{machine['processor']}, {machine['cpus']} processors, load {machine['load_1m']}, "
        f"{machine['system']}, Python {machine['python']}, SQLite {machine['sqlite']}"
    )
    lines = [
        place,
        f"level {found['level']}; the floor is the bare library calls, measured in turn",
    ]
    for size in found["sizes"]:
        lines += ["", *_size(size)]
    lines += ["", *(_target(target) for target in found["targets"])]
    return "\n".join(lines)


def _size(size: Mapping[str, Any]) -> list[str]:
    head = [f"{size['size']:,} memories", "p50 ms", "p95 ms", "p99 ms", "floor p95", "ratio", "n"]
    operations = [
        [
            operation["name"],
            *(f"{operation[name]:.2f}" for name in ("p50_ms", "p95_ms", "p99_ms")),
            _or_dash(operation["floor_p95_ms"]),
            _or_dash(operation["ratio"]),
            str(operation["n"]),
        ]
        for operation in size["operations"]
    ]
    crowd_head = [
        "many callers",
        "callers",
        "per s",
        "p50 ms",
        "p95 ms",
        "floor per s",
        "share",
        "cpu µs",
    ]
    crowds = [
        [
            name,
            str(figures["callers"]),
            f"{figures['per_s']:,.0f}",
            f"{figures['p50_ms']:.2f}",
            f"{figures['p95_ms']:.2f}",
            f"{figures['floor_per_s']:,.0f}",
            f"{figures['share_of_floor']:.2f}",
            f"{figures['cpu_us']:.0f}" if "cpu_us" in figures else "",
        ]
        for name, figures in size["throughput"].items()
    ]
    files, cold = size["files"], size["cold"]
    once = (
        f"import {size['import']['per_s']:,.0f} memories/s; cold: open {cold['open_ms']:.0f} ms, "
        f"first recall {cold['first_recall_ms']:.0f} ms more; "
        f"{size['resident_bytes'] / _MIB:.0f} MiB resident"
    )
    disk = (
        f"database {files['database_bytes'] / _MIB:.1f} MiB, vector index "
        f"{files['vector_index_bytes'] / _MIB:.1f} MiB, {files['bytes_per_memory']:,} bytes per "
        f"memory, text alone {files['text_bytes'] / size['size']:.0f}"
    )
    return [table(head, operations), "", table(crowd_head, crowds), "", once, disk]


def _target(target: Mapping[str, Any]) -> str:
    verdict = "met   " if target["met"] else "MISSED"
    return f"{verdict}  {target['name']}: {target['measured']:,.2f} (bound {target['bound']:,.0f})"


def _or_dash(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
