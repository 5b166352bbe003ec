"""The memory file of the MCP reference server: entities with observations, and relations.

An entity becomes one memory whose content is its observations, line by line; what several entities
of one name say is put together. A relation becomes a link of that name.
The file is read whole before the first memory: what an entity says may stand anywhere in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    ImportLink,
    ImportProblem,
    ImportRecord,
    Item,
    foreign_metadata,
    numbered,
    part_metadata,
    relation_of,
    stable_id,
    title_metadata,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt, one_line, pack
from ai_memory.adapters.formats.value import body_of, dict_of, list_of, name_of


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
    links: list[Item] = []
    for line, value in relations:
        source_name, target_name = (one_line(name_of(value.get(key))) for key in ("from", "to"))
        if not source_name or not target_name:
            message = "a relation without from and to"
            links.append(ImportProblem(line=line, message=message, excerpt=excerpt(str(value))))
            continue
        links.append(
            ImportLink(
                line=line,
                source_id=_id(source_name, options),
                target_id=_id(target_name, options),
                relation=relation_of(name_of(value.get("relationType"))),
                target_title=target_name,
            )
        )
    known: dict[str, _Entity] = {}
    for line, value in entities:
        name = one_line(name_of(value.get("name")))
        if not name:
            message = "an entity without a name"
            yield ImportProblem(line=line, message=message, excerpt=excerpt(str(value)))
            continue
        if name in known:
            options.remarks.changed("entities of one name, put together", name)
        known.setdefault(name, _Entity(line, [], {}, {})).add(value)
    for name, entity in known.items():
        yield from entity.records(name, options)
    yield from links
    yield from problems


class _Entity(NamedTuple):
    line: int
    kinds: list[str]
    said: dict[str, None]
    others: dict[str, Any]

    def add(self, value: dict[str, Any]) -> None:
        """Take in what another line says of it."""
        kind = one_line(name_of(value.get("entityType")))
        if kind and kind not in self.kinds:
            self.kinds.append(kind)
        self.said.update(dict.fromkeys(filter(None, map(_observed, _listed(value)))))
        self.others.update({key: item for key, item in value.items() if key not in _KNOWN})

    def records(self, name: str, options: Options) -> Iterator[ImportRecord]:
        """The memories it becomes: one, unless its observations are too long."""
        parts = pack([*self.said] or [name])
        ours = {
            "mined_from": "mcp-memory",
            **({"entity_type": self.kinds[0]} if self.kinds else {}),
            **title_metadata(name),
        }
        for number, part in enumerate(parts, 1):
            yield ImportRecord(
                line=self.line,
                id=_id(name, options, number),
                namespace=options.namespace or "knowledge-graph",
                title=numbered(name, number, len(parts)),
                content=part.text,
                tags=tuple(self.kinds),
                metadata=foreign_metadata(
                    self.others, {**ours, **part_metadata(number, len(parts))}
                ),
            )


def _listed(value: dict[str, Any]) -> list[Any]:
    observations = value.get("observations")
    return observations if isinstance(observations, list) else [observations]


def _observed(value: object) -> str:
    """An observation: text, or an object around it as some forks of the server write."""
    if isinstance(value, dict):
        text = body_of(value.get("content")) or body_of(value.get("text"))
        return text or one_line(json.dumps(value, ensure_ascii=False))
    return body_of(value) or name_of(value)


_KNOWN: Final = frozenset(("type", "name", "entityType", "observations"))


def _id(name: str, options: Options, number: int = 1) -> str:
    return stable_id("mcp-memory", options.namespace, name, number)
