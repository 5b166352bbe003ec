"""What supersedes a memory: live memories with a `supersedes` link to it that holds now."""

from __future__ import annotations

from collections.abc import Sequence

from ai_memory import limits
from ai_memory.model.link import LinkFilter
from ai_memory.model.query import Filter
from ai_memory.ports import Reader


def successors(rows: Reader, ids: Sequence[str], live: Filter) -> dict[str, tuple[str, ...]]:
    """For each of `ids` that is superseded: by what, the newest link first.

    Args:
        rows: Where to look.
        ids: Memories.
        live: Which successors count; one that may not be seen is not named.
    """
    links = rows.links_at(
        ids,
        LinkFilter(valid_at=live.now, relations=("supersedes",)),
        live,
        direction="inbound",
        limit=limits.WALK_LINKS_MAX,
    )
    found: dict[str, tuple[str, ...]] = {}
    for link in sorted(links, key=lambda link: (-link.valid_from, link.source_id)):
        found[link.target_id] = (*found.get(link.target_id, ()), link.source_id)
    return found
