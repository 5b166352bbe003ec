"""Lines over sizes, both axes logarithmic, as an SVG document that any browser shows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import Final, NamedTuple

_COLOURS: Final = ("#31688e", "#e08214", "#35b779", "#7b3294", "#c23b22", "#666666")
_INK: Final = "#222"
_RULE: Final = "#ddd"
_WIDTH: Final = 760  # pixels, as all below
_LEFT: Final = 70
_RIGHT: Final = 210
_TITLE: Final = 40
_PANEL_TOP: Final = 40
_PLOT: Final = 240
_PANEL: Final = _PANEL_TOP + _PLOT + 50
_LEGEND_LINE: Final = 18


class Line(NamedTuple):
    """One series; `dashed` for a floor. Points are (size, value), all above 0.

    A floor has the colour of the line before it.
    """

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


class Panel(NamedTuple):
    """One chart.

    Attributes:
        unit: Stands over the vertical axis.
    """

    title: str
    unit: str
    lines: Sequence[Line]


def draw(title: str, panels: Sequence[Panel]) -> str:
    """The panels that have a point, one below the other, as one SVG document."""
    shown = [panel for panel in panels if any(line.points for line in panel.lines)]
    height = _TITLE + _PANEL * len(shown)
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12" fill="{_INK}">'
    )
    parts = [
        root,
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        _text(_LEFT, 26, title, size=16),
    ]
    for number, panel in enumerate(shown):
        parts += _panel(panel, top=_TITLE + number * _PANEL)
    return "\n".join([*parts, "</svg>", ""])


class _Axis(NamedTuple):
    """Decades from `low` to `high` (exponents), laid over pixels from `start` to `end`."""

    low: int
    high: int
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands."""
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def _axis(values: Sequence[float], start: float, end: float) -> _Axis:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return _Axis(low, max(high, low + 1), start, end)


def _panel(panel: Panel, *, top: int) -> list[str]:
    ceiling, base = top + _PANEL_TOP, top + _PANEL_TOP + _PLOT
    points = [point for line in panel.lines for point in line.points]
    across = _axis([size for size, _value in points], _LEFT, _WIDTH - _RIGHT)
    down = _axis([value for _size, value in points], base, ceiling)
    parts = [
        _text(_LEFT, top + 16, panel.title, size=14),
        _text(_LEFT - 8, ceiling - 8, panel.unit, anchor="end"),
    ]
    for power in range(down.low, down.high + 1):
        y = down.at(10.0**power)
        parts.append(_rule(_LEFT, y, _WIDTH - _RIGHT, y))
        parts.append(_text(_LEFT - 8, y + 4, f"{10.0**power:,g}", anchor="end"))
    for power in range(across.low, across.high + 1):
        x = across.at(10.0**power)
        parts.append(_rule(x, ceiling, x, base))
        parts.append(_text(x, base + 18, f"{10**power:,}", anchor="middle"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, base + 36, "memories", anchor="middle"))
    number = -1
    for row, line in enumerate(line for line in panel.lines if line.points):
        number += not line.dashed
        colour = _COLOURS[max(number, 0) % len(_COLOURS)]
        parts += _line(line, across, down, colour)
        parts += _legend(line, ceiling + row * _LEGEND_LINE, colour)
    return parts


def _line(line: Line, across: _Axis, down: _Axis, colour: str) -> list[str]:
    places = [(across.at(size), down.at(value)) for size, value in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{_dash(line)}/>',
        *(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}">'
            f"<title>{escape(f'{line.name}, {size:,g}: {value:,.4g}')}</title></circle>"
            for (x, y), (size, value) in zip(places, line.points, strict=True)
        ),
    ]


def _legend(line: Line, y: float, colour: str) -> list[str]:
    x = _WIDTH - _RIGHT + 16
    sample = (
        f'<line x1="{x}" y1="{y:.1f}" x2="{x + 24}" y2="{y:.1f}" stroke="{colour}" '
        f'stroke-width="2"{_dash(line)}/>'
    )
    return [sample, _text(x + 30, y + 4, line.name)]


def _dash(line: Line) -> str:
    return ' stroke-dasharray="5 4"' if line.dashed else ""


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{_RULE}"/>'


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )
