"""What the core asks of a snapshot about links, entities and namespaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from ai_memory.model.clock import Micros
from ai_memory.model.link import Direction, Link, LinkCursor, LinkFilter
from ai_memory.model.memory import Memory
from ai_memory.model.query import Filter


class Label(NamedTuple):
    """How a memory is called."""

    namespace: str
    title: str


class NamespaceCounts(NamedTuple):
    """The most populous namespaces of some, and how much there is in all of those.

    Attributes:
        names: Of the namespaces.
        counts: Their live memories, in the order of `names`.
        total: Namespaces, with those that `names` leaves out.
        memories: Live memories in all of them.
    """

    names: list[str]
    counts: list[int]
    total: int
    memories: int


class GraphRows(Protocol):
    """The part of the Reader that answers graph queries."""

    def links(
        self,
        memory_id: str,
        where: LinkFilter,
        memories: Filter,
        *,
        direction: Direction,
        after: LinkCursor | None,
        limit: int,
    ) -> list[Link]:
        """Links from, to or at a memory whose other end matches `memories`.

        In the order of valid_from, created_at, source, target, relation.
        """

    def count_links(
        self, memory_id: str, where: LinkFilter, memories: Filter, *, direction: Direction
    ) -> int:
        """How many there are."""

    def links_at(
        self,
        ids: Sequence[str],
        where: LinkFilter,
        memories: Filter,
        *,
        direction: Direction,
        limit: int,
    ) -> list[Link]:
        """The links of many memories at once, at most `limit`.

        In no order that means anything; both ends asked for, a link may come twice.
        """

    def believed_links(self, pairs: Sequence[tuple[str, str]]) -> list[Link]:
        """What is believed now of each (source, target), whatever the relation; no order."""

    def supersessions(
        self, ids: Sequence[str], *, direction: Literal["outbound", "inbound"]
    ) -> list[Link]:
        """What is believed now to supersede, or to be superseded, whenever; live or archived."""

    def derivations(self, memory_id: str) -> list[Link]:
        """What a memory is believed to be derived from, live or archived, oldest link first."""

    def contradicting(self, namespace: str | None, now: Micros, limit: int) -> list[Link]:
        """The `contradicts` links that hold between live memories, oldest first.

        Of a namespace: those with an end in it.
        """

    def entity_called(self, alias: str, where: Filter) -> Memory | None:
        """The newest entity with exactly this name or alias that matches."""

    def labels(self, ids: Sequence[str]) -> dict[str, Label]:
        """Namespace and title of those of `ids` that are live."""

    def namespace_counts(self, now: Micros, *, prefix: str, limit: int) -> NamespaceCounts:
        """The most populous namespaces at or below `prefix`; an empty one is above all."""
