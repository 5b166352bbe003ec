"""An operation as a tool: its declaration, in as few tokens as a model needs to use it well.

A host puts name, description and inputSchema of every tool into the model's context window, so
whatever says nothing there is left out. `memory_capabilities` gives the schemas in full.
"""

from __future__ import annotations

from typing import Any, Final

from mcp.types import Tool, ToolAnnotations

from ai_memory.operations.registry import Operation, command_type
from ai_memory.operations.schema import description_of, input_schema, output_schema

_LENGTHS: Final = ("minLength", "maxLength", "maxItems")
_NULL: Final = {"type": "null"}


def tool_of(operation: Operation) -> Tool:
    """What tools/list says about an operation."""
    return Tool(
        name=operation.wire,
        title=operation.title,
        description=description_of(command_type(operation)),
        input_schema=brief_input(input_schema(operation)),
        output_schema=brief_output(output_schema(operation)),
        annotations=ToolAnnotations(
            read_only_hint=operation.reads_only,
            destructive_hint=operation.destructive,
            idempotent_hint=operation.idempotent,
            open_world_hint=False,
        ),
    )


def brief_input(schema: dict[str, Any]) -> dict[str, Any]:
    """A command's schema without what no caller needs: decoding checks every bound anyway."""
    return {
        **schema,
        "properties": {name: _brief(value) for name, value in schema["properties"].items()},
    }


def _brief(field: dict[str, Any]) -> dict[str, Any]:
    brief = dict(field)
    if brief.get("default", ...) is None:
        # Optional: leaving it out says the same as null.
        arms = [arm for arm in brief.get("anyOf", ()) if arm != _NULL]
        if len(arms) == 1:
            brief = dict(arms[0])
    if brief.get("default", ...) in (None, [], {}, ()):
        del brief["default"]
    for length in _LENGTHS:
        brief.pop(length, None)
    return brief


def brief_output(schema: dict[str, Any]) -> dict[str, Any]:
    """A result's schema one level deep: its keys, their types, and which are always there."""
    brief: dict[str, Any] = {
        "type": "object",
        "properties": {name: _shallow(value) for name, value in schema["properties"].items()},
    }
    if schema.get("required"):
        brief["required"] = schema["required"]
    return brief


def _shallow(field: dict[str, Any]) -> dict[str, Any]:
    # A reference always names a struct, and a struct is an object on the wire.
    kind = "object" if "$ref" in field else field.get("type")
    return {} if kind is None else {"type": kind}
