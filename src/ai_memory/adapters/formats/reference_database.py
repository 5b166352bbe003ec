"""The database file of the reference implementation: schema 28, and older ones from 18 on.

Its rows are told as the lines of an export, so that they come over as they stand: ids, instants,
counters, archive, both ends of each link's validity. An entity's aliases go into its metadata,
where they live here. Vectors are made anew, by our model from our windows. The file is opened for
reading only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ai_memory import typed
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import ImportLine, ImportProblem, Item
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt
from ai_memory.adapters.formats.value import Malformed, decode, dict_of, list_of, text_of
from ai_memory.errors import AiMemoryError, ValidationFailed
from ai_memory.limits import ACCESS_COUNT_MAX
from ai_memory.model.clock import Micros, parse_rfc3339
from ai_memory.model.entity import KIND
from ai_memory.model.link import Link
from ai_memory.model.memory import SOURCES, TIERS, Archived, Memory
from ai_memory.model.record import (
    ArchivedRecord,
    LinkRecord,
    MemoryRecord,
    archived_record,
    line_of,
    link_record,
    memory_record,
)

if TYPE_CHECKING:
    import apsw

_OLDEST: Final = 18
_TABLES: Final = (
    ("memories", "id"),
    ("archived_memories", "id"),
    ("memory_links", "source_id, target_id, relation"),
)
_REQUIRED: Final = {"schema_version", "entity_aliases", *(name for name, _key in _TABLES)}

_Row = dict[str, Any]


def read(source: Source, options: Options) -> Iterator[Item]:
    """Memories, archive and links.

    Raises:
        ValidationFailed: It is another program's database, or too old.
    """
    del options  # rows are taken in as they stand
    import apsw

    if source.path is None:
        said = "a database cannot be read from a pipe: name the file"
        message = said if source.head and source.failure is None else source.failure or said
        yield ImportProblem(line=1, message=message)
        return
    try:
        with closing(_open(source.path)) as database:
            _require_known(database)
            yield from _rows(database, source)
    except apsw.Error as cause:
        yield ImportProblem(line=1, message=f"the database cannot be read further: {cause}")


def _open(path: Path) -> apsw.Connection:
    """A connection that writes nothing: to a file without a log, not even a lock."""
    import apsw

    wal = path.with_name(path.name + "-wal")
    immutable = "" if wal.exists() and wal.stat().st_size else "&immutable=1"
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    return apsw.Connection(f"{path.absolute().as_uri()}?mode=ro{immutable}", flags=flags)


def _require_known(database: apsw.Connection) -> None:
    from ai_memory.adapters.sqlite.migration import APPLICATION_ID

    if database.pragma("application_id") == APPLICATION_ID:
        raise ValidationFailed(
            "this is a database of ai-memory itself",
            hint="Open it with --db; to merge it, import what `ai-memory export` writes of it.",
        )
    # Tables that hold rows: a view or a virtual table is a program, and may run for ever.
    tables = {
        row[0]
        for row in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
        )
    }
    if not tables >= _REQUIRED:
        raise ValidationFailed("this database belongs to another program")
    versions = [row[0] for row in database.execute("SELECT * FROM schema_version")]
    schema = max((version for version in versions if isinstance(version, int)), default=0)
    if schema < _OLDEST:
        raise ValidationFailed(
            f"the database has schema {schema}; {_OLDEST} is the oldest that is known here",
            hint="Open it once with a newer version of the program it belongs to.",
        )


def _rows(database: apsw.Connection, source: Source) -> Iterator[Item]:
    aliases = _aliases(database)
    total = sum(database.execute(f"SELECT count(*) FROM {name}").get for name, _key in _TABLES)  # noqa: S608
    number = 0
    for table, key in _TABLES:
        for row in _of_table(database, table, key):
            number += 1
            source.done = (source.total or 0) * number // max(1, total)
            try:
                if table == "memory_links":
                    yield _line(number, "link", _link(row))
                elif table == "memories":
                    yield _line(number, "memory", memory_record(_memory(row, aliases)))
                else:
                    yield _line(number, "archived", _archived(row, aliases))
            except (AiMemoryError, ValueError, TypeError, OverflowError) as cause:
                message = cause.message if isinstance(cause, AiMemoryError) else str(cause)
                yield ImportProblem(line=number, message=message, excerpt=excerpt(str(row)))


def _of_table(database: apsw.Connection, table: str, key: str) -> Iterator[_Row]:
    """Each row by the names of the columns there are."""
    cursor = database.execute(f"SELECT * FROM {table} ORDER BY {key}")  # noqa: S608 - fixed names
    names: list[str] | None = None
    for values in cursor:
        if names is None:
            names = [column[0] for column in cursor.get_description()]
        yield dict(zip(names, values, strict=True))


def _line(number: int, kind: str, record: MemoryRecord | LinkRecord) -> ImportLine:
    data = msgspec.json.encode(record)
    return ImportLine(line=number, text=line_of(kind, data).decode().rstrip("\n"))


def _aliases(database: apsw.Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows = database.execute(
        "SELECT entity_id, alias FROM entity_aliases ORDER BY created_at, alias"
    )
    for entity_id, alias in rows:
        if isinstance(alias, str):
            found.setdefault(entity_id, []).append(alias)
    return found


def _memory(row: _Row, aliases: dict[str, list[str]]) -> Memory:
    metadata = dict_of(_json(row.get("metadata")))
    title = text_of(row.get("title"))
    if metadata.get("kind") == KIND:
        metadata["aliases"] = list(dict.fromkeys((title, *aliases.get(row["id"], ()))))
    origin = text_of(row.get("source"))
    if origin not in SOURCES:
        # Its own miners and curator write labels that its API refuses.
        metadata["imported"] = {**dict_of(metadata.get("imported")), "source": origin}
        origin = "import"
    created_at = _instant(row, "created_at")
    if created_at is None:
        raise ValidationFailed("created_at is missing")
    tier = row.get("tier")
    return typed.convert(
        {
            "id": row["id"],
            "namespace": row.get("namespace"),
            "title": title,
            "content": row.get("content"),
            "tier": tier if tier in TIERS else "mid",  # as the program itself reads it
            "tags": tuple(tag for tag in list_of(_json(row.get("tags"))) if isinstance(tag, str)),
            "priority": row.get("priority"),
            "confidence": row.get("confidence"),
            "source": origin,
            "metadata": metadata,
            "created_at": created_at,
            "updated_at": max(created_at, _instant(row, "updated_at") or created_at),
            "expires_at": _instant(row, "expires_at"),
            "access_count": _count(row.get("access_count")),
            "last_accessed_at": _instant(row, "last_accessed_at"),
        },
        Memory,
    )


def _archived(row: _Row, aliases: dict[str, list[str]]) -> ArchivedRecord:
    """An archived row; what it was before it was archived stands in columns of its own."""
    if row.get("original_tier") in TIERS:
        row = {
            **row,
            "tier": row["original_tier"],
            "expires_at": row.get("original_expires_at") or row.get("expires_at"),
        }
    memory = _memory(row, aliases)
    archived_at = _instant(row, "archived_at")
    reason = "-".join(text_of(row.get("archive_reason")).split()) or "ttl_expired"
    return archived_record(
        Archived(
            memory=memory,
            archived_at=memory.updated_at if archived_at is None else archived_at,
            reason=reason,
        )
    )


def _link(row: _Row) -> LinkRecord:
    created_at = _instant(row, "created_at")
    if created_at is None:
        raise ValidationFailed("created_at is missing")
    valid_from = _instant(row, "valid_from")
    link = typed.convert(
        [
            row["source_id"],
            row["target_id"],
            row["relation"],
            created_at if valid_from is None else valid_from,
            created_at,
            created_at,
            _instant(row, "valid_until"),
            text_of(row.get("observed_by")) or None,
            None,
        ],
        Link,
    )
    return link_record(link)


def _instant(row: _Row, name: str) -> Micros | None:
    text = row.get(name)
    return parse_rfc3339(text, field=name) if isinstance(text, str) and text else None


def _count(value: object) -> int:
    """A counter; what is none counts as nothing, and does not cost the memory."""
    return min(max(0, value), ACCESS_COUNT_MAX) if isinstance(value, int) else 0


def _json(text: object) -> object:
    """A column of JSON; what cannot be read counts as nothing, as for the program itself."""
    try:
        return decode(text.encode()) if isinstance(text, str) else None
    except Malformed:
        return None
