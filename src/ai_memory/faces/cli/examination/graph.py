"""What an older program may have left in the graph, and whose memories are in `global`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ai_memory import limits
from ai_memory.faces.cli.paint import plural, short_id
from ai_memory.graph.ring import links_in_rings
from ai_memory.model.field import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ai_memory.compose import OpenNode
    from ai_memory.faces.cli.examination.section import Section
    from ai_memory.model.link import Link
    from ai_memory.ports import Reader

_SHOWN: Final = 3


def examine_graph(section: Section, opened: OpenNode) -> None:
    """Look for intervals that end before they begin, and for rings of supersession."""
    with opened.node.store.read() as rows:
        inverted, superseding = _suspects(rows)
    section.fact("links that supersede", len(superseding))
    if inverted:
        section.find(
            "warning",
            f"{plural(len(inverted), 'link ends', 'links end')} before it begins: "
            f"{_named(inverted)}",
            "`ai-memory kg invalidate SOURCE TARGET -r RELATION --valid-until TIME` corrects it.",
        )
    now = opened.node.clock.now()
    ringed = links_in_rings([link for link in superseding if link.holds(now)])
    if ringed:
        section.find(
            "warning",
            f"memories supersede each other in a ring: {_named(ringed)}",
            "`ai-memory kg invalidate SOURCE TARGET -r supersedes` ends the link that is wrong.",
        )


def examine_belonging(section: Section, namespaces: Mapping[str, int]) -> None:
    """Tell of memories that belong to no project where there are projects."""
    count = namespaces.get(GLOBAL, 0)
    if count and len(namespaces) > 1:
        section.find(
            "info",
            f"{plural(count, 'memory is', 'memories are')} in {GLOBAL}, which is no project's",
            f"`ai-memory list -n {GLOBAL}` shows them, `ai-memory update ID --namespace NAME` "
            "moves one to its project.",
        )


def _suspects(rows: Reader) -> tuple[list[Link], list[Link]]:
    """Of what is believed: links that are inverted, and those that supersede."""
    inverted, superseding = [], []
    last: Link | None = None
    while page := rows.link_rows_after(last, limits.EXPORT_PAGE_ROWS):
        last = page[-1]
        for link in page:
            if link.retracted_at is not None:
                continue
            if link.valid_until is not None and link.valid_until < link.valid_from:
                inverted.append(link)
            elif link.relation == "supersedes":
                superseding.append(link)
    return inverted, superseding


def _named(links: list[Link]) -> str:
    shown = [f"{short_id(one.source_id)} {one.relation} {short_id(one.target_id)}" for one in links]
    more = len(shown) - _SHOWN
    return ", ".join(shown[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
