"""Paths between two memories: a search from both ends, and simple paths within what it saw."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from ai_memory.graph.traverse import Neighbours


class Paths(NamedTuple):
    """Paths as ids, shortest first, then by id; `truncated` when there may be more."""

    paths: list[tuple[str, ...]]
    truncated: bool


class _Side:
    """One end's search: what it has seen, and the rim it looks from next."""

    def __init__(self, start: str) -> None:
        self.seen = {start}
        self.rim = [start]


def find_paths(
    source: str,
    target: str,
    neighbours: Neighbours,
    *,
    depth: int,
    results_max: int,
    links_max: int,
    steps_max: int,
) -> Paths:
    """The shortest simple paths of at most `depth` links, whichever way the links point.

    The smaller rim is widened by one hop at a time. After hops in all, every path of so many links
    lies within what was seen: its first part near the source, the rest near the target. So paths
    are listed length by length, and the search ends as soon as there are enough.

    Args:
        source: One end.
        target: The other end.
        neighbours: Fetches the links of a rim, seen from both ends.
        depth: Links of a path at most.
        results_max: Paths at most.
        links_max: Links looked at in all.
        steps_max: Steps of listing paths in all; a dense graph has more ways than anyone wants.
    """
    if source == target:
        return Paths([(source,)], truncated=False)
    around: dict[str, set[str]] = {source: set(), target: set()}
    sides = (_Side(source), _Side(target))
    found: list[tuple[str, ...]] = []
    budget = _Budget(links_max, steps_max)
    for length in range(1, depth + 1):
        side = min(sides, key=lambda side: (not side.rim, len(side.rim)))
        if side.rim:
            _widen(side, neighbours, around, budget)
        found += _of_length(source, target, around, length, results_max + 1 - len(found), budget)
        if len(found) > results_max or budget.spent:
            return Paths(found[:results_max], truncated=True)
        if len(found) == results_max and length < depth:
            return Paths(found, truncated=True)
    return Paths(found, truncated=False)


class _Budget:
    """What the search may still look at."""

    def __init__(self, links: int, steps: int) -> None:
        self.links = links
        self.steps = steps
        self.spent = False


def _widen(
    side: _Side, neighbours: Neighbours, around: dict[str, set[str]], budget: _Budget
) -> None:
    """Look one hop further from one end."""
    links = neighbours(side.rim, budget.links + 1)
    if len(links) > budget.links:
        budget.spent = True
        del links[budget.links :]
    budget.links -= len(links)
    rim = set(side.rim)
    fresh: set[str] = set()
    for link in links:
        one, other = link.source_id, link.target_id
        around.setdefault(one, set()).add(other)
        around.setdefault(other, set()).add(one)
        fresh.update(end for end, near in ((other, one), (one, other)) if near in rim)
    fresh -= side.seen
    side.seen |= fresh
    side.rim = sorted(fresh)


def _of_length(
    source: str,
    target: str,
    around: dict[str, set[str]],
    length: int,
    wanted: int,
    budget: _Budget,
) -> list[tuple[str, ...]]:
    """Simple paths of exactly `length` links in the graph seen so far, in the order of their ids.

    Depth first, turning back where the target is too far to be reached with the links left.
    """
    far = _distances(target, around, length)
    if far.get(source, length + 1) > length:
        return []
    found: list[tuple[str, ...]] = []
    path = [source]
    ways = [iter(sorted(around[source]))]
    while ways:
        if budget.steps <= 0:
            budget.spent = True
            break
        step = next(ways[-1], None)
        if step is None:
            ways.pop()
            path.pop()
            continue
        budget.steps -= 1
        left = length - len(path)
        if step == target:
            if left == 0:
                found.append((*path, target))
                if len(found) == wanted:
                    break
        elif left > 0 and step not in path and far.get(step, length + 1) <= left:
            path.append(step)
            ways.append(iter(sorted(around[step])))
    return found


def _distances(target: str, around: dict[str, set[str]], most: int) -> dict[str, int]:
    """Links from each memory to the target, as far as `most`."""
    far = {target: 0}
    queue = deque([target])
    while queue:
        near = queue.popleft()
        if far[near] == most:
            continue
        for other in around[near]:
            if other not in far:
                far[other] = far[near] + 1
                queue.append(other)
    return far
