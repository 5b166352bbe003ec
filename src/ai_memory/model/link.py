"""A link between two memories, with both clocks, and which links a query sees.

Valid time says when the link holds in the world, recorded time what the store believed when. Rows
are never changed but for `retracted_at`: what was believed at any instant can be asked for later.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from ai_memory import limits
from ai_memory.model.clock import Micros

Relation: TypeAlias = Annotated[str, msgspec.Meta(max_length=limits.RELATION_CHARS_MAX)]
"""A name of any words. What `RELATIONS` holds means something to recall and to the curator."""
Direction: TypeAlias = Literal["outbound", "inbound", "both"]

RELATIONS: Final = ("related_to", "supersedes", "contradicts", "derived_from")


class Link(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What the store believes, or believed, of one interval of a directed edge.

    Source, target, relation and `valid_from` name the interval; each has at most one row that is
    not retracted.

    Attributes:
        valid_from: When it begins to hold.
        recorded_at: Since when the store believes this row.
        created_at: When the interval was first recorded.
        valid_until: When it ceases to hold; None: it still does. Not after `valid_from`: it never
            held.
        observed_by: Who said so.
        retracted_at: Since when the store no longer believes this row; None: it does.
    """

    source_id: str
    target_id: str
    relation: Relation
    valid_from: Micros
    recorded_at: Micros
    created_at: Micros
    valid_until: Micros | None = None
    observed_by: str | None = None
    retracted_at: Micros | None = None

    def holds(self, instant: Micros) -> bool:
        """Whether the interval contains the instant."""
        return self.valid_from <= instant and (
            self.valid_until is None or instant < self.valid_until
        )


class LinkFilter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which links a query may see. Every field given narrows.

    Attributes:
        valid_at: Holding at this instant; None: whenever.
        invalidated: Show those too that held before `valid_at` and no longer do.
        known_at: Believed at this instant; None: believed now.
        relations: Any of these; None: all.
        observers: Observed by any of these; None: whoever observed it, and if nobody did.
        since: Valid from then or later. `until`: valid from then or earlier.
    """

    valid_at: Micros | None = None
    invalidated: bool = False
    known_at: Micros | None = None
    relations: tuple[Relation, ...] | None = None
    observers: tuple[str, ...] | None = None
    since: Micros | None = None
    until: Micros | None = None

    def matches(self, link: Link) -> bool:
        """The meaning of the filter, in Python."""
        return (
            self._knows(link)
            and (
                self.valid_at is None
                or link.holds(self.valid_at)
                or (self.invalidated and link.valid_from <= self.valid_at)
            )
            and (self.relations is None or link.relation in self.relations)
            and (self.observers is None or link.observed_by in self.observers)
            and (self.since is None or link.valid_from >= self.since)
            and (self.until is None or link.valid_from <= self.until)
        )

    def _knows(self, link: Link) -> bool:
        if self.known_at is None:
            return link.retracted_at is None
        return link.recorded_at <= self.known_at and (
            link.retracted_at is None or link.retracted_at > self.known_at
        )


_Instant: TypeAlias = Annotated[Micros, msgspec.Meta(ge=-(2**62), le=2**62)]


class LinkCursor(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a page of links ended: the sort key of its last row."""

    valid_from: _Instant
    created_at: _Instant
    source_id: str
    target_id: str
    relation: str

    @classmethod
    def behind(cls, link: Link) -> LinkCursor:
        """The place right after a link."""
        return cls(link.valid_from, link.created_at, link.source_id, link.target_id, link.relation)
