"""Drawings: well formed, nothing overlaps, the same every time; and a sample for the documents."""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

from ai_memory.graph.dot import dot
from ai_memory.graph.drawing import Drawing, Edge, Node
from ai_memory.graph.layout import BOX_HEIGHT, BOX_WIDTH, layout
from ai_memory.graph.svg import shortened, svg

SAMPLE = Path(__file__).parents[2] / "docs" / "graph-sample.svg"
DRAWING = Drawing(
    (
        Node("1", "We use SQLite", "team/storage", 0, None),
        Node("2", "We use PostgreSQL", "team/storage", 1, "1"),
        Node("3", "Benchmark of March", "team/measure", 1, "1"),
        Node("4", "MySQL was considered", "team/storage", 2, "2"),
        Node("5", "Disks of node-7 & node-8", "team/hosts", 2, "3"),
        Node("6", "測試伺服器的硬碟速度記錄以及其他說明文字", "team/hosts", 2, "3"),
        Node("7", 'A title "in quotes" that is much longer than a box is wide', "team", 3, "5"),
    ),
    (
        Edge("1", "2", "supersedes", ended=False),
        Edge("1", "3", "derived_from", ended=False),
        Edge("2", "4", "contradicts", ended=True),
        Edge("3", "5", "related_to", ended=False),
        Edge("3", "6", "related_to", ended=False),
        Edge("3", "6", "derived_from", ended=True),
        Edge("5", "6", "contradicts", ended=False),
        Edge("7", "5", "derived_from", ended=False),
    ),
)


def test_the_sample_of_the_documents_is_what_is_drawn() -> None:
    """`UPDATE_SAMPLES=1` writes it anew."""
    if os.environ.get("UPDATE_SAMPLES"):
        SAMPLE.write_text(svg(DRAWING), encoding="utf-8")
    assert SAMPLE.read_text(encoding="utf-8") == svg(DRAWING)


def test_no_two_boxes_overlap_and_all_lie_inside() -> None:
    plan = layout(DRAWING)
    for one, other in combinations(plan.places.values(), 2):
        apart = abs(one.x - other.x) >= BOX_WIDTH or abs(one.y - other.y) >= BOX_HEIGHT
        assert apart
    for place in plan.places.values():
        assert 0 <= place.x <= plan.width - BOX_WIDTH
        assert 0 <= place.y <= plan.height - BOX_HEIGHT


def test_an_svg_has_a_box_for_each_memory_and_an_arrow_for_each_link() -> None:
    root = ET.fromstring(svg(DRAWING))
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}g")) == len(DRAWING.nodes)
    arrows = [
        path for path in root.findall(f"{space}path") if path.find(f"{space}title") is not None
    ]
    assert len(arrows) == len(DRAWING.edges)
    dashed = [arrow.get("stroke-dasharray") is not None for arrow in arrows]
    assert dashed == [edge.ended for edge in DRAWING.edges]
    assert {arrow.get("marker-end") for arrow in arrows} == {
        f"url(#{edge.relation})" for edge in DRAWING.edges
    }


def test_text_that_is_markup_stays_text() -> None:
    nasty = Node('"><script>', "a\x00<b>\x1b[31m & 'c'", 'n\\s"', 0, None)
    root = ET.fromstring(svg(Drawing((nasty,), ())))
    assert "script" not in {element.tag.split("}")[1] for element in root.iter()}
    assert '\\"' in dot(Drawing((nasty,), ()))
    assert "\x1b" not in dot(Drawing((nasty,), ()))


def test_dot_names_every_memory_and_every_link() -> None:
    text = dot(DRAWING)
    assert text.count(" -> ") == len(DRAWING.edges)
    assert text.count("style=dashed") == 2
    assert '\\"in quotes\\"' in text


def test_a_title_is_cut_by_the_room_it_takes() -> None:
    assert shortened("short", 10) == "short"
    assert shortened("much too long", 8) == "much to…"
    assert shortened("測試伺服器", 6) == "測試…"
