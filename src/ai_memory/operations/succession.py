"""What supersedes a memory: live memories with a `supersedes` link to it that holds now.

Supersession never leads back: a new word about who supersedes whom ends the older one that says
otherwise, however many memories stand between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from ai_memory import limits
from ai_memory.errors import ValidationFailed
from ai_memory.model.change import LinkDeleted, LinkInvalidated, LinkPut
from ai_memory.model.clock import Micros
from ai_memory.model.link import Link, LinkFilter
from ai_memory.model.query import Filter
from ai_memory.ports import Reader

if TYPE_CHECKING:  # a recall asks for successors only
    from ai_memory.graph.ring import Closing
    from ai_memory.graph.validity import Interval

LinkChange: TypeAlias = LinkPut | LinkInvalidated | LinkDeleted


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


def rings(rows: Reader, wanted: Link, pending: Sequence[Link] = ()) -> list[Closing]:
    """The links with which a wanted one would close a ring of supersessions.

    What is archived counts: it may come back.

    Args:
        rows: Where to look.
        wanted: The link, which is not written yet.
        pending: Others that are not.
    """
    if wanted.relation != "supersedes":
        return []
    more = [link for link in pending if link.relation == "supersedes"]
    source = wanted.source_id
    # Most often something new supersedes, and nothing supersedes that.
    if not any(link.target_id == source for link in more) and not rows.supersessions(
        [source], direction="inbound"
    ):
        return []
    from ai_memory.graph.ring import closings_of

    def outbound(ids: Sequence[str]) -> list[Link]:
        near = set(ids)
        return [
            *rows.supersessions(ids, direction="outbound"),
            *(link for link in more if link.source_id in near),
        ]

    return closings_of(wanted, outbound)


def contradiction_of(
    rows: Reader, wanted: Link, pending: Sequence[Link]
) -> ValidationFailed | None:
    """Why a link that comes from elsewhere cannot stand beside what is believed here; None: it can.

    Nobody is there to say which word is the newer one, so the first that came in counts.

    Args:
        rows: Where to look.
        wanted: The link, which is not written yet.
        pending: Others that are not.
    """
    if wanted.valid_until is not None and wanted.valid_until <= wanted.valid_from:
        return ValidationFailed("the link ends before it begins", field="valid_until")
    if rings(rows, wanted, pending):
        return ValidationFailed(
            "the link closes a ring: its target supersedes its source already", field="target_id"
        )
    return None


def overruled(rows: Reader, wanted: Link, at: Micros) -> list[LinkChange]:
    """What ends, and what is left of it, for a link not to close a ring: the newest word counts.

    Args:
        rows: Where to look.
        wanted: The link, which is not written yet.
        at: When it is said.
    """
    over: dict[Link, list[Interval]] = {}
    for link, interval in rings(rows, wanted):
        over.setdefault(link, []).append(interval)
    changes: list[LinkChange] = []
    if not over:
        return changes
    from ai_memory.graph.validity import Interval, remaining

    for link, intervals in over.items():
        known_at = max(at, link.recorded_at)
        rest = remaining(Interval(link.valid_from, link.valid_until), intervals)
        kept = [part for part in rest if part.start == link.valid_from]
        until = kept[0].end if kept else None
        changes.append(ended(link, link.valid_from if until is None else until, known_at))
        changes += [
            LinkPut.said(
                link.source_id,
                link.target_id,
                link.relation,
                at=known_at,
                by=link.observed_by,
                since=part.start,
                until=part.end,
            )
            for part in rest
            if part not in kept
        ]
    return changes


def ended(link: Link, until: Micros, known_at: Micros) -> LinkChange:
    """The fact that a link does not hold from an instant on.

    Of one that begins only then there is nothing left: it is taken back.
    """
    if link.valid_from < until:
        return LinkInvalidated.of(link, until, known_at)
    return LinkDeleted(
        source_id=link.source_id,
        target_id=link.target_id,
        relation=link.relation,
        valid_from=link.valid_from,
        at=known_at,
    )
