"""A memory and its versions."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from ai_memory import limits
from ai_memory.model.clock import SECOND, Micros

Tier = Literal["short", "mid", "long"]
Scope = Literal["private", "team", "unit", "org", "collective"]

TIER_RANK: Final[dict[str, int]] = {"short": 0, "mid": 1, "long": 2}
DEFAULT_SCOPE: Final[Scope] = "private"
CONSOLIDATED: Final = "consolidated"
CONSOLIDATION_UNDONE: Final = "consolidation_undone"
"""Reasons of archiving: what such a memory says, another one says."""


class Memory(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One memory as it stands now.

    Attributes:
        id: Stable across nodes.
        version: 1 for the first, +1 with each revision of title, content, tags or metadata.
        updated_at: When the newest version was written; reads and promotions never move it.
        expires_at: None: never.
        access_count: Recalls that returned it. A counter of this node, not replicated.
        metadata: `agent_id` (provenance, immutable) and `scope` live here, as clients expect.
    """

    id: str
    namespace: str
    title: str
    content: str
    tier: Tier = "mid"
    tags: tuple[str, ...] = ()
    priority: int = 5
    confidence: float = 1.0
    source: str = "api"
    metadata: dict[str, Any] = {}
    created_at: Micros
    updated_at: Micros
    expires_at: Micros | None = None
    version: int = 1
    access_count: int = 0
    last_accessed_at: Micros | None = None

    @property
    def agent_id(self) -> str | None:
        """Who stored it first."""
        value = self.metadata.get("agent_id")
        return value if isinstance(value, str) else None

    @property
    def scope(self) -> Scope:
        """Who may see it; private unless said otherwise."""
        value = self.metadata.get("scope")
        return value if value in SCOPES else DEFAULT_SCOPE

    def expired(self, now: Micros) -> bool:
        """An expired memory is no longer served, whether or not it has been collected."""
        return self.expires_at is not None and self.expires_at <= now


class DamagedMemory(Memory, frozen=True, kw_only=True, gc=False):
    """What is left of a memory whose row cannot be read whole: shown, so that the others are too.

    Attributes:
        damaged: Fields that hold something else than they should, and now stand-ins.
    """

    damaged: tuple[str, ...]


SCOPES: Final = ("private", "team", "unit", "org", "collective")
TIERS: Final = ("short", "mid", "long")
SOURCES: Final = (
    "user", "claude", "hook", "api", "cli", "import", "consolidation", "system", "chaos", "notify",
)  # fmt: skip


class Payload(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a version says: the part of a memory that is text, stored once and named by its hash.

    The log refers to it by hash, so that erasing the text leaves the log whole.
    """

    title: str
    content: str
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = {}

    def hash(self) -> bytes:
        """SHA-256 over the deterministic JSON of the payload: 32 bytes, equal on every node."""
        from hashlib import sha256  # it loads OpenSSL, and a reader needs none

        return sha256(_PAYLOAD_ENCODER.encode(self)).digest()


_PAYLOAD_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


def payload_of(memory: Memory) -> Payload:
    """The text-bearing part of a memory."""
    return Payload(
        title=memory.title, content=memory.content, tags=memory.tags, metadata=memory.metadata
    )


class Version(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One entry of a memory's history, newest or older."""

    number: int
    payload: Payload
    written_at: Micros
    current: bool


class Archived(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A memory that left the live set, whole, with when and why.

    Attributes:
        reason: ttl_expired, delete, forget, archive, or the word an archiver gave.
    """

    memory: Memory
    archived_at: Micros
    reason: str


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long each tier lives, and how much a recall extends it. Seconds; None: for ever."""

    short_ttl_secs: int | None = limits.SHORT_TTL_SECS
    mid_ttl_secs: int | None = limits.MID_TTL_SECS
    long_ttl_secs: int | None = None
    short_extend_secs: int = limits.SHORT_EXTEND_SECS
    mid_extend_secs: int = limits.MID_EXTEND_SECS

    def expiry(self, tier: Tier, now: Micros) -> Micros | None:
        """When a memory of this tier, written now, expires."""
        ttl_secs = {
            "short": self.short_ttl_secs,
            "mid": self.mid_ttl_secs,
            "long": self.long_ttl_secs,
        }[tier]
        return None if ttl_secs is None else now + ttl_secs * SECOND

    def extension_secs(self, tier: Tier) -> int:
        """How far beyond a recall a memory of this tier must live."""
        return {"short": self.short_extend_secs, "mid": self.mid_extend_secs, "long": 0}[tier]
