"""A drawing as SVG: boxes with titles, arrows in the colour of their relation."""

from __future__ import annotations

from collections import Counter
from typing import Final
from unicodedata import east_asian_width

from ai_memory.graph.drawing import COLOURS, Drawing, Edge, Node
from ai_memory.graph.layout import BOX_HEIGHT, BOX_WIDTH, MARGIN, Layout, Place, layout

_TITLE_CELLS: Final = 28  # of a 13 px font in a box
_NAMESPACE_CELLS: Final = 34
_PARALLEL_GAP: Final = 7  # px between links of the same two memories
_LEGEND_HEIGHT: Final = 30
_FONT: Final = "system-ui, sans-serif"


def svg(drawing: Drawing) -> str:
    """The drawing as a document; the same drawing gives the same text."""
    plan = layout(drawing)
    height = plan.height + _LEGEND_HEIGHT
    width = max(plan.width, _legend_width())
    used: Counter[frozenset[str]] = Counter()
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" font-family="{_FONT}">'
        ),
        *_heads(),
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
    ]
    for edge in drawing.edges:
        pair = frozenset((edge.source_id, edge.target_id))
        lines.append(_arrow(edge, plan, used[pair]))
        used[pair] += 1
    for node in drawing.nodes:
        lines += _box(node, plan.places[node.id])
    lines += [*_legend(plan.height), "</svg>", ""]
    return "\n".join(lines)


def _heads() -> list[str]:
    """An arrow head in each colour."""
    return [
        "<defs>",
        *(
            f'<marker id="{relation}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
            f'markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="{colour}"/></marker>'
            for relation, colour in COLOURS.items()
        ),
        "</defs>",
    ]


def _arrow(edge: Edge, plan: Layout, number: int) -> str:
    """A link as a curve; the `number`th of its two memories stands a little lower."""
    start, end = plan.places[edge.source_id], plan.places[edge.target_id]
    shift = BOX_HEIGHT / 2 + _PARALLEL_GAP * ((number + 1) // 2) * (1 if number % 2 else -1)
    y1, y2 = start.y + shift, end.y + shift
    if start.x == end.x:  # in one column: around the right side
        x1 = x2 = start.x + BOX_WIDTH
        bend1 = bend2 = x1 + 48
    else:
        forward = start.x < end.x
        x1 = start.x + (BOX_WIDTH if forward else 0)
        x2 = end.x + (0 if forward else BOX_WIDTH)
        bend1 = bend2 = (x1 + x2) / 2
    dashes = ' stroke-dasharray="6 4"' if edge.ended else ""
    said = edge.relation + (" (ended)" if edge.ended else "")
    return (
        f'<path d="M{x1:g} {y1:g}C{bend1:g} {y1:g} {bend2:g} {y2:g} {x2:g} {y2:g}" fill="none" '
        f'stroke="{COLOURS[edge.relation]}" stroke-width="1.6"{dashes} '
        f'marker-end="url(#{edge.relation})"><title>{said}</title></path>'
    )


def _box(node: Node, place: Place) -> list[str]:
    start = node.parent is None
    return [
        f"<g><title>{_escaped(node.title)}&#10;{_escaped(node.id)}</title>",
        (
            f'<rect x="{place.x:g}" y="{place.y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" '
            f'rx="8" fill="{"#ddf4ff" if start else "#f6f8fa"}" stroke="#8c959f" '
            f'stroke-width="{2 if start else 1}"/>'
        ),
        (
            f'<text x="{place.x + 10:g}" y="{place.y + 18:g}" font-size="13" fill="#1f2328">'
            f"{_escaped(shortened(node.title, _TITLE_CELLS))}</text>"
        ),
        (
            f'<text x="{place.x + 10:g}" y="{place.y + 34:g}" font-size="11" fill="#59636e">'
            f"{_escaped(shortened(node.namespace, _NAMESPACE_CELLS))}</text></g>"
        ),
    ]


def _legend_width() -> float:
    return MARGIN * 2 + 130 * (len(COLOURS) + 1)


def _legend(top: float) -> list[str]:
    y = top + 8
    lines = []
    looks = [(name, colour, "", name) for name, colour in COLOURS.items()]
    looks.append(("ended", "#57606a", ' stroke-dasharray="6 4"', "related_to"))
    for number, (name, colour, dashes, head) in enumerate(looks):
        x = MARGIN + 130 * number
        lines.append(
            f'<path d="M{x} {y:g}h32" stroke="{colour}" stroke-width="1.6"{dashes} '
            f'marker-end="url(#{head})"/>'
            f'<text x="{x + 40}" y="{y + 4:g}" font-size="11" fill="#59636e">{name}</text>'
        )
    return lines


def shortened(text: str, cells: int) -> str:
    """The beginning of a text that takes at most so many cells; a wide character takes two."""
    flat = " ".join(text.split())
    taken = 0
    for at, character in enumerate(flat):
        taken += 2 if east_asian_width(character) in "WF" else 1
        if taken > cells:
            return flat[: at - 1].rstrip() + "…"
    return flat


def _escaped(text: str) -> str:
    """Text for XML, without the characters that it cannot hold."""
    clean = "".join(c if c.isprintable() or c == " " else " " for c in text)
    for raw, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        clean = clean.replace(raw, entity)
    return clean
