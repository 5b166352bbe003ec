"""Memories as resources, for hosts that let a person attach something to read.

memory://memories/{id}            one memory
memory://namespaces/{namespace}   the memories of a namespace, most important first
memory://namespaces               which namespaces there are
memory://stats                    figures of the store

A list answers one page, with its total; `?cursor=` and its next_cursor ask for the next one.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, Resource, ResourceTemplate

from ai_memory.operations.registry import Operation, by_wire

SCHEME: Final = "memory://"
MIME_TYPE: Final = "application/json"
LISTED: Final = 50
"""Rows on one page of a list."""

FIXED: Final = (
    Resource(
        name="namespaces",
        title="Namespaces",
        uri=f"{SCHEME}namespaces",
        description="Which namespaces hold memories, and how many.",
        mime_type=MIME_TYPE,
    ),
    Resource(
        name="stats",
        title="Statistics",
        uri=f"{SCHEME}stats",
        description="Figures of the store.",
        mime_type=MIME_TYPE,
    ),
)

TEMPLATES: Final = (
    ResourceTemplate(
        name="memory",
        title="A memory",
        uri_template=f"{SCHEME}memories/{{id}}",
        description="One memory, whole, with its links.",
        mime_type=MIME_TYPE,
    ),
    ResourceTemplate(
        name="namespace",
        title="The memories of a namespace",
        uri_template=f"{SCHEME}namespaces/{{+namespace}}{{?cursor}}",
        description="Most important first, page by page; `/` stays as it is.",
        mime_type=MIME_TYPE,
    ),
)


class Reading(NamedTuple):
    """What a resource is made of: an operation and its fields."""

    operation: Operation
    fields: dict[str, Any]


def reading_of(uri: str) -> Reading:
    """What to ask the node for.

    Raises:
        MCPError: The address names no resource of ours.
    """
    if uri.startswith(SCHEME):
        path, _, query = uri.removeprefix(SCHEME).partition("?")
        kind, slash, name = path.partition("/")
        name = unquote(name)
        page: dict[str, Any] = {"limit": LISTED}
        if query.startswith("cursor="):
            page["cursor"] = unquote(query.removeprefix("cursor="))
        match kind, bool(slash and name):
            case "memories", True:
                return Reading(by_wire("memory_get"), {"id": name})
            case "namespaces", True:
                return Reading(by_wire("memory_list"), {"namespace": name, **page})
            case "namespaces", False:
                return Reading(by_wire("memory_namespaces"), page)
            case "stats", False:
                return Reading(by_wire("memory_stats"), {})
    raise MCPError(
        INVALID_PARAMS,
        f"there is no resource '{uri[:200]}'. Templates: "
        + ", ".join(template.uri_template for template in TEMPLATES),
    )


def resource_of(memory: dict[str, Any]) -> Resource:
    """A memory on the list of resources."""
    return Resource(
        name=memory["title"],
        uri=f"{SCHEME}memories/{quote(memory['id'], safe='')}",
        description=f"{memory['tier']} memory in {memory['namespace']}",
        mime_type=MIME_TYPE,
    )
