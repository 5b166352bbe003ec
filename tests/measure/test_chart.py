from __future__ import annotations

from xml.etree import ElementTree as ET

from ai_memory.measure.chart import Bar, Group, Panel, draw

SVG = "{http://www.w3.org/2000/svg}"
PANEL = Panel(
    "All <questions> & answers",
    [
        Group("R@1", [Bar("keyword", 0.5, 0.4, 0.6), Bar("semantic", 0.75, 0.7, 0.8)]),
        Group("a label that is wider than its bar", [Bar("keyword", 1.0, 1.0, 1.0)]),
    ],
)


def bars(root: ET.Element) -> list[tuple[float, str]]:
    """(height, colour) of the bars: rectangles taller than the legend's squares."""
    return [
        (float(rect.attrib["height"]), rect.attrib["fill"])
        for rect in root.iter(f"{SVG}rect")
        if float(rect.attrib["height"]) > 12 and rect.attrib["fill"] != "white"
    ]


def test_bars_are_as_high_as_their_shares_and_coloured_by_series() -> None:
    (first, blue), (second, orange), (third, same) = bars(ET.fromstring(draw("T", [PANEL])))
    assert first / third == 0.5
    assert second / third == 0.75
    assert blue == same != orange


def test_texts_are_escaped_and_all_there() -> None:
    root = ET.fromstring(draw("R@1 < MRR", [PANEL, PANEL]))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert texts[0] == "R@1 < MRR"
    assert texts.count("All <questions> & answers") == 2
    assert {"keyword", "semantic", "50.0", "75.0", "100.0", "100 %"} <= set(texts)


def test_nothing_is_drawn_outside() -> None:
    root = ET.fromstring(draw("T", [PANEL, PANEL]))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for rect in root.iter(f"{SVG}rect"):
        x, y = float(rect.attrib.get("x", 0)), float(rect.attrib.get("y", 0))
        assert x >= 0
        assert x + float(rect.attrib["width"]) <= width
        assert y >= 0
        assert y + float(rect.attrib["height"]) <= height
