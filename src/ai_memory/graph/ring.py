"""Rings: links that would lead from a memory back to itself, all of them holding at one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ai_memory.graph.validity import Interval, overlap
from ai_memory.model.link import Link


class Closing(NamedTuple):
    """A link into the source of a wanted one, and the time over which both close a ring."""

    link: Link
    over: Interval


def closings_of(wanted: Link, outbound: Callable[[Sequence[str]], Iterable[Link]]) -> list[Closing]:
    """The last links of all rings that a link would close; none: it closes none.

    Args:
        wanted: Not there yet.
        outbound: The believed links of the same relation from some memories.
    """
    whole = Interval(wanted.valid_from, wanted.valid_until)
    reached: dict[str, set[Interval]] = {wanted.target_id: {whole}}
    seen = {(wanted.target_id, whole)}
    found: list[Closing] = []
    while reached:
        further: dict[str, set[Interval]] = {}
        for link in outbound(sorted(reached)):
            for window in reached[link.source_id]:
                over = overlap(window, Interval(link.valid_from, link.valid_until))
                if over is None or (link.target_id, over) in seen:
                    continue
                if link.target_id == wanted.source_id:
                    found.append(Closing(link, over))
                else:
                    seen.add((link.target_id, over))
                    further.setdefault(link.target_id, set()).add(over)
        reached = further
    return found


def links_in_rings(links: Sequence[Link]) -> list[Link]:
    """Those from which one comes back to them, or that lie between two rings.

    Args:
        links: Of one relation, all holding at one instant.
    """
    left = list(links)
    while True:
        # What nothing leads to, or nothing leads on from, is in no ring.
        sources, targets = {one.source_id for one in left}, {one.target_id for one in left}
        kept = [one for one in left if one.source_id in targets and one.target_id in sources]
        if len(kept) == len(left):
            return kept
        left = kept
