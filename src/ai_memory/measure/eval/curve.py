"""The trade of the relevance floor as an SVG document: answers kept against answers made up."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import cycle
from typing import Any, Final

_WIDTH: Final = 640  # pixels, as all below
_HEIGHT: Final = 420
_LEFT, _TOP, _RIGHT, _BOTTOM = 70, 50, 30, 60
_INK, _RULE = "#222", "#ddd"
_LINES: Final = ("#31688e", "#e08214", "#7b3294", "#1b7837")
_NO_KIND: Final = ("min_relevance", "any@5")


def plot(found: Mapping[str, Any]) -> str | None:
    """any@5 over the share of unanswerable questions that get something, one point per floor.

    One line for each kind of unanswerable question, its large mark where no floor is named; None
    if nothing was measured.
    """
    floor = found.get("floor")
    if floor is None:
        return None
    lowest = min(point["any@5"]["low"] for point in floor["curve"])
    bottom = min(0.9, int(lowest * 10) / 10)
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(share: float) -> float:
        return _LEFT + share * width

    def y(share: float) -> float:
        return _TOP + (1 - share) / (1 - bottom) * height

    title = f"{found['dataset']}, level {found['level']}: what the relevance floor costs and saves"
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12" fill="{_INK}">'
    )
    parts = [
        root,
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="28" font-size="15">{escape(title)}</text>',
    ]
    for step in range(11):
        share = step / 10
        parts.append(_line(x(share), _TOP, x(share), _TOP + height))
        parts.append(_text(x(share), _TOP + height + 18, f"{step * 10} %", "middle"))
        level = bottom + (1 - bottom) * share
        parts.append(_line(_LEFT, y(level), _LEFT + width, y(level)))
        parts.append(_text(_LEFT - 8, y(level) + 4, f"{100 * level:.0f} %", "end"))
    parts.append(_text(_LEFT + width / 2, _HEIGHT - 14, "answered with something", "middle"))
    parts.append(_text(_LEFT - 8, _TOP - 8, "any@5", "end"))
    kinds = [kind for kind in floor["curve"][0] if kind not in _NO_KIND]
    for number, (kind, line) in enumerate(zip(kinds, cycle(_LINES), strict=False)):
        points = [
            (x(point[kind]["mean"]), y(point["any@5"]["mean"]), point["min_relevance"])
            for point in floor["curve"]
        ]
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down, _at in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{line}" stroke-width="2"/>')
        for across, down, at in points:
            parts.append(_dot(across, down, 3, line))
            if round(at * 20) % 4 == 0:
                parts.append(_text(across + 8, down + 14, f"{at:g}", "start"))
        own = floor["default"][kind]["mean"]
        parts.append(_dot(x(own), y(max(bottom, found["any@5"]["mean"])), 6, line))
        below = _TOP + height - 16 * (len(kinds) - number)
        parts.append(_dot(_LEFT + 14, below - 4, 4, line))
        parts.append(_text(_LEFT + 24, below, kind.replace("_", " "), "start"))
    return "\n".join([*parts, "</svg>", ""])


def _dot(x: float, y: float, radius: int, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{_RULE}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
