"""Every tool of every profile against the strictest rules clients and their models publish.

A host that meets a schema it cannot read leaves the tool out, or fails the whole request with all
other tools; either way nobody is told. Each rule names who has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from mcp.types import Tool

from ai_memory.errors import ConfigInvalid
from ai_memory.faces.mcp.server import NAME
from ai_memory.faces.mcp.tool import tool_of
from ai_memory.operations.profile import families_of, tools_of
from ai_memory.operations.registry import FAMILIES, operations_on
from ai_memory.operations.schema import input_schema, output_schema

PROFILES: Final = ("core", "graph", "admin", "power", "full", *FAMILIES)

# Claude's API and OpenAI's: ^[a-zA-Z0-9_-]{1,64}$. Gemini CLI adds the dot, and cuts at 63.
TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,63}")
# Claude's API: "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'".
FIELD_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
# Cursor counts server and tool together, with one character between: 60. Claude Code writes
# mcp__SERVER__TOOL, of which its API takes 64; VS Code a prefix of its own, 64 too.
CURSOR_CHARS_MAX: Final = 60
CLAUDE_CHARS_MAX: Final = 64
# VS Code's chat cuts what it describes to GPT-4 models here.
DESCRIPTION_CHARS_MAX: Final = 1_024
# Codex reads a schema into string, number, integer, boolean, array and object, nothing else; Gemini
# ends at a list of types ("Proto field is not repeating").
TYPES: Final = ("string", "number", "integer", "boolean", "array", "object")
# What Gemini's Schema and Codex's JsonSchema both know, and bounds that hosts drop by themselves.
# So: no $ref, $defs, anyOf, oneOf, allOf, not, const, prefixItems, format, pattern, nullable,
# additionalProperties, exclusiveMinimum, examples, title.
KEYWORDS: Final = frozenset(
    (
        "type", "description", "properties", "required", "items", "enum",
        "default", "minimum", "maximum", "minItems",
    )
)  # fmt: skip


def nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema, itself first."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from nodes(schema["items"], f"{path}[]")


def problems_of(schema: dict[str, Any]) -> Iterator[str]:
    """What some client could not read in a tool's input schema."""
    # MCP, Claude's API, OpenAI's: an object with named fields, even if there are none.
    if schema.get("type") != "object" or "properties" not in schema:
        yield "the top level is no object with properties"
    for path, node in nodes(schema):
        # Gemini CLI skips a tool in which any field or item has no type; an enum is no type.
        if node.get("type") not in TYPES:
            yield f"{path}: no single type"
        for keyword in node.keys() - KEYWORDS:
            yield f"{path}: {keyword}"
        yield from (f"{path}: {problem}" for problem in _of_parts(node, top=not path))
        yield from (f"{path}: {problem}" for problem in _of_values(node))


def _of_parts(node: dict[str, Any], *, top: bool) -> Iterator[str]:
    fields = node.get("properties", {})
    if node.get("type") == "object":
        # Gemini's API: "should be non-empty for OBJECT type"; at the top, hosts know to help.
        if not fields and not top:
            yield "an object without fields"
        # Gemini's API: "property is not defined"; and an empty list was no list in draft 4.
        if "required" in node and not (node["required"] and fields.keys() >= set(node["required"])):
            yield "requires what it has not"
        if not all(map(FIELD_NAME.fullmatch, fields)):
            yield "a field with an unusual name"
    # VS Code: "tool parameters array type must have items"; nobody reads tuples.
    if node.get("type") == "array" and not isinstance(node.get("items"), dict):
        yield "an array without items"


def _of_values(node: dict[str, Any]) -> Iterator[str]:
    choices = node.get("enum")
    if choices is not None:
        # Gemini's API: "only allowed for STRING type", and "cannot be empty" of a choice.
        if node.get("type") != "string" or not choices:
            yield "a choice that is not of texts"
        if not all(isinstance(choice, str) and choice for choice in choices):
            yield "a choice of something else"
    # Vertex has refused a null here.
    default = node.get("default", "")
    if default is None or (choices and "default" in node and default not in choices):
        yield "a default that cannot be sent"
    if len(node.get("description", "")) > DESCRIPTION_CHARS_MAX:
        yield "a long description"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_client_can_read_every_tool(profile: str) -> None:
    try:
        families_of(profile)
    except ConfigInvalid:
        pytest.fail(f"{profile} is no profile")
    for operation in tools_of(profile):
        tool = tool_of(operation)
        assert list(problems_of(tool.input_schema)) == [], tool.name
        assert TOOL_NAME.fullmatch(tool.name)
        assert len(f"{NAME}:{tool.name}") <= CURSOR_CHARS_MAX
        assert len(f"mcp__{NAME}__{tool.name}") <= CLAUDE_CHARS_MAX
        assert 0 < len(tool.description or "") <= DESCRIPTION_CHARS_MAX


def test_what_answers_look_like_is_readable_too() -> None:
    """The official clients compile an output schema; what they cannot compile costs the tool."""
    for operation in operations_on("mcp"):
        schema = tool_of(operation).output_schema
        if schema is not None:
            assert schema["type"] == "object"
            assert schema.keys() & {"$ref", "$defs", "anyOf", "oneOf", "allOf"} == set()


def test_the_full_schemas_name_a_type_beside_every_choice() -> None:
    for operation in operations_on("http"):
        for schema in (input_schema(operation), output_schema(operation)):
            for node in _every_dict(schema):
                assert "type" in node or not isinstance(node.get("enum"), list), node


def _every_dict(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _every_dict(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _every_dict(inner)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda fields: fields.update(a={"enum": ["x"]}),
        lambda fields: fields.update(a={"type": ["string", "null"]}),
        lambda fields: fields.update(a={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        lambda fields: fields.update(a={"$ref": "#/$defs/a"}),
        lambda fields: fields.update(a={"type": "array"}),
        lambda fields: fields.update(a={"type": "array", "items": {}}),
        lambda fields: fields.update(a={"type": "object"}),
        lambda fields: fields.update(a={"type": "integer", "enum": [1, 2]}),
        lambda fields: fields.update(a={"type": "string", "enum": [""]}),
        lambda fields: fields.update(a={"type": "string", "default": None}),
        lambda fields: fields.update(a={"type": "string", "format": "date-time"}),
        lambda fields: fields.update({"a b": {"type": "string"}}),
    ],
)
def test_the_rules_see_what_they_are_there_for(
    spoil: Callable[[dict[str, Any]], object],
) -> None:
    fields: dict[str, Any] = {"good": {"type": "array", "items": {"type": "string"}}}
    tool = Tool(name="t", input_schema={"type": "object", "properties": fields})
    assert list(problems_of(tool.input_schema)) == []
    spoil(fields)
    assert list(problems_of(tool.input_schema)) != []
