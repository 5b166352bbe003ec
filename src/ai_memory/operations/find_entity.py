"""Find an entity by any of its names."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.entity import aliases_of
from ai_memory.model.query import Filter
from ai_memory.operations.narrowing import exactly
from ai_memory.operations.step import Context
from ai_memory.ports import Reader
from ai_memory.retrieval.proximity import lineage


class FindEntity(Command, frozen=True, kw_only=True):
    """Find an entity by its name or an alias, letter for letter.

    If several have it, your own project's, else the newest.
    """

    at_home: ClassVar[bool] = True

    alias: Annotated[str, Meta(min_length=1, description="What it is called.")]
    namespace: field.OnlyNamespace | None = None


class EntityFound(msgspec.Struct, kw_only=True):
    """The entity, or nulls when nothing is called so."""

    found: bool
    entity_id: str | None
    canonical_name: str | None
    namespace: str | None
    aliases: tuple[str, ...]


def find_entity(command: FindEntity, rows: Reader, context: Context) -> EntityFound:
    """Run FindEntity."""
    name, home = command.alias.strip(), context.caller.project
    places = [exactly(command.namespace)]
    if command.namespace is None and home is not None:
        places.insert(0, lineage(home))
    entity = None
    for namespaces in places:
        entity = entity or rows.entity_called(name, Filter(now=context.now, namespaces=namespaces))
    if entity is None:
        return EntityFound(
            found=False, entity_id=None, canonical_name=None, namespace=None, aliases=()
        )
    return EntityFound(
        found=True,
        entity_id=entity.id,
        canonical_name=entity.title,
        namespace=entity.namespace,
        aliases=aliases_of(entity.metadata),
    )
