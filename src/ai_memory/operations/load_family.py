"""Load a family of tools, with the memories that belong to it."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.query import Filter
from ai_memory.operations.narrowing import exactly
from ai_memory.operations.registry import Family, operations_on
from ai_memory.operations.room import first_that_fit
from ai_memory.operations.step import Context
from ai_memory.operations.view import MemoryView, glimpsed
from ai_memory.ports import Reader

FAMILY_MEMORIES_DEFAULT: Final = 20
FAMILY_MEMORIES_MAX: Final = 100

FamilyMemories = Annotated[
    int,
    Meta(
        ge=0,
        description=f"At most this many memories; more than {FAMILY_MEMORIES_MAX} is served as "
        f"{FAMILY_MEMORIES_MAX}.",
    ),
]


class LoadFamily(Command, frozen=True, kw_only=True):
    """Make the tools of a family callable on this connection.

    Also returns the memories tagged with it (`metadata.family`), most important first.
    """

    family: Annotated[Family, Meta(description="Which tools.")]
    namespace: field.OnlyNamespace | None = None
    k: FamilyMemories = FAMILY_MEMORIES_DEFAULT


class FamilyResult(msgspec.Struct, kw_only=True):
    """The family's tools, and the memories tagged with it."""

    family: str
    status: Annotated[str, Meta(description="loaded: its tools can be called now.")]
    tools: list[str]
    namespace: str | None
    k: int
    count: int
    memories: list[MemoryView]


def load_family(command: LoadFamily, rows: Reader, context: Context) -> FamilyResult:
    """Run LoadFamily."""
    k = min(command.k, FAMILY_MEMORIES_MAX)
    memories = tagged(rows, context, command.family, command.namespace, k)
    return FamilyResult(
        family=command.family,
        status="loaded",
        tools=tools_in(command.family),
        namespace=command.namespace,
        k=k,
        count=len(memories),
        memories=memories,
    )


def tools_in(family: str) -> list[str]:
    """The tools of a family, by the names MCP knows."""
    return [operation.wire for operation in operations_on("mcp") if operation.family == family]


def tagged(
    rows: Reader, context: Context, family: str, namespace: str | None, k: int
) -> list[MemoryView]:
    """The memories whose metadata names the family."""
    where = Filter(now=context.now, namespaces=exactly(namespace), family=family)
    found = rows.list_memories(where, after=None, offset=0, limit=k)
    return first_that_fit(context.room, [MemoryView(**glimpsed(memory)) for memory in found])
