"""What there is beyond the live memories: the archive as a whole, and one memory wherever it is."""

from __future__ import annotations

from typing import NamedTuple

from ai_memory.model.clock import Micros


class ArchiveFigures(NamedTuple):
    """Figures about the archive; `text_bytes` is the text of the archived versions."""

    total: int
    text_bytes: int
    oldest: Micros | None
    newest: Micros | None
    by_namespace: list[tuple[str, int]]


class Traces(NamedTuple):
    """What the rows hold of one memory.

    Attributes:
        versions: The hash of each version's text, hex, oldest first.
        windows: Keys of its vectors.
        links: How many lead from or to it.
        copies: Ids of memories that are derived from it, and may repeat it.
        tombstone: `purged` or `erased`, if it is gone for good.
    """

    live: bool
    archived: bool
    versions: list[str]
    windows: list[int]
    links: int
    copies: list[str]
    tombstone: str | None
