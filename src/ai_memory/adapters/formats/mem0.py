"""mem0's memories, as `get_all` answers and its exports hold them: a list, or {results, relations}.

A mem0 memory is one sentence without a title. Whom it is about (user, agent, run) becomes the
namespace; relations of its graph stay in the metadata, since their ends are words and no memories.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.moment import guess_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    ImportProblem,
    ImportRecord,
    Item,
    namespace_segment,
    numbered,
    part_metadata,
    stable_id,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt, headline, one_line, pack
from ai_memory.adapters.formats.value import dict_of, list_of, name_of, text_of

_OWNERS: Final = ("user_id", "agent_id", "app_id", "run_id")


def read(source: Source, options: Options) -> Iterator[Item]:
    """The memories of a mem0 export."""
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
        elif isinstance(element.value.get("results"), list):
            for number, value in enumerate(element.value["results"], element.line):
                yield from _memory(dict_of(value), number, options)
            relations = list_of(element.value.get("relations"))
            if relations:
                yield from _relations(relations, element.line, options)
        else:
            yield from _memory(element.value, element.line, options)


def _memory(value: dict[str, Any], line: int, options: Options) -> Iterator[Item]:
    text = text_of(value.get("memory")) or text_of(value.get("text")) or text_of(value.get("data"))
    if not text:
        yield ImportProblem(line=line, message="memory is missing", excerpt=excerpt(str(value)))
        return
    own = name_of(value.get("id"))
    metadata = dict(dict_of(value.get("metadata")))
    owners = {key: owner for key in _OWNERS if (owner := name_of(value.get(key)))}
    categories = [one_line(name_of(tag)) for tag in list_of(value.get("categories"))]
    parts = pack([text])
    for number, part in enumerate(parts, 1):
        yield ImportRecord(
            line=line,
            id=own if own and number == 1 else stable_id("mem0", own, *owners.values(), part.text),
            namespace=options.namespace or _namespace(owners),
            title=numbered(headline(text), number, len(parts)),
            content=part.text,
            tags=tuple(dict.fromkeys(tag for tag in categories if tag)),
            metadata={
                **{key: item for key, item in metadata.items() if key not in ("agent_id", "scope")},
                "mined_from": "mem0",
                **({"imported": owners} if owners else {}),
                **part_metadata(number, len(parts)),
            },
            created_at=guess_instant(value.get("created_at")),
            updated_at=guess_instant(value.get("updated_at")),
        )


def _namespace(owners: dict[str, str]) -> str:
    segments = [namespace_segment(owners[key]) for key in _OWNERS[:2] if key in owners]
    return "/".join(["mem0", *segments])


def _relations(values: list[Any], line: int, options: Options) -> Iterator[Item]:
    """The graph as one memory a person can read: its ends are names, not memories."""
    lines = []
    for value in map(dict_of, values):
        source, target = text_of(value.get("source")), text_of(value.get("target"))
        relation = text_of(value.get("relationship")) or text_of(value.get("relation"))
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
