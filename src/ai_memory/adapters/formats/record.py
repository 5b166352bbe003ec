"""What a reader yields: a memory to be stored, or the piece of input that is none."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from ai_memory import limits
from ai_memory.adapters.formats.remark import Remarks
from ai_memory.adapters.formats.text import clip
from ai_memory.model.clock import Micros, to_rfc3339
from ai_memory.model.entity import KIND as ENTITY_KIND
from ai_memory.model.link import RELATIONS

_INSTANTS: Final = ("created_at", "updated_at", "expires_at")


class ImportRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A memory to be stored. Fields left None are the importer's to choose.

    Attributes:
        line: Where it stands in the input: its line, or its ordinal in an array or set; from 1.
        id: The input's own, or derived from its text; equal each time the input is read.
        namespace: None: the input names none.
        source: Always `import`; the source an export names is kept in `metadata.imported`.
        metadata: `imported` holds the fields of the input that a memory has no place for.
        created_at: When it was first said or stored, by the input.
        updated_at: When it was last said or changed, by the input.
        ttl_secs: A lifetime counted from the moment of storing.
    """

    line: int
    id: str | None
    title: str
    content: str
    namespace: str | None = None
    tier: str | None = None
    tags: tuple[str, ...] = ()
    priority: int | None = None
    confidence: float | None = None
    source: str = "import"
    metadata: dict[str, Any] = {}
    created_at: Micros | None = None
    updated_at: Micros | None = None
    expires_at: Micros | None = None
    ttl_secs: int | None = None

    def fields(self) -> dict[str, Any]:
        """The record as `ImportMemories` takes it: instants as text, what is left open left out."""
        given = {
            name: value
            for name in self.__struct_fields__
            if name != "line" and (value := getattr(self, name)) is not None
        }
        for name in _INSTANTS:
            if name in given:
                given[name] = to_rfc3339(given[name])
        return given


class ImportLink(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A link between two records of the input, by their ids.

    Attributes:
        line: Counted as in `ImportRecord`.
        target_title: The target's title, where the input knows it by that.
    """

    line: int
    source_id: str
    target_id: str
    relation: str = "related_to"
    target_title: str = ""
    created_at: Micros | None = None
    valid_from: Micros | None = None
    valid_until: Micros | None = None
    observed_by: str | None = None


class ImportLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line of an export, as it stands: for the node to check and take in.

    Attributes:
        line: From 1.
    """

    line: int
    text: str


class ImportProblem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A piece of the input that gives no memory; reading went on behind it.

    Attributes:
        line: Counted as in `ImportRecord`.
        message: One sentence: what is wrong.
        excerpt: How the piece begins, printable, at most 120 characters.
    """

    line: int
    message: str
    excerpt: str = ""


class Empty(NamedTuple):
    """A conversation or document without text: nothing to store, nothing wrong."""

    line: int


Item: TypeAlias = ImportRecord | ImportLink | ImportLine | ImportProblem | Empty

_MEANT: Final = frozenset(
    ("agent_id", "scope", "auto_tags", "consolidated_from_agents", "imported",
     "imported_from_agent_id", "mined_from", "part", "parts")
)  # fmt: skip
"""Names in the metadata that mean something here, whoever writes them."""


class OwnIds:
    """Keeps two texts of one id apart, where an input gives its own ids and gives one twice."""

    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks
        self._seen: dict[str, tuple[int, Micros]] = {}

    def own(self, record: ImportRecord) -> ImportRecord:
        """The record, with an id of its own if another text has this one already.

        A later version of the same text keeps the id: it revises what came before.
        """
        if record.id is None:
            return record
        said = hash((record.title, record.content))
        before = self._seen.get(record.id)
        at = record.updated_at or record.created_at or 0
        if before is None or before[0] == said or at > before[1]:
            self._seen[record.id] = (said, at)
            return record
        self._remarks.changed("id that another text of the input has, so a new one", record.title)
        return msgspec.structs.replace(
            record, id=stable_id("own", record.id, record.title, record.content)
        )


_VERSION_BITS: Final = 0xF << 76
_VARIANT_BITS: Final = 0x3 << 62


def stable_id(*parts: str | int | None) -> str:
    """Derive an identifier from what identifies a record: a UUID version 8 over SHA-256.

    Args:
        parts: The format, the conversation or namespace, the title, the time and the text.
    """
    digest = hashlib.sha256(msgspec.json.encode(parts)).digest()
    number = int.from_bytes(digest[:16], "big") & ~_VERSION_BITS & ~_VARIANT_BITS
    return str(uuid.UUID(int=number | 8 << 76 | 2 << 62))


def numbered(title: str, number: int, count: int) -> str:
    """Title of one part of several: `title (1/3)`, within the bound of a title."""
    suffix = f" ({number}/{count})" if count > 1 else ""
    return clip(title, limits.TITLE_CHARS_MAX - len(suffix)) + suffix


def title_metadata(title: str) -> dict[str, Any]:
    """The whole title, where it is too long to be one."""
    return {"imported": {"title": title}} if len(title) > limits.TITLE_CHARS_MAX else {}


def part_metadata(number: int, count: int) -> dict[str, Any]:
    """Which part of a split text this is; nothing for an unsplit one."""
    return {"part": number, "parts": count} if count > 1 else {}


def foreign_metadata(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata of another program beside ours; what has a meaning here goes under `imported`."""
    taken = {key for key in theirs if key in ours or key in _MEANT}
    taken |= {"kind"} if theirs.get("kind") == ENTITY_KIND else set()
    metadata = {key: value for key, value in theirs.items() if key not in taken}
    metadata |= ours
    if taken:
        imported = {"metadata": {key: theirs[key] for key in theirs if key in taken}}
        metadata["imported"] = {**ours.get("imported", {}), **imported}
    return metadata


def relation_of(name: str) -> str:
    """A foreign relation as it is given; those that mean something here in our spelling."""
    name = "".join(char if char.isprintable() else " " for char in name)
    name = clip(" ".join(name.split()), limits.RELATION_CHARS_MAX)
    plain = name.casefold().replace(" ", "_").replace("-", "_")
    return plain if plain in RELATIONS else name or "related_to"


def namespace_segment(text: str) -> str:
    """Foreign text as one segment of a namespace: characters not allowed there become `-`."""
    segment = "".join(c if c.isalnum() or c in "-_.:@" else "-" for c in text)[:128]
    return segment if segment.strip(".") else "unnamed"
