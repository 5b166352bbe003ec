"""Export everything a store says, line by line, from one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.model.clock import to_rfc3339
from ai_memory.model.command import Action, Command
from ai_memory.model.link import Link
from ai_memory.model.memory import Memory
from ai_memory.model.record import (
    FORMAT,
    FORMAT_VERSION,
    KINDS,
    Manifest,
    PastVersion,
    Record,
    Vectors,
    archived_record,
    line_of,
    link_record,
    memory_record,
    tombstone_record,
    version_record,
)
from ai_memory.operations.step import Context
from ai_memory.operations.view import link_view, view
from ai_memory.ports import Reader

T = TypeVar("T")

_json: Final = msgspec.json.Encoder()


class ExportMemories(Command, frozen=True, kw_only=True):
    """Export everything: memories, archive, earlier versions, links, ids that are gone for good.

    JSON Lines of one snapshot: a manifest, records with a checksum each, an end record with counts.
    """

    action: ClassVar[Action] = "read"

    format: Annotated[
        Literal["ai-memory", "reference"],
        Meta(
            description="ai-memory: all of it, line by line. reference: one JSON object {memories, "
            "links, count, exported_at} with what is live, for other programs."
        ),
    ] = "ai-memory"
    vectors: Annotated[
        bool,
        Meta(description="The vectors too, so that an import need not make them; twice as long."),
    ] = False


class ExportLine(msgspec.Struct, kw_only=True):
    """A line of the ai-memory format behind the first, which is the manifest."""

    kind: Literal["memory", "archived", "version", "link", "tombstone", "end"]
    sum: str
    data: dict[str, Any]


def export_memories(command: ExportMemories, rows: Reader, context: Context) -> Iterator[bytes]:
    """Run ExportMemories: pieces of some hundred lines."""
    if command.format == "reference":
        return _reference(rows, context)
    return _lines(rows, context, vectors=command.vectors)


def _lines(rows: Reader, context: Context, *, vectors: bool) -> Iterator[bytes]:
    manifest = Manifest(
        format=FORMAT,
        version=FORMAT_VERSION,
        exported_at=to_rfc3339(context.now),
        records=rows.row_figures(),
    )
    yield _json.encode(manifest) + b"\n"
    counts: dict[str, int] = dict.fromkeys(KINDS, 0)
    for kind, records in _records(rows, vectors=vectors):
        counts[kind] += len(records)
        yield b"".join(line_of(kind, _json.encode(record)) for record in records)
    yield line_of("end", _json.encode({"records": counts}))


def _records(rows: Reader, *, vectors: bool) -> Iterator[tuple[str, Sequence[Record]]]:
    """Pages of records of one kind each, in the order of KINDS."""
    model = rows.embedding_model() if vectors else None
    for memories in _pages(rows.memories_after, lambda last: last.id, ""):
        windows = rows.windows_of([memory.id for memory in memories]) if model else {}
        yield (
            "memory",
            [
                memory_record(
                    memory,
                    Vectors(model=model.id, dim=model.dim, windows=tuple(windows[memory.id]))
                    if model and memory.id in windows
                    else None,
                )
                for memory in memories
            ],
        )
    for archived in _pages(rows.archived_after, lambda last: last.memory.id, ""):
        yield "archived", [archived_record(each) for each in archived]
    first_version: PastVersion | None = None
    for versions in _pages(rows.versions_after, _itself, first_version):
        yield "version", [version_record(each) for each in versions]
    first_link: Link | None = None
    for links in _pages(rows.link_rows_after, _itself, first_link):
        yield "link", [link_record(each) for each in links]
    for tombstones in _pages(rows.tombstones_after, lambda last: last.id, ""):
        yield "tombstone", [tombstone_record(each) for each in tombstones]


def _pages(
    read: Callable[[Any, int], list[T]], key: Callable[[T], Any], first: Any
) -> Iterator[list[T]]:
    after = first
    while page := read(after, limits.EXPORT_PAGE_ROWS):
        yield page
        if len(page) < limits.EXPORT_PAGE_ROWS:
            return
        after = key(page[-1])


def _itself(last: T) -> T:
    return last


def _reference(rows: Reader, context: Context) -> Iterator[bytes]:
    """What other programs of this shape read: live memories, and links believed now."""
    count = 0
    before = b'{"memories":['
    for memories in _pages(rows.memories_after, lambda last: last.id, ""):
        live: list[Memory] = [each for each in memories if not each.expired(context.now)]
        if live:
            count += len(live)
            yield before + b",".join(_json.encode(view(memory)) for memory in live)
            before = b","
    yield (before if not count else b"") + b'],"links":['
    before = b""
    first_link: Link | None = None
    for links in _pages(rows.link_rows_after, _itself, first_link):
        believed = [link for link in links if link.retracted_at is None]
        if believed:
            yield before + b",".join(_json.encode(link_view(link)) for link in believed)
            before = b","
    end = _json.encode({"count": count, "exported_at": to_rfc3339(context.now)})
    yield b"]," + end[1:]
