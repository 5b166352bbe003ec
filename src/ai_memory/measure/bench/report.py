"""The figures of the bench for people: tables on a terminal, tables for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ai_memory.measure.table import markdown, table

_MIB: Final = 2**20
_PARTS: Final = ("embed", "words", "vectors", "rows", "rest")
_PACE: Final = {"store_embedded": "store, 32 callers", "import": "bulk import"}


class Section(NamedTuple):
    """One table; all cells are text."""

    title: str
    head: Sequence[str]
    rows: list[list[str]]


def text(found: Mapping[str, Any]) -> str:
    """Tables for a terminal, then the targets."""
    lines = [_place(found)]
    for section in sections(found):
        lines += ["", section.title, table(section.head, section.rows)]
    return "\n".join([*lines, "", *(_target(target) for target in found["targets"])])


def page(found: Mapping[str, Any]) -> str:
    """The same tables in Markdown."""
    lines = [_place(found)]
    for section in sections(found):
        lines += ["", f"**{section.title}**", "", markdown(section.head, section.rows)]
    missed = [target for target in found["targets"] if not target["met"]]
    met = len(found["targets"]) - len(missed)
    lines += ["", f"{met} of {len(found['targets'])} targets met."]
    lines += [f"- missed: {_target(target).split('  ', 1)[1]}" for target in missed]
    return "\n".join([*lines, ""])


def sections(found: Mapping[str, Any]) -> list[Section]:
    """Every table that has a row."""
    sizes = found["sizes"]
    every = [
        _operations(sizes),
        _graph(found.get("graph")),
        _faces(sizes),
        _crowds(sizes),
        _workers(sizes),
        _pace(sizes),
    ]
    every += [_anatomy(sizes), _once(sizes), _nearness(sizes), _transfer(sizes), _room(sizes)]
    return [section for section in every if section.rows]


def _place(found: Mapping[str, Any]) -> str:
    machine = found["machine"]
    return (
        f"{machine['processor']}, {machine['cpus']} processors, load {machine['load_1m']}, "
        f"{machine['system']}, Python {machine['python']}, SQLite {machine['sqlite']}; "
        f"level {found['level']}"
    )


def _operations(sizes: Sequence[Mapping[str, Any]]) -> Section:
    head = ["one caller, ms", "memories", "p50", "p95", "p99", "floor p95", "times floor", "n"]
    names = dict.fromkeys(each["name"] for size in sizes for each in size["operations"])
    rows = [
        [name, f"{size['size']:,}", *_cells(each)]
        for name in names
        for size in sizes
        for each in size["operations"]
        if each["name"] == name
    ]
    return Section("Through the Python API, beside the bare library calls", head, rows)


def _graph(found: Mapping[str, Any] | None) -> Section:
    head = ["the graph, ms", "p50", "p95", "p99", "floor p95", "times floor", "n"]
    if found is None:
        return Section("", head, [])
    title = (
        f"The graph: {found['memories']:,} memories in {found['namespaces']:,} namespaces, "
        f"{found['links']:,} links, {found['fan_out']} from each; answers as JSON"
    )
    return Section(title, head, [[each["name"], *_cells(each)] for each in found["operations"]])


def _cells(each: Mapping[str, Any]) -> list[str]:
    return [
        *(_ms(each[key]) for key in ("p50_ms", "p95_ms", "p99_ms", "floor_p95_ms")),
        _or_dash(each["ratio"], ".1f"),
        str(each["n"]),
    ]


def _faces(sizes: Sequence[Mapping[str, Any]]) -> Section:
    head = ["over a face", "memories", "callers", "per s", "p50", "p95", "p99", "API p95",
            "floor per s"]  # fmt: skip
    names = dict.fromkeys(name for size in sizes for name in size["faces"])
    rows = [
        [
            name,
            f"{size['size']:,}",
            str(figures["callers"]),
            _or_dash(figures.get("per_s"), ",.0f"),
            *(_ms(figures[key]) for key in ("p50_ms", "p95_ms", "p99_ms")),
            _ms(figures.get("api_p95_ms")),
            _or_dash(figures.get("floor_per_s"), ",.0f"),
        ]
        for name in names
        for size in sizes
        if (figures := size["faces"].get(name)) is not None
    ]
    title = "Over HTTP and MCP, a node in another process; the API answers the same in turn"
    return Section(title, head, rows)


def _crowds(sizes: Sequence[Mapping[str, Any]]) -> Section:
    head = ["many callers", "memories", "callers", "per s", "p50", "p95", "floor per s", "share",
            "cpu µs"]  # fmt: skip
    names = dict.fromkeys(name for size in sizes for name in size["throughput"])
    rows = [
        [
            name,
            f"{size['size']:,}",
            str(figures["callers"]),
            f"{figures['per_s']:,.0f}",
            _ms(figures["p50_ms"]),
            _ms(figures["p95_ms"]),
            f"{figures['floor_per_s']:,.0f}",
            f"{figures['share_of_floor']:.2f}",
            _or_dash(figures.get("cpu_us"), ".0f"),
        ]
        for name in names
        for size in sizes
        if (figures := size["throughput"].get(name)) is not None
    ]
    return Section("Many callers of the Python API, beside the bare calls", head, rows)


def _workers(sizes: Sequence[Mapping[str, Any]]) -> Section:
    head = ["16 callers over HTTP", "memories", "workers", "per s", "of one", "times", "p50 alone"]
    names = dict.fromkeys(name for size in sizes for name in size.get("workers", {}))
    rows = [
        [
            name,
            f"{size['size']:,}",
            str(figures["workers"]),
            f"{figures['several_per_s']:,.0f}",
            f"{figures['per_s']:,.0f}",
            f"{figures['ratio']:.2f}",
            _ms(figures["p50_ms"]),
        ]
        for name in names
        for size in sizes
        if (figures := size.get("workers", {}).get(name)) is not None
    ]
    return Section("Several processes behind one port, beside one", head, rows)


def _pace(sizes: Sequence[Mapping[str, Any]]) -> Section:
    head = ["with embeddings", "memories", "per s", "p50", "p95", "encoder per s", "share"]
    rows = [
        [
            what,
            f"{size['size']:,}",
            f"{figures['per_s']:,.0f}",
            _ms(figures["p50_ms"]),
            _ms(figures["p95_ms"]),
            _or_dash(figures["floor_per_s"], ",.0f"),
            _or_dash(figures["share_of_floor"], ".2f"),
        ]
        for name, what in _PACE.items()
        for size in sizes
        if (figures := size["pace"].get(name)) is not None
    ]
    rows += [
        ["store beside an import", f"{size['size']:,}", "", _ms(figures["p50_ms"]),
         _ms(figures["p95_ms"]), "", ""]
        for size in sizes
        if (figures := size["pace"].get("store_beside_import")) is not None
    ]  # fmt: skip
    return Section("Storing with embeddings, beside the encoder's own batches", head, rows)


def _anatomy(sizes: Sequence[Mapping[str, Any]]) -> Section:
    head = ["a hybrid recall, median ms", *_PARTS, "whole"]
    rows = [
        [f"{size['size']:,} memories", *(_ms(size["anatomy"][part]) for part in (*_PARTS, "whole"))]
        for size in sizes
        if size["anatomy"]
    ]
    return Section("Where a recall's time goes: its parts alone, and all of it", head, rows)


def _once(sizes: Sequence[Mapping[str, Any]]) -> Section:
    head = ["a new process, ms", "memories", "p50", "p95", "processor", "floor p50", "n"]
    rows: list[list[str]] = []
    kinds = {
        "first_ms": "open and first recall",
        "uncached_first_ms": "the same, files not in memory",
    }
    for key, what in kinds.items():
        rows += [
            [what, f"{size['size']:,}", _ms(size["once"]["node"][key]), "", "", "", "1"]
            for size in sizes
            if size["once"]
        ]
    rows += [
        ["its first 300 recalls", f"{size['size']:,}", _ms(node["early_p50_ms"]),
         _ms(node["early_p95_ms"]), "", "", ""]
        for size in sizes
        if (node := size["once"].get("node"))
    ]  # fmt: skip
    names = dict.fromkeys(name for size in sizes for name in size["once"] if name != "node")
    rows += [
        [name, f"{size['size']:,}", _ms(figures["p50_ms"]), _ms(figures["p95_ms"]),
         _ms(figures["cpu_p50_ms"]), _ms(figures.get("floor_p50_ms")), str(figures["n"])]
        for name in names
        for size in sizes
        if (figures := size["once"].get(name)) is not None
    ]  # fmt: skip
    return Section("Cold: what a process pays once", head, rows)


def _nearness(sizes: Sequence[Mapping[str, Any]]) -> Section:
    head = ["vector index", "memories", "rows that match", "R@10", "p50 ms", "p95 ms"]
    rows = [
        [
            f"a filter keeps {figures['keeps']:.0%}" if figures["keeps"] < 1 else "no filter",
            f"{size['size']:,}",
            f"{figures['rows']:,}",
            f"{figures['r@10']:.3f}",
            _ms(figures["p50_ms"]),
            _ms(figures["p95_ms"]),
        ]
        for size in sizes
        for figures in size["nearness"]
    ]
    return Section("Ten nearest, beside exact search", head, rows)


def _transfer(sizes: Sequence[Mapping[str, Any]]) -> Section:
    rows = [
        [name, f"{size['size']:,}", f"{figures['records']:,}", f"{figures['per_s']:,.0f}"]
        for name in ("export", "import")
        for size in sizes
        if (figures := size.get("transfer", {}).get(name)) is not None
    ]
    head = ["whole records", "memories", "records", "per s"]
    return Section("Export and import, one caller, without vectors", head, rows)


def _room(sizes: Sequence[Mapping[str, Any]]) -> Section:
    head = ["room", "resident MiB", "database MiB", "vectors MiB", "bytes per memory", "its text",
            "filled per s"]  # fmt: skip
    rows = [
        [
            f"{size['size']:,} memories",
            f"{size['once']['node']['resident_bytes'] / _MIB:.0f}" if size["once"] else "–",
            f"{files['database_bytes'] / _MIB:,.1f}",
            f"{files['vector_index_bytes'] / _MIB:,.1f}",
            f"{files['bytes_per_memory']:,}",
            f"{files['text_bytes'] / size['size']:.0f}",
            f"{size['import']['per_s']:,.0f}",
        ]
        for size in sizes
        if (files := size["files"])
    ]
    return Section("Memory and disk", head, rows)


def _target(target: Mapping[str, Any]) -> str:
    verdict = "met   " if target["met"] else "MISSED"
    relation = "at least" if target["at_least"] else "at most"
    return (
        f"{verdict}  {target['name']}: {target['measured']:,.2f} ({relation} {target['bound']:,g})"
    )


def _ms(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
