"""A walk through a neighbourhood, a whole frontier per hop; no memory is visited twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from ai_memory.model.link import Direction, Link

Neighbours: TypeAlias = Callable[[Sequence[str], int], list[Link]]
"""The links at some memories, at most so many, in any order."""


class Reached(NamedTuple):
    """A link that led to a memory not seen before.

    Attributes:
        memory_id: The memory it led to.
        outbound: Whether it was followed in its own direction.
        path: Ids from the start to this memory.
    """

    memory_id: str
    link: Link
    outbound: bool
    path: tuple[str, ...]

    @property
    def depth(self) -> int:
        """Hops from the start."""
        return len(self.path) - 1


class Walk(NamedTuple):
    """What a walk met, nearest first; `truncated` when there was more than it may look at."""

    reached: list[Reached]
    truncated: bool


def walk(
    start: str, neighbours: Neighbours, *, direction: Direction, depth: int, links_max: int
) -> Walk:
    """Visit what lies within `depth` hops, breadth first.

    A memory is reached once, on a shortest path; other links of the path's last hop, between the
    same two memories, are listed beside it. Within a hop: in the order in which the links began
    to hold.

    Args:
        start: Where to begin.
        neighbours: Fetches the links of a frontier, seen in `direction`.
        direction: Which way links are followed.
        depth: Hops at most.
        links_max: Links looked at in all.
    """
    paths: dict[str, tuple[str, ...]] = {start: (start,)}
    reached: list[Reached] = []
    frontier = [start]
    left = links_max
    for _hop in range(depth):
        if not frontier:
            break
        links = neighbours(frontier, left + 1)
        truncated = len(links) > left
        links = links[:left]
        left -= len(links)
        at_hand = set(frontier)
        fresh: dict[str, tuple[str, ...]] = {}
        for link in sorted(links, key=_in_time):
            for near, far, outbound in _ends(link, direction):
                if near not in at_hand or far in paths:
                    continue
                path = fresh.setdefault(far, (*paths[near], far))
                if path[-2] == near:
                    reached.append(Reached(far, link, outbound, path))
        if truncated:
            return Walk(reached, truncated=True)
        paths.update(fresh)
        frontier = list(fresh)
    return Walk(reached, truncated=False)


def _in_time(link: Link) -> tuple[int, int, str, str, str]:
    return link.valid_from, link.created_at, link.source_id, link.target_id, link.relation


def _ends(link: Link, direction: Direction) -> list[tuple[str, str, bool]]:
    """(near, far, followed in its own direction) of each way the link may be walked."""
    ends = []
    if direction != "inbound":
        ends.append((link.source_id, link.target_id, True))
    if direction != "outbound":
        ends.append((link.target_id, link.source_id, False))
    return ends
