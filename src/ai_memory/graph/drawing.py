"""A neighbourhood to be drawn: memories, the links among them, and how each relation looks."""

from __future__ import annotations

from typing import Final, NamedTuple

COLOURS: Final = {
    "related_to": "#57606a",
    "supersedes": "#1a7f37",
    "contradicts": "#cf222e",
    "derived_from": "#0969da",
}


class Node(NamedTuple):
    """A memory.

    Attributes:
        parent: The memory from which it was reached; None for the start.
    """

    id: str
    title: str
    namespace: str
    depth: int
    parent: str | None


class Edge(NamedTuple):
    """A link among the memories; `ended` when it no longer holds."""

    source_id: str
    target_id: str
    relation: str
    ended: bool


class Drawing(NamedTuple):
    """Memories, a parent before its children, the start first; and their links."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
