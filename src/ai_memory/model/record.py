"""What one line of an export says: a kind, a checksum, and the data as JSON.

The data of a kind is one struct, encoded with its keys in their order; so the same rows give the
same bytes. Instants are RFC 3339 in UTC.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from ai_memory import late, limits
from ai_memory.model import field
from ai_memory.model.clock import Micros, to_rfc3339
from ai_memory.model.link import Link, Relation
from ai_memory.model.memory import Archived, Memory, Payload, Tier

FORMAT: Final = "ai-memory"
FORMAT_VERSION: Final = 1

Kind: TypeAlias = Literal["memory", "archived", "version", "link", "tombstone"]
KINDS: Final[tuple[Kind, ...]] = ("memory", "archived", "version", "link", "tombstone")
"""In the order of an export: a memory comes before what refers to it."""


class Vectors(msgspec.Struct, frozen=True, kw_only=True):
    """The vectors of the text beside them.

    Attributes:
        model: Which made them. `dim`: how many numbers each has.
        windows: (first character, character behind the last, little-endian float16) each.
    """

    model: str
    dim: int
    windows: tuple[tuple[int, int, bytes], ...]


class MemoryRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A live memory, whole."""

    id: field.MemoryId
    namespace: field.Namespace
    title: field.Title
    content: field.Content
    tier: Tier
    tags: field.Tags
    priority: field.Priority
    confidence: field.Confidence
    source: Annotated[str, Meta(max_length=64)]
    metadata: dict[str, Any]
    created_at: str
    updated_at: str
    expires_at: str | None
    version: field.VersionNumber
    access_count: Annotated[int, Meta(ge=0, le=limits.ACCESS_COUNT_MAX)]
    last_accessed_at: str | None
    vectors: Vectors | msgspec.UnsetType = msgspec.UNSET


class ArchivedRecord(MemoryRecord, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An archived memory, whole."""

    archived_at: str
    reason: field.Reason


class VersionRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text a memory had once."""

    memory_id: field.MemoryId
    number: field.VersionNumber
    title: field.Title
    content: field.Content
    tags: field.Tags
    metadata: dict[str, Any]
    written_at: str


class LinkRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is or was believed of one interval of a link."""

    source_id: field.MemoryId
    target_id: field.MemoryId
    relation: Relation
    valid_from: str
    valid_until: str | None
    recorded_at: str
    retracted_at: str | None
    created_at: str
    observed_by: str | None


class TombstoneRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An id that is gone for good."""

    id: field.MemoryId
    kind: Literal["purged", "erased"]
    at: str


Record: TypeAlias = MemoryRecord | VersionRecord | LinkRecord | TombstoneRecord

RECORD_TYPES: Final[dict[str, type[Record]]] = {
    "memory": MemoryRecord,
    "archived": ArchivedRecord,
    "version": VersionRecord,
    "link": LinkRecord,
    "tombstone": TombstoneRecord,
}


class PastVersion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A text a memory had once, as the rows hold it; `hash` in hex."""

    memory_id: str
    number: int
    hash: str
    payload: Payload
    written_at: Micros


class Tombstone(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An id that is gone for good."""

    id: str
    kind: Literal["purged", "erased"]
    at: Micros


class Line(msgspec.Struct, frozen=True):
    """A line taken apart; `data` is the JSON as it stands."""

    kind: str
    sum: str
    data: msgspec.Raw


_line_decoder: Final = late.json_decoder(Line)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: what the file is, and what it should hold.

    Attributes:
        records: How many of each kind follow, for a progress bar; the end record says how many did.
    """

    format: str
    version: int
    exported_at: str
    records: dict[str, int]


def line_of(kind: str, data: bytes) -> bytes:
    """One line, with its line break."""
    from ai_memory.model.line import one_line  # for exports, and this module is everywhere

    data = one_line(data)
    return b'{"kind":"%b","sum":"%b","data":%b}\n' % (
        kind.encode(),
        checksum(kind, data).encode(),
        data,
    )


def checksum(kind: str, data: bytes | memoryview) -> str:
    """What tells a damaged line: 128 bits of SHA-256 over the kind and the data's JSON, as hex."""
    from hashlib import sha256

    digest = sha256(kind.encode() + b"\n")
    digest.update(data)
    return digest.hexdigest()[:32]


def read_line(text: str | bytes) -> Line:
    """Take a line apart and check it.

    Raises:
        msgspec.DecodeError: It is not what an export writes.
        ValueError: The checksum is another: the line was damaged or changed.
    """
    line = _line_decoder.decode(text)
    if checksum(line.kind, memoryview(line.data)) != line.sum:
        raise ValueError("the checksum does not fit: the line was damaged or changed")
    return line


def memory_record(memory: Memory, vectors: Vectors | None = None) -> MemoryRecord:
    """A live memory as a record."""
    return MemoryRecord(**_fields(memory), vectors=msgspec.UNSET if vectors is None else vectors)


def archived_record(archived: Archived) -> ArchivedRecord:
    """An archived memory as a record."""
    return ArchivedRecord(
        **_fields(archived.memory),
        archived_at=to_rfc3339(archived.archived_at),
        reason=archived.reason,
    )


def version_record(version: PastVersion) -> VersionRecord:
    """An earlier version as a record."""
    payload = version.payload
    return VersionRecord(
        memory_id=version.memory_id,
        number=version.number,
        title=payload.title,
        content=payload.content,
        tags=payload.tags,
        metadata=payload.metadata,
        written_at=to_rfc3339(version.written_at),
    )


def link_record(link: Link) -> LinkRecord:
    """A link as a record."""
    return LinkRecord(
        source_id=link.source_id,
        target_id=link.target_id,
        relation=link.relation,
        valid_from=to_rfc3339(link.valid_from),
        valid_until=_text(link.valid_until),
        recorded_at=to_rfc3339(link.recorded_at),
        retracted_at=_text(link.retracted_at),
        created_at=to_rfc3339(link.created_at),
        observed_by=link.observed_by,
    )


def tombstone_record(tombstone: Tombstone) -> TombstoneRecord:
    """A tombstone as a record."""
    return TombstoneRecord(id=tombstone.id, kind=tombstone.kind, at=to_rfc3339(tombstone.at))


def _fields(memory: Memory) -> dict[str, Any]:
    return {
        "id": memory.id,
        "namespace": memory.namespace,
        "title": memory.title,
        "content": memory.content,
        "tier": memory.tier,
        "tags": memory.tags,
        "priority": memory.priority,
        "confidence": memory.confidence,
        "source": memory.source,
        "metadata": memory.metadata,
        "created_at": to_rfc3339(memory.created_at),
        "updated_at": to_rfc3339(memory.updated_at),
        "expires_at": _text(memory.expires_at),
        "version": memory.version,
        "access_count": memory.access_count,
        "last_accessed_at": _text(memory.last_accessed_at),
    }


def _text(instant: Micros | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)
