"""JSON Schema of commands and results, from their declarations."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import msgspec

from ai_memory.model.field import OWN
from ai_memory.operations.registry import Operation, command_type, result_type


def description_of(command: type) -> str:
    """The whole docstring of a command, one paragraph per line."""
    text = inspect.getdoc(command) or ""
    return "\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def summary_of(command: type) -> str:
    """The first line of its docstring."""
    return description_of(command).split("\n", 1)[0]


@cache
def _input(operation: Operation) -> dict[str, Any]:
    return _inlined(command_type(operation))


def input_schema(operation: Operation, *, required_only: bool = False) -> dict[str, Any]:
    """The schema of a command's fields.

    Args:
        operation: Whose.
        required_only: Leave the optional fields out.
    """
    schema = dict(_input(operation))
    if required_only:
        required = schema.get("required", [])
        schema["properties"] = {
            name: value for name, value in schema["properties"].items() if name in required
        }
    return schema


@cache
def output_schema(operation: Operation) -> dict[str, Any]:
    """The schema of a result."""
    return _inlined(result_type(operation))


def _inlined(kind: type) -> dict[str, Any]:
    """A schema whose top level is the object itself; what it refers to stands under $defs."""
    (root,), definitions = msgspec.json.schema_components((kind,), ref_template="#/$defs/{name}")
    name = root["$ref"].rsplit("/", 1)[-1]
    schema = dict(definitions.pop(name))
    schema.pop("title", None)
    schema.pop("description", None)
    if definitions:
        schema["$defs"] = definitions
    _type_enums(schema)
    own = schema.get("properties", {}).get("namespace")
    if own is not None and own.get("default") == OWN:
        # What it stands for is in the description; as a value nobody may send it.
        schema["properties"] = {**schema["properties"], "namespace": {**own}}
        del schema["properties"]["namespace"]["default"]
    return schema


def _type_enums(node: Any) -> None:
    """Put the type beside every choice of texts: half of the clients skip a schema without one."""
    if isinstance(node, dict):
        choices = node.get("enum")
        if isinstance(choices, list) and all(isinstance(choice, str) for choice in choices):
            node.setdefault("type", "string")
    for inner in node.values() if isinstance(node, dict) else node:
        if isinstance(inner, dict | list):
            _type_enums(inner)
