"""An operation as a tool: its declaration, in as few tokens as a model needs to use it well.

A host puts name, description and inputSchema of every tool into the model's context window, so
whatever says nothing there is left out: the description is its first sentence, and there is no
output schema, since answers are text. `memory_capabilities` gives descriptions and schemas in full.
"""

from __future__ import annotations

import re
from typing import Any, Final

from mcp.types import Tool, ToolAnnotations

from ai_memory.faces.toon import FORMATS, TABULAR
from ai_memory.operations.registry import Operation, command_type
from ai_memory.operations.schema import input_schema, summary_of

_LENGTHS: Final = ("minLength", "maxLength", "maxItems")
_OF_ITEMS: Final = ("type", "enum")
_NULL: Final = {"type": "null"}
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")
_CLAUSE: Final = re.compile(r"[.;]\s")
_SAID_BY_NAME: Final = frozenset(
    ("content", "cursor", "end", "id", "limit", "source_id", "target_id")
)
"""Fields that need no description where forty tools have them."""
_ANY_OBJECT: Final[dict[str, Any]] = {"url": {"type": "string"}}
"""An example of what may stand in an object of anything: some clients refuse one without fields."""
_TELLING_MAX: Final = 10_000
"""A greater upper bound bounds nothing a model would send."""
_FORMAT: Final[dict[str, Any]] = {
    "type": "string",
    "enum": list(FORMATS),
    "description": "toon: fewer tokens",
}


SIZED: Final = (
    "memory_list", "memory_history", "memory_archive_list", "memory_diff",
)  # fmt: skip
"""Tools that show contents and have no budget of their own: here it is said that they take one."""
_BUDGET: Final[dict[str, Any]] = {"type": "integer"}


def tool_of(operation: Operation) -> Tool:
    """What tools/list says about an operation."""
    schema = brief_input(input_schema(operation))
    if operation.wire in TABULAR:
        schema["properties"] = {**schema["properties"], "format": _FORMAT}
    if operation.wire in SIZED:
        schema["properties"] = {**schema["properties"], "budget_tokens": _BUDGET}
    return Tool(
        name=operation.wire,
        title=operation.title,
        description=_SENTENCE.split(summary_of(command_type(operation)), maxsplit=1)[0],
        input_schema=schema,
        annotations=ToolAnnotations(
            # What is not said is false, says the protocol; but a writer unless told destroys.
            read_only_hint=operation.reads_only or None,
            destructive_hint=None if operation.reads_only else operation.destructive,
            idempotent_hint=(operation.idempotent and not operation.reads_only) or None,
            open_world_hint=False,
        ),
    )


def brief_input(schema: dict[str, Any]) -> dict[str, Any]:
    """A command's schema without what no caller needs: decoding checks every bound anyway."""
    brief = {
        **schema,
        "properties": {name: _brief(name, value) for name, value in schema["properties"].items()},
    }
    # A field nobody knows is refused anyway, and the refusal names the one that was meant.
    brief.pop("additionalProperties", None)
    if not brief.get("required"):
        brief.pop("required", None)
    return brief


def _brief(name: str, field: dict[str, Any]) -> dict[str, Any]:
    brief = dict(field)
    # Leaving it out says the same as null, and where it does not, an empty text does; a choice of
    # schemas is what some clients cannot read.
    arms = [arm for arm in brief.get("anyOf", ()) if arm != _NULL]
    if len(arms) == 1:
        brief = dict(arms[0])
    if not brief.get("default", ...):
        del brief["default"]  # nothing, none, no, 0: what leaving it out suggests anyway
    for length in _LENGTHS:
        brief.pop(length, None)
    if brief.get("maximum", 0) > _TELLING_MAX:
        del brief["maximum"]
    if brief["type"] == "integer" and (
        brief.get("minimum") == 0 or (brief.get("minimum") == 1 and "maximum" not in brief)
    ):
        del brief["minimum"]
    if brief["type"] == "object" and not brief.get("properties"):
        brief["properties"] = _ANY_OBJECT
    if "items" in brief:
        brief["items"] = {key: brief["items"][key] for key in _OF_ITEMS if key in brief["items"]}
    if name in _SAID_BY_NAME:
        brief.pop("description", None)
    elif "description" in brief:
        brief["description"] = _CLAUSE.split(brief["description"], maxsplit=1)[0].rstrip(".")
    return brief
