"""A walk through a neighbourhood, a whole frontier per hop; no memory is visited twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias

import msgspec

from ai_memory.model.link import Direction, Link

Neighbours: TypeAlias = Callable[[Sequence[str], int], list[Link]]
"""The links at some memories, at most so many, in any order."""


_in_time: Final = attrgetter("valid_from", "created_at", "source_id", "target_id", "relation")


class Reached(msgspec.Struct, frozen=True, gc=False):
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
    outward, inward = direction != "inbound", direction != "outbound"
    for _hop in range(depth):
        if not frontier:
            break
        links = neighbours(frontier, left + 1)
        truncated = len(links) > left
        links = links[:left]
        left -= len(links)
        at_hand = set(frontier)
        fresh: dict[str, tuple[str, ...]] = {}
        links.sort(key=_in_time)
        for link in links:
            near, far = link.source_id, link.target_id
            if outward and near in at_hand and far not in paths:
                path = fresh.get(far)
                if path is None:
                    path = fresh[far] = (*paths[near], far)
                if path[-2] == near:
                    reached.append(Reached(far, link, True, path))
            if inward and far in at_hand and near not in paths:
                path = fresh.get(near)
                if path is None:
                    path = fresh[near] = (*paths[far], near)
                if path[-2] == far:
                    reached.append(Reached(near, link, False, path))
        if truncated:
            return Walk(reached, truncated=True)
        paths.update(fresh)
        frontier = list(fresh)
    return Walk(reached, truncated=False)
