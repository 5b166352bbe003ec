"""The figures of an evaluation for people: a table, and bars with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ai_memory.measure.chart import Bar, Group, Panel, draw
from ai_memory.measure.eval.asking import TOKENS_OF
from ai_memory.measure.eval.result import COMPARED
from ai_memory.measure.metric import METRICS
from ai_memory.measure.table import table

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
    if "floor" in found:
        lines.append(
            f"{found['level']}: false recall {_percent(found['false_recall'])} % at min_relevance "
            f"{found['floor']['min_relevance']:g}, which costs "
            f"{_percent(found['floor']['any@5_loss'])} points of any@5"
        )
    if "ablation" in found:
        rows = [
            [name, *(_signed(gains[metric]) for metric in _ABLATED)]
            for name, gains in found["ablation"].items()
        ]
        head = ["points that an ingredient adds", *map(_heading, _ABLATED)]
        lines += ["", table(head, rows)]
    return "\n".join(lines)


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
