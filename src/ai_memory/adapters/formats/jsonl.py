"""Memories as JSON: one object on each line, an array of them, or an export `{memories, links}`.

An object has the fields the HTTP API takes and returns. Import forgives what it need not
understand: fields a memory has no place for, and the exporting store's `source`, are kept under
`metadata.imported`; counters of the exporting store (access_count, version, score, …) are left out.
A known field of the wrong type is a problem of its line: guessing could store something else than
was meant. Values out of bounds are for the store operation to judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ai_memory import typed
from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.moment import guess_instant, read_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    ImportLink,
    ImportProblem,
    ImportRecord,
    Item,
    numbered,
    part_metadata,
    relation_of,
    stable_id,
    title_metadata,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import as_title, excerpt, headline, one_line, pack
from ai_memory.adapters.formats.value import Malformed, body_of, decode, dict_of, list_of, text_of
from ai_memory.errors import ValidationFailed

_COUNTERS: Final = frozenset(
    ("access_count", "last_accessed_at", "version", "score", "on_conflict")
)


class _Fields(msgspec.Struct):
    """The fields of a memory, as lines may spell them."""

    id: str | int | None = None
    title: str | None = None
    content: str | None = None
    namespace: str | None = None
    tier: str | None = None
    tags: list[str] | str | None = None
    priority: int | None = None
    confidence: float | None = None
    source: str | None = None
    metadata: dict[str, Any] | None = None
    created_at: str | float | None = None
    updated_at: str | float | None = None
    expires_at: str | float | None = None
    ttl_secs: int | None = None
    scope: str | None = None
    agent_id: str | None = None


_KNOWN: Final = frozenset(_Fields.__struct_fields__) | _COUNTERS


def read(source: Source, options: Options) -> Iterator[Item]:
    """The memories of a JSON file."""
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
        elif isinstance(element.value.get("memories"), list) and "content" not in element.value:
            yield from _export(element.value, element.line, options)
        else:
            yield from _memory(element.value, element.line, options)


def _export(value: dict[str, Any], line: int, options: Options) -> Iterator[Item]:
    """What an export document holds. Within it, a memory's position counts as its line."""
    for number, memory in enumerate(value["memories"], line):
        if isinstance(memory, dict):
            yield from _memory(memory, number, options)
        else:
            message = "expected a JSON object"
            yield ImportProblem(line=number, message=message, excerpt=excerpt(str(memory)))
    for link in map(dict_of, list_of(value.get("links"))):
        yield _link(link, line)


def _link(value: dict[str, Any], line: int) -> Item:
    source, target = text_of(value.get("source_id")), text_of(value.get("target_id"))
    if not source or not target:
        message = "a link without source_id and target_id"
        return ImportProblem(line=line, message=message, excerpt=excerpt(str(value)))
    return ImportLink(
        line=line,
        source_id=source,
        target_id=target,
        relation=relation_of(text_of(value.get("relation"))),
        created_at=guess_instant(value.get("created_at")),
        valid_from=guess_instant(value.get("valid_from")),
        valid_until=guess_instant(value.get("valid_until"), field="valid_until"),
        observed_by=text_of(value.get("observed_by")) or None,
    )


def _memory(value: dict[str, Any], line: int, options: Options) -> Iterator[Item]:
    nested = value.get("memory")  # a `get` answers {…, memory, links}
    if isinstance(nested, dict):
        others = {key: item for key, item in value.items() if key != "memory"}
        value = others if "content" in value else {**others, **nested}
    try:
        fields = typed.convert(value, _Fields)
        yield from _records(fields, value, line, options)
    except msgspec.ValidationError as cause:
        yield ImportProblem(line=line, message=_readable(cause), excerpt=excerpt(str(value)))
    except ValidationFailed as cause:
        yield ImportProblem(line=line, message=cause.message, excerpt=excerpt(str(value)))


def _records(
    fields: _Fields, value: dict[str, Any], line: int, options: Options
) -> Iterator[ImportRecord]:
    content = body_of(fields.content) or body_of(value.get("text"))
    if not content:
        raise ValidationFailed("content is missing")
    title = as_title(fields.title or "") or headline(content)
    namespace = options.namespace or text_of(fields.namespace) or None
    created_at = read_instant(fields.created_at, field="created_at")
    updated_at = read_instant(fields.updated_at, field="updated_at")
    expires_at = read_instant(fields.expires_at, field="expires_at")
    tags = _tags(fields.tags)
    metadata = _metadata(fields, value, title)
    parts = pack([content])
    for number, part in enumerate(parts, 1):
        yield ImportRecord(
            line=line,
            id=_id(fields, namespace, title, created_at, number, part.text),
            namespace=namespace,
            title=numbered(title, number, len(parts)),
            content=part.text,
            tier=fields.tier,
            tags=tags,
            priority=fields.priority,
            confidence=fields.confidence,
            metadata={**metadata, **part_metadata(number, len(parts))},
            created_at=created_at,
            updated_at=updated_at,
            expires_at=expires_at,
            ttl_secs=fields.ttl_secs,
        )


def _id(
    fields: _Fields,
    namespace: str | None,
    title: str,
    created_at: int | None,
    number: int,
    content: str,
) -> str:
    """The line's own id, if it can be one: a bare number is unique in its own file at best."""
    own = text_of(fields.id)
    if own:
        return own if number == 1 else stable_id("jsonl", own, number)
    return stable_id("jsonl", fields.id, namespace, title, created_at, number, content)


def _metadata(fields: _Fields, value: dict[str, Any], title: str) -> dict[str, Any]:
    metadata = dict(fields.metadata or {})
    for key, item in (("scope", fields.scope), ("agent_id", fields.agent_id)):
        if item is not None:
            metadata.setdefault(key, item)
    imported = {key: item for key, item in value.items() if key not in _KNOWN and item is not None}
    if not body_of(fields.content):
        imported.pop("text", None)  # it is the content
    if not imported.get("links"):
        imported.pop("links", None)
    if isinstance(fields.id, int):
        imported["id"] = fields.id
    if fields.source not in (None, "import"):
        imported["source"] = fields.source
    imported |= title_metadata(title).get("imported", {})
    if imported:
        metadata["imported"] = {**dict_of(metadata.get("imported")), **imported}
    return metadata


def _tags(value: list[str] | str | None) -> tuple[str, ...]:
    """Tags from a list, from its JSON text, or from text with commas; each once, none blank."""
    if isinstance(value, str):
        value = _listed(value)
    return tuple(dict.fromkeys(filter(None, map(one_line, value or ()))))


def _listed(text: str) -> list[str]:
    if text.lstrip().startswith("["):
        try:
            return [item for item in list_of(decode(text.encode())) if isinstance(item, str)]
        except Malformed:
            pass
    return text.split(",")


def _readable(cause: msgspec.ValidationError) -> str:
    """The error `Expected `str | null`, got `int` - at `$.title`` with the field first."""
    reason, _, path = str(cause).partition(" - at ")
    return f"{path.strip('`').removeprefix('$.') or 'memory'}: {reason[:1].lower()}{reason[1:]}"
