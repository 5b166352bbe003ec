"""Register an entity: a person, place or thing that memories are about, and what it is called."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.errors import Conflict, ValidationFailed
from ai_memory.model import field
from ai_memory.model.change import MemoryPut
from ai_memory.model.command import Action, Command
from ai_memory.model.entity import KIND, aliases_of
from ai_memory.model.memory import Memory, payload_of
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.operations.title import live_holder
from ai_memory.ports import Lookups, Transaction


class RegisterEntity(Command, frozen=True, kw_only=True):
    """Register a person, place or thing under its name and aliases, to link memories to.

    Registering it again adds the aliases and metadata that are new.
    """

    action: ClassVar[Action] = "write"
    at_home: ClassVar[bool] = True

    canonical_name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=limits.TITLE_CHARS_MAX,
            description="What it is called. Unique within a namespace.",
        ),
    ]
    namespace: field.OwnNamespace = field.OWN
    aliases: Annotated[
        tuple[str, ...],
        Meta(max_length=limits.ALIASES_MAX, description="What else it is called."),
    ] = ()
    metadata: field.MetadataField = {}
    agent_id: field.AgentId | None = None


class EntityResult(msgspec.Struct, kw_only=True):
    """The entity; `created` says whether it is new. Its own name is one of its aliases."""

    entity_id: str
    canonical_name: str
    namespace: str
    aliases: tuple[str, ...]
    created: bool


def register_entity(command: RegisterEntity, context: Context) -> Steps[EntityResult]:
    """Run RegisterEntity.

    Raises:
        Conflict: A memory that is no entity holds the title; `existing_id` names it.
        ValidationFailed: It would have too many aliases, or too much metadata.
    """
    name = command.canonical_name.strip()
    new_id = context.new_id()

    def work(rows: Transaction) -> Outcome:
        existing, changes = live_holder(rows, command.namespace, name, context.now)
        if existing is not None and existing.metadata.get("kind") != KIND:
            raise Conflict(
                f"'{name}' in namespace '{command.namespace}' is a memory that is no entity",
                hint="Choose another name or namespace, or rename that memory.",
                existing_id=existing.id,
            )
        entity = _entity(command, context, name, new_id, existing)
        payload = payload_of(entity)
        payload_hash = payload.hash()
        if entity != existing:
            changes.append(MemoryPut.of(entity, payload_hash))
        result = EntityResult(
            entity_id=entity.id,
            canonical_name=entity.title,
            namespace=entity.namespace,
            aliases=aliases_of(entity.metadata),
            created=existing is None,
        )
        return Outcome(result, tuple(changes), {payload_hash: payload})

    lookups = Lookups(ids=(new_id,), titles=((command.namespace, name),))
    registered: EntityResult = yield Write(work, lookups, command.namespace)
    return registered


def _entity(
    command: RegisterEntity, context: Context, name: str, new_id: str, existing: Memory | None
) -> Memory:
    """The entity as it stands after this registration; `existing` itself if nothing is new."""
    known = {} if existing is None else existing.metadata
    given = (alias.strip() for alias in command.aliases)
    aliases = list(dict.fromkeys((name, *aliases_of(known), *filter(None, given))))
    if len(aliases) > limits.ALIASES_MAX:
        raise ValidationFailed(
            f"more than {limits.ALIASES_MAX} aliases",
            hint="Keep those it is really called by.",
            field="aliases",
        )
    metadata = {**known, **command.metadata, "kind": KIND, "aliases": aliases}
    metadata["agent_id"] = (
        known.get("agent_id")
        or command.agent_id
        or command.metadata.get("agent_id")
        or context.caller.agent_id
    )
    field.check_metadata(metadata)
    if existing is None:
        return Memory(
            id=new_id,
            namespace=command.namespace,
            title=name,
            content=name,
            tier="long",
            tags=(KIND,),
            priority=7,  # what existing clients rely on
            metadata=metadata,
            created_at=context.now,
            updated_at=context.now,
        )
    if payload_of(existing).metadata == metadata:
        return existing
    return msgspec.structs.replace(
        existing,
        metadata=metadata,
        version=existing.version + 1,
        updated_at=max(context.now, existing.updated_at),
    )
