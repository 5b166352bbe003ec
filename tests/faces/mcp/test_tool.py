from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from ai_memory.adapters.tokens import count_cl100k
from ai_memory.faces.mcp.server import INSTRUCTIONS
from ai_memory.faces.mcp.tool import SIZED, brief_input, tool_of
from ai_memory.faces.toon import TABULAR
from ai_memory.operations.profile import tools_of
from ai_memory.operations.registry import Operation, operations_on
from ai_memory.operations.schema import input_schema

TOKENS_PER_TOOL_MAX = 160

EVERY = operations_on("mcp")


def tokens(*values: Any) -> int:
    written = (json.dumps(value, separators=(",", ":"), ensure_ascii=False) for value in values)
    return sum(count_cl100k(written))


@pytest.mark.parametrize("operation", EVERY, ids=lambda operation: operation.wire)
def test_schemas_are_json_schema_2020_12_of_objects(operation: Operation) -> None:
    tool = tool_of(operation)
    assert tool.input_schema["type"] == "object"
    Draft202012Validator.check_schema(tool.input_schema)


@pytest.mark.parametrize("operation", EVERY, ids=lambda operation: operation.wire)
def test_a_tool_says_what_the_registry_says(operation: Operation) -> None:
    tool = tool_of(operation)
    hints = tool.annotations
    assert hints is not None
    assert (tool.name, tool.title) == (operation.wire, operation.title)
    assert tool.description
    # A hint that is not given is false.
    assert bool(hints.read_only_hint) is operation.reads_only
    if not operation.reads_only:
        assert hints.destructive_hint is operation.destructive
        assert bool(hints.idempotent_hint) is operation.idempotent
    assert hints.open_world_hint is False


@pytest.mark.parametrize("operation", EVERY, ids=lambda operation: operation.wire)
def test_brevity_costs_no_field(operation: Operation) -> None:
    full, brief = input_schema(operation), tool_of(operation).input_schema
    extra = {"format"} if operation.wire in TABULAR else set()
    extra |= {"budget_tokens"} if operation.wire in SIZED else set()
    assert brief["properties"].keys() == full["properties"].keys() | extra
    assert brief.get("required", []) == full.get("required", [])
    for name, field in brief["properties"].items():
        assert field.keys() & {"type", "enum", "anyOf"}, name


def test_brevity_offers_no_null() -> None:
    """Not every client can read a choice of types; an empty text says the same where null does."""
    optional = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    clears = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    brief = brief_input({"type": "object", "properties": {"a": optional, "b": clears}})
    assert brief["properties"] == {"a": {"type": "string"}, "b": {"type": "string"}}


def test_brevity_drops_lengths_and_empty_defaults_only() -> None:
    fields = {
        "tags": {"type": "array", "maxItems": 50, "default": []},
        "priority": {"type": "integer", "minimum": 1, "maximum": 10, "default": 5},
        "offset": {"type": "integer", "minimum": 0, "default": 0},
        "explain": {"type": "boolean", "default": False},
    }
    brief = brief_input({"type": "object", "properties": fields})["properties"]
    assert brief == {
        "tags": {"type": "array"},
        "priority": fields["priority"],
        "offset": {"type": "integer"},
        "explain": {"type": "boolean"},
    }


def test_brevity_keeps_the_first_clause_of_a_description() -> None:
    text = "At most this many (default 10); more than 50 is served as 50."
    field = {"type": "integer", "minimum": 0, "maximum": 10**9, "description": text}
    brief = brief_input({"type": "object", "properties": {"most": field}})["properties"]
    assert brief["most"] == {"type": "integer", "description": "At most this many (default 10)"}


def test_brevity_describes_no_field_whose_name_says_it() -> None:
    field = {"type": "string", "description": "Id, or a prefix that fits only one."}
    brief = brief_input({"type": "object", "properties": {"id": field, "alias": field}})
    assert brief["properties"]["id"] == {"type": "string"}
    assert "description" in brief["properties"]["alias"]


def test_tools_fit_into_a_context_window() -> None:
    """What a host may show a model, annotations and all."""

    def listed(profile: str) -> list[int]:
        tools = [tool_of(operation) for operation in tools_of(profile)]
        return [tokens(tool.model_dump(by_alias=True, exclude_none=True)) for tool in tools]

    assert sum(listed("core")) < 2_000
    full = listed("full")
    # A type beside each choice of texts costs 130, and half of the clients want it.
    assert sum(full) < 6_100
    assert sum(full) / len(full) <= TOKENS_PER_TOOL_MAX


def test_the_instructions_are_few_and_name_what_a_model_must_know() -> None:
    assert tokens(INSTRUCTIONS) <= 260
    for word in (
        "memory_recall", "memory_store", "memory_update", "memory_delete", "memory_link",
        "memory_get", "short 6 hours", "mid 7 days", "long for good", "archived", "supersedes",
    ):  # fmt: skip
        assert word in INSTRUCTIONS


@pytest.mark.parametrize("profile", ["core", "graph", "admin", "power", "full"])
def test_an_agent_can_correct_itself_under_every_profile(profile: str) -> None:
    names = {operation.wire for operation in tools_of(profile)}
    assert {"memory_store", "memory_recall", "memory_update", "memory_delete"} <= names
