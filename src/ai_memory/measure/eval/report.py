"""The figures of an evaluation for people: a table, and bars with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ai_memory.measure.chart import Bar, Group, Panel, draw
from ai_memory.measure.eval.asking import TOKENS_OF
from ai_memory.measure.eval.result import COMPARED, plainly
from ai_memory.measure.metric import METRICS
from ai_memory.measure.table import markdown, table

PLAIN: Final = "short"
"""The set whose questions others ask in harder ways, under the same names."""

_SUMMARY: Final = ("", "n", "R@1", "beside its best part", "any@5", "beside its best part")
_ABLATED: Final = ("r@1", "any@5", "frac@5", "mrr")
_HEADINGS: Final = {"r@1": "R@1", "mrr": "MRR", "ndcg@10": "nDCG@10"}


def text(found: Mapping[str, Any]) -> str:
    """The result as a table, in percent with 95 % intervals."""
    head = ["", "n", *(_heading(name) for name in METRICS)]
    rows = [_row(level, figures) for level, figures in found["levels"].items()]
    rows += [
        _row(f"{found['level']}, category {name}", figures)
        for name, figures in found["categories"].items()
    ]
    for name, figures in found["parts"].items():
        label = f"{name} alone, {figures['detail']}" if figures["detail"] else f"{name} alone"
        rows.append(_row(label, {"n": found["n"], **figures}))
    lines = [_headline(found), "", table(head, rows), ""]
    for level, figures in found["levels"].items():
        for part, gains in figures["minus_parts"].items():
            shown = ", ".join(f"{_heading(name)} {_signed(gain)}" for name, gain in gains.items())
            lines.append(f"{level} − {part} alone: {shown} points, paired")
    for level, figures in found["levels"].items():
        for name in COMPARED:
            gain = figures.get("hybrid_minus_keyword", {}).get(name)
            if gain is not None:
                lines.append(f"{level} − keyword, {_heading(name)}: {_signed(gain)} points, paired")
    lines += [
        f"{level}: recall p50 {figures['p50_ms']:.1f} ms, p95 {figures['p95_ms']:.1f} ms at limit "
        f"{figures['recall_limit']}; {figures['tokens_returned']:,.0f} tokens in the first "
        f"{TOKENS_OF} memories"
        for level, figures in found["levels"].items()
    ]
    for level, figures in found["levels"].items():
        lines += _marks(level, figures)
    if "floor" in found:
        floor = found["floor"]
        lines.append(
            f"{found['level']}: leaving out what is not about the question costs "
            f"{_percent(floor['any@5_loss'])} points of any@5"
        )
        if "false_recall" in found:
            lines.append(
                f"{found['level']}: false recall {_percent(found['false_recall'])} % (a question "
                "asked in another namespace got something)"
            )
    if "ablation" in found:
        rows = [
            [name, *(_signed(gains[metric]) for metric in _ABLATED)]
            for name, gains in found["ablation"].items()
        ]
        head = ["points that an ingredient adds", *map(_heading, _ABLATED)]
        lines += ["", table(head, rows)]
    return "\n".join(lines)


def summary(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Several results as one table: each set at each level, beside the best of its parts."""
    marks = [
        f"{name}, {line}"
        for name, found in results.items()
        for level, figures in found["levels"].items()
        for line in _marks(level, figures)
        if not line.startswith(f"{level}, answerable") or len(figures["confidence"]) > 1
    ]
    lines = [table(_SUMMARY, _summary_rows(results)), "", *_beside_plain(results), *marks]
    ablated = {name: found["ablation"] for name, found in results.items() if "ablation" in found}
    if ablated:
        head = [f"points of {' and '.join(map(_heading, COMPARED))} that it adds", *ablated]
        ingredients = next(iter(ablated.values()))
        rows = [
            [
                ingredient,
                *(
                    " ".join(f"{100 * gains[ingredient][name]['mean']:+.1f}" for name in COMPARED)
                    for gains in ablated.values()
                ),
            ]
            for ingredient in ingredients
        ]
        lines += ["", table(head, rows)]
    return "\n".join(lines)


def _beside_plain(results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What small talk and long neighbours cost the questions of the plainest set."""
    plain = results.get(PLAIN)
    if plain is None:
        return []
    return [
        f"{name} − {PLAIN}, {level}, on the {gain['n']} questions of both: "
        f"R@1 {_signed(gain)} points, paired"
        for name, found in results.items()
        if name != PLAIN
        for level, gain in plainly(found, plain).items()
    ]


def summary_page(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The same table in Markdown."""
    return markdown(_SUMMARY, _summary_rows(results))


def _summary_rows(results: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    rows = []
    for name, found in results.items():
        for level, figures in found["levels"].items():
            row = [f"{name}, {level}", str(figures["n"])]
            for metric in COMPARED:
                row.append(_percent(figures[metric]))
                gains = figures["minus_parts"]
                part = min(gains, key=lambda part: float(gains[part][metric]["mean"]))
                row.append(f"{_signed(gains[part][metric])} {part}")
            rows.append(row)
    return rows


def _marks(level: str, figures: Mapping[str, Any]) -> list[str]:
    """What the answers of a level say of themselves."""
    lines = [
        f"{level}, {kind} (n = {given['n']}): {_percent(given['answered'])} % answered with "
        f"something, {_percent(given['confident'])} % confident"
        for kind, given in figures["confidence"].items()
    ]
    if "changes" in figures:
        given = figures["changes"]
        lines.append(
            f"{level}, changed (n = {given['n']}): {_percent(given['current_first'])} % current "
            f"first, {_percent(given['told'])} % told that it changed; of all "
            f"{given['mistold']['n']} questions {_percent(given['mistold'])} % told wrongly"
        )
    return lines


def plot(found: Mapping[str, Any]) -> str:
    """The result as an SVG document."""
    panels = [
        Panel(
            "All questions",
            [
                Group(
                    _heading(name),
                    [_bar(level, figures[name]) for level, figures in found["levels"].items()],
                )
                for name in METRICS
            ],
        )
    ]
    if found["categories"]:
        panels.append(
            Panel(
                f"By category, level {found['level']}",
                [
                    Group(
                        f"{name} (n = {figures['n']})",
                        [_bar(_heading(metric), figures[metric]) for metric in COMPARED],
                    )
                    for name, figures in found["categories"].items()
                ],
            )
        )
    return draw(_headline(found), panels)


def _headline(found: Mapping[str, Any]) -> str:
    return (
        f"{found['dataset']}, unit {found['unit']}, level {found['level']}: "
        f"{found['n']} questions, {found['skipped']} skipped"
    )


def _heading(name: str) -> str:
    return _HEADINGS.get(name, name)


def _row(label: str, figures: Mapping[str, Any]) -> list[str]:
    return [label, str(figures["n"]), *(_percent(figures[name]) for name in METRICS)]


def _percent(figure: Mapping[str, float]) -> str:
    mean, low, high = (100 * figure[name] for name in ("mean", "low", "high"))
    return f"{mean:.1f} [{low:.1f} {high:.1f}]"


def _signed(figure: Mapping[str, float]) -> str:
    mean, low, high = (100 * figure[name] for name in ("mean", "low", "high"))
    return f"{mean:+.1f} [{low:+.1f} {high:+.1f}]"


def _bar(series: str, figure: Mapping[str, float]) -> Bar:
    return Bar(series, figure["mean"], figure["low"], figure["high"])
