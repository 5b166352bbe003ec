"""Where each memory of a drawing stands: a column per hop, a row per leaf.

So nothing overlaps, and the same drawing always gets the same places.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ai_memory.graph.drawing import Drawing

BOX_WIDTH: Final = 220  # all in pixels
BOX_HEIGHT: Final = 42
COLUMN_GAP: Final = 120
ROW_GAP: Final = 18
MARGIN: Final = 24


class Place(NamedTuple):
    """The upper left corner of a memory's box."""

    x: float
    y: float


class Layout(NamedTuple):
    """Places by id, and the size of all."""

    places: dict[str, Place]
    width: float
    height: float


def layout(drawing: Drawing) -> Layout:
    """Place every memory; a parent stands in the middle of its children."""
    children: dict[str, list[str]] = {node.id: [] for node in drawing.nodes}
    for node in drawing.nodes:
        if node.parent is not None:
            children[node.parent].append(node.id)
    rows = _rows(drawing, children)
    columns = {node.id: node.depth for node in drawing.nodes}
    places = {
        memory_id: Place(
            MARGIN + columns[memory_id] * (BOX_WIDTH + COLUMN_GAP),
            MARGIN + row * (BOX_HEIGHT + ROW_GAP),
        )
        for memory_id, row in rows.items()
    }
    return Layout(
        places,
        max((place.x for place in places.values()), default=0.0) + BOX_WIDTH + MARGIN,
        max((place.y for place in places.values()), default=0.0) + BOX_HEIGHT + MARGIN,
    )


def _rows(drawing: Drawing, children: dict[str, list[str]]) -> dict[str, float]:
    """The row of each memory: leaves are counted as a walk down the tree meets them."""
    rows: dict[str, float] = {}
    below = [node.id for node in drawing.nodes if node.parent is None][::-1]
    order: list[str] = []
    while below:
        memory_id = below.pop()
        order.append(memory_id)
        below += children[memory_id][::-1]
    leaves = 0
    for memory_id in order:
        if not children[memory_id]:
            rows[memory_id] = float(leaves)
            leaves += 1
    for memory_id in reversed(order):
        if children[memory_id]:
            inside = [rows[child] for child in children[memory_id]]
            rows[memory_id] = (inside[0] + inside[-1]) / 2
    return rows
