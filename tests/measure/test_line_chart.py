from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from ai_memory.measure.line_chart import Line, Panel, draw

SVG = "{http://www.w3.org/2000/svg}"
PANEL = Panel(
    "Recall <p95>",
    "ms",
    [
        Line("ours", [(1_000, 2.0), (100_000, 20.0)]),
        Line("floor", [(1_000, 1.0), (100_000, 2.0)], dashed=True),
        Line("other", [(10_000, 100.0)]),
        Line("never measured", []),
    ],
)


def test_both_axes_are_logarithmic() -> None:
    root = ET.fromstring(draw("Cost", [PANEL]))
    ours, floor, _other = list(root.iter(f"{SVG}polyline"))
    (x1, y1), (x2, y2) = (map(float, p.split(",")) for p in ours.attrib["points"].split())
    (_x, low), (_x, high) = (map(float, p.split(",")) for p in floor.attrib["points"].split())
    assert (y1 - y2) == pytest.approx((low - high) / 0.30103, rel=0.01)  # ten times, and twice
    assert x2 > x1
    assert floor.attrib["stroke"] == ours.attrib["stroke"]
    assert "stroke-dasharray" in floor.attrib
    assert "stroke-dasharray" not in ours.attrib


def test_what_was_not_measured_is_not_drawn() -> None:
    root = ET.fromstring(draw("Cost", [PANEL, Panel("Nothing", "ms", [Line("none", [])])]))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"Recall <p95>", "ours", "floor", "other", "1,000", "100,000", "0.1"} & set(texts) == {
        "Recall <p95>", "ours", "floor", "other", "1,000", "100,000",
    }  # fmt: skip
    assert {"never measured", "Nothing", "none"} & set(texts) == set()


def test_nothing_is_drawn_outside() -> None:
    root = ET.fromstring(draw("Cost", [PANEL, PANEL]))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for circle in root.iter(f"{SVG}circle"):
        assert 0 <= float(circle.attrib["cx"]) <= width
        assert 0 <= float(circle.attrib["cy"]) <= height
