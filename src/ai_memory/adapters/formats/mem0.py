"""mem0's memories, as `get_all` answers and its exports hold them: a list, or {results, relations}.

A mem0 memory is one sentence without a title. Whom it is about (user, agent, run) becomes the
namespace; relations of its graph stay in the metadata, since their ends are words and no memories.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.moment import guess_date, guess_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    ImportProblem,
    ImportRecord,
    Item,
    foreign_metadata,
    namespace_segment,
    numbered,
    part_metadata,
    stable_id,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt, headline, one_line, pack
from ai_memory.adapters.formats.value import body_of, dict_of, flat, list_of, name_of

_OWNERS: Final = ("user_id", "agent_id", "app_id", "run_id")


_TEXTS: Final = ("memory", "text", "data", "content")
_LISTS: Final = ("results", "memories", "data")
_KNOWN: Final = frozenset(
    (*_TEXTS, "id", "metadata", "categories", "created_at", "updated_at", "expiration_date",
     "expires_at")
)  # fmt: skip


def read(source: Source, options: Options) -> Iterator[Item]:
    """The memories of a mem0 export."""
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
            continue
        listed = next(
            (found for key in _LISTS if isinstance(found := element.value.get(key), list)), None
        )
        if listed is None:
            yield from _memory(element.value, element.line, options)
            continue
        for number, value in enumerate(listed, element.line):
            yield from _memory(dict_of(value), number, options)
        relations = list_of(element.value.get("relations"))
        if relations:
            yield from _relations(relations, element.line, options)


def _memory(value: dict[str, Any], line: int, options: Options) -> Iterator[Item]:
    key = next((key for key in _TEXTS if body_of(value.get(key))), None)
    if key is None:
        yield ImportProblem(line=line, message="memory is missing", excerpt=excerpt(str(value)))
        return
    text = body_of(value[key])
    own = name_of(value.get("id"))
    owners = {key: owner for key in _OWNERS if (owner := name_of(value.get(key)))}
    others = {
        key: item
        for key, item in value.items()
        if key not in _KNOWN and item not in (None, "", [], {})
    }
    expires_at = guess_date(value.get("expiration_date"), until=True)
    if expires_at is None:
        expires_at = guess_date(value.get("expires_at"), until=True)
        others |= {key: value[key] for key in ("expiration_date", "expires_at") if value.get(key)}
    ours = {"mined_from": "mem0", **({"imported": others} if others else {})}
    metadata = foreign_metadata(dict_of(value.get("metadata")), ours)
    categories = flat(value.get("categories"))
    parts = pack([text])
    for number, part in enumerate(parts, 1):
        yield ImportRecord(
            line=line,
            id=own if own and number == 1 else stable_id("mem0", own, *owners.values(), part.text),
            namespace=options.namespace or _namespace(owners),
            title=numbered(headline(text), number, len(parts)),
            content=part.text,
            tags=tuple(dict.fromkeys(tag for tag in map(one_line, categories) if tag)),
            metadata={**metadata, **part_metadata(number, len(parts))},
            created_at=guess_instant(value.get("created_at")),
            updated_at=guess_instant(value.get("updated_at")),
            expires_at=expires_at,
        )


def _namespace(owners: dict[str, str]) -> str:
    segments = [namespace_segment(owners[key]) for key in _OWNERS[:2] if key in owners]
    return "/".join(["mem0", *segments])


def _relations(values: list[Any], line: int, options: Options) -> Iterator[Item]:
    """The graph as one memory a person can read: its ends are names, not memories."""
    lines = []
    for value in map(dict_of, values):
        source = name_of(value.get("source"))
        target = name_of(value.get("target")) or name_of(value.get("destination"))
        relation = name_of(value.get("relationship")) or name_of(value.get("relation"))
        if source and target:
            lines.append(f"{source} {relation.replace('_', ' ')} {target}".replace("  ", " "))
    for number, part in enumerate(parts := pack(lines), 1) if lines else ():
        yield ImportRecord(
            line=line,
            id=stable_id("mem0", "relations", options.namespace, number, part.text),
            namespace=options.namespace or "mem0",
            title=numbered("Relations known to mem0", number, len(parts)),
            content=part.text,
            tags=("relations",),
            metadata={"mined_from": "mem0", **part_metadata(number, len(parts))},
        )
