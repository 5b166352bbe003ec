"""Every row of a snapshot, page by page: what an export reads, and an import asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ai_memory.model.clock import Micros
from ai_memory.model.link import Link
from ai_memory.model.memory import Archived, Memory, Payload
from ai_memory.model.record import PastVersion, Tombstone

if TYPE_CHECKING:
    from ai_memory.ports import WindowVector


class RowPages(Protocol):
    """The rows of a snapshot in the order of their keys, and what is known of some keys."""

    def memories_after(self, memory_id: str, limit: int) -> list[Memory]:
        """Live memories, expired ones too, with ids greater than this, ascending."""

    def first_vectors(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The vector of the first window of those of `ids` that have one of the serving model."""

    def archived_after(self, memory_id: str, limit: int) -> list[Archived]:
        """The same of the archive."""

    def versions_after(self, last: PastVersion | None, limit: int) -> list[PastVersion]:
        """Versions that no memory stands on, behind `last`, by memory, number and hash."""

    def link_rows_after(self, last: Link | None, limit: int) -> list[Link]:
        """All that is or was believed of links, behind `last`, by the rows' key."""

    def tombstones_after(self, memory_id: str, limit: int) -> list[Tombstone]:
        """Ids that are gone for good, greater than this, ascending."""

    def windows_of(self, ids: Sequence[str]) -> dict[str, list[WindowVector]]:
        """The vectors of the serving model, of those memories whose text they fit."""

    def row_figures(self) -> dict[str, int]:
        """How many rows of each kind the pages have; it counts them."""

    def known_tombstones(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that are gone for good."""

    def known_versions(self, ids: Sequence[str]) -> set[tuple[str, int, str]]:
        """(memory, number, hash in hex) of every version of these memories."""

    def known_links(self, source_ids: Sequence[str]) -> list[Link]:
        """All that is or was believed of links from these memories."""


class RowIntake(Protocol):
    """The rows that only an import writes: what was elsewhere before it came here."""

    def put_archived(self, archived: Archived, payload_hash: bytes) -> None:
        """Put a memory into the archive as it stands, with its version; it need never have lived.

        A live memory with this id leaves the live set.
        """

    def put_version(
        self,
        memory_id: str,
        number: int,
        payload_hash: bytes,
        payload: Payload,
        written_at: Micros,
    ) -> None:
        """Add a text to a memory's history, unless it is there."""
