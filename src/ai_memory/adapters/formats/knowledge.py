"""The memory file of the MCP reference server: entities with observations, and relations.

An entity becomes one memory whose content is its observations, line by line. A relation becomes a
link; what it is called stands in the metadata of its source, since links here know four relations.
The file is read whole before the first memory: relations follow the entities they begin at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    ImportLink,
    ImportProblem,
    ImportRecord,
    Item,
    numbered,
    part_metadata,
    stable_id,
    title_metadata,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt, one_line, pack
from ai_memory.adapters.formats.value import dict_of, list_of, text_of


def read(source: Source, options: Options) -> Iterator[Item]:
    """The entities and relations of a memory file: JSON Lines, or {entities, relations}."""
    problems: list[Item] = []
    entities: list[tuple[int, dict[str, Any]]] = []
    relations: list[tuple[int, dict[str, Any]]] = []
    for element in elements(source):
        if isinstance(element, ImportProblem):
            problems.append(element)
        elif isinstance(element.value.get("entities"), list):
            entities += [(element.line, dict_of(one)) for one in element.value["entities"]]
            listed = list_of(element.value.get("relations"))
            relations += [(element.line, dict_of(one)) for one in listed]
        elif element.value.get("type") == "relation" or "relationType" in element.value:
            relations.append((element.line, element.value))
        else:
            entities.append((element.line, element.value))
    said: dict[str, list[dict[str, str]]] = {}
    links: list[Item] = []
    for line, value in relations:
        source_name, target_name = (one_line(text_of(value.get(key))) for key in ("from", "to"))
        if not source_name or not target_name:
            message = "a relation without from and to"
            links.append(ImportProblem(line=line, message=message, excerpt=excerpt(str(value))))
            continue
        relation = one_line(text_of(value.get("relationType")))
        said.setdefault(source_name, []).append({"to": target_name, "relation": relation})
        links.append(
            ImportLink(
                line=line,
                source_id=_id(source_name, options),
                target_id=_id(target_name, options),
            )
        )
    for line, value in entities:
        yield from _entity(value, line, options, said)
    yield from links
    yield from problems


def _entity(
    value: dict[str, Any],
    line: int,
    options: Options,
    relations: Mapping[str, list[dict[str, str]]],
) -> Iterator[Item]:
    name = one_line(text_of(value.get("name")))
    if not name:
        message = "an entity without a name"
        yield ImportProblem(line=line, message=message, excerpt=excerpt(str(value)))
        return
    kind = one_line(text_of(value.get("entityType")))
    said = [text for item in list_of(value.get("observations")) if (text := text_of(item))]
    parts = pack(said or [name])
    for number, part in enumerate(parts, 1):
        yield ImportRecord(
            line=line,
            id=_id(name, options, number),
            namespace=options.namespace or "knowledge-graph",
            title=numbered(name, number, len(parts)),
            content=part.text,
            tags=(kind,) if kind else (),
            metadata={
                "mined_from": "mcp-memory",
                **({"entity_type": kind} if kind else {}),
                **({"relations": relations[name]} if name in relations else {}),
                **title_metadata(name),
                **part_metadata(number, len(parts)),
            },
        )


def _id(name: str, options: Options, number: int = 1) -> str:
    return stable_id("mcp-memory", options.namespace, name, number)
