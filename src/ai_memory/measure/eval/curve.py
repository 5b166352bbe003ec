"""The trade of the relevance floor as an SVG document: answers kept against answers made up."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

_WIDTH: Final = 640  # pixels, as all below
_HEIGHT: Final = 420
_LEFT, _TOP, _RIGHT, _BOTTOM = 70, 50, 30, 60
_INK, _RULE, _LINE, _MARK = "#222", "#ddd", "#31688e", "#e08214"


def plot(found: Mapping[str, Any]) -> str | None:
    """any@5 over the false-recall rate, one point per floor; None if nothing was measured."""
    floor = found.get("floor")
    if floor is None:
        return None
    lowest = min(point["any@5"]["low"] for point in floor["curve"])
    bottom = int(lowest * 10) / 10
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
    parts.append(_text(_LEFT + width / 2, _HEIGHT - 14, "false recall", "middle"))
    parts.append(_text(_LEFT - 8, _TOP - 8, "any@5", "end"))
    points = [
        (x(point["false_recall"]["mean"]), y(point["any@5"]["mean"]), point["min_relevance"])
        for point in floor["curve"]
    ]
    path = " ".join(f"{across:.1f},{down:.1f}" for across, down, _at in points)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{_LINE}" stroke-width="2"/>')
    for across, down, at in points:
        chosen = abs(at - floor["min_relevance"]) < 1e-9
        parts.append(
            f'<circle cx="{across:.1f}" cy="{down:.1f}" r="{6 if chosen else 3}" '
            f'fill="{_MARK if chosen else _LINE}"/>'
        )
        if chosen or round(at * 20) % 4 == 0:
            parts.append(_text(across + 8, down + 14, f"{at:g}", "start"))
    return "\n".join([*parts, "</svg>", ""])


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{_RULE}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
