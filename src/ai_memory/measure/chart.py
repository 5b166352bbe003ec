"""A bar chart with intervals, as an SVG document that any browser shows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

_COLOURS: Final = ("#31688e", "#e08214", "#35b779", "#7b3294")
_INK: Final = "#222"
_RULE: Final = "#ddd"
_BAR: Final = 34  # pixels, as all below
_BAR_GAP: Final = 6
_GROUP_GAP: Final = 30
_LEFT: Final = 56
_RIGHT: Final = 20
_PANEL_TOP: Final = 58
_PLOT: Final = 220
_PANEL: Final = _PANEL_TOP + _PLOT + 40
_TITLE: Final = 40
_CHAR: Final = 7  # of 12 px text, on average


class Bar(NamedTuple):
    """A share between 0 and 1 with its interval; bars of one series have one colour."""

    series: str
    mean: float
    low: float
    high: float


class Group(NamedTuple):
    """Bars that stand together over one label."""

    label: str
    bars: Sequence[Bar]


class Panel(NamedTuple):
    """One chart; its series are coloured in order of appearance."""

    title: str
    groups: Sequence[Group]


def draw(title: str, panels: Sequence[Panel]) -> str:
    """The panels one below the other, as one SVG document."""
    widest = max(_LEFT + _right_edge(panel.groups) + _RIGHT for panel in panels)
    width = max(widest, _LEFT + 9 * len(title))
    height = _TITLE + _PANEL * len(panels)
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="{_INK}">'
    )
    parts = [
        root,
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _text(_LEFT, 26, title, size=16),
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, top=_TITLE + number * _PANEL, width=width)
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, *, top: int, width: int) -> list[str]:
    base = top + _PANEL_TOP + _PLOT
    series = list(dict.fromkeys(bar.series for group in panel.groups for bar in group.bars))
    parts = [_text(_LEFT, top + 16, panel.title, size=14)]
    legend = _LEFT
    for name in series:
        parts.append(_rect(legend, top + 26, 12, 12, _colour(series, name)))
        parts.append(_text(legend + 18, top + 36, name))
        legend += 18 + _CHAR * len(name) + 24
    for percent in range(0, 101, 20):
        y = base - percent / 100 * _PLOT
        parts.append(_line(_LEFT, y, width - _RIGHT, y, _RULE))
        parts.append(_text(_LEFT - 8, y + 4, f"{percent} %", anchor="end"))
    x = _LEFT + _GROUP_GAP // 2
    for group in panel.groups:
        span = _span(group)
        bars = len(group.bars) * (_BAR + _BAR_GAP) - _BAR_GAP
        parts.append(_text(x + span / 2, base + 18, group.label, anchor="middle"))
        at = x + (span - bars) / 2
        for bar in group.bars:
            parts += _bar(bar, at, base, _colour(series, bar.series))
            at += _BAR + _BAR_GAP
        x += span + _GROUP_GAP
    return parts


def _bar(bar: Bar, x: float, base: int, colour: str) -> list[str]:
    top, low, high = (base - share * _PLOT for share in (bar.mean, bar.low, bar.high))
    middle = x + _BAR / 2
    return [
        _rect(x, top, _BAR, base - top, colour),
        _line(middle, low, middle, high, _INK),
        _line(middle - 5, low, middle + 5, low, _INK),
        _line(middle - 5, high, middle + 5, high, _INK),
        _text(middle, min(top, high) - 5, f"{100 * bar.mean:.1f}", anchor="middle", size=11),
    ]


def _right_edge(groups: Sequence[Group]) -> int:
    return sum(_span(group) + _GROUP_GAP for group in groups)


def _span(group: Group) -> int:
    """The width of a group: its bars, or its label where that is wider."""
    return max(len(group.bars) * (_BAR + _BAR_GAP) - _BAR_GAP, _CHAR * len(group.label))


def _colour(series: Sequence[str], name: str) -> str:
    return _COLOURS[series.index(name) % len(_COLOURS)]


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )
