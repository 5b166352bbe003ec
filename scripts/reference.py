"""Write what follows from the declarations: docs/reference/ and the Python API's types.

python scripts/reference.py            write the pages
python scripts/reference.py --check    exit 1 if a page is not what it would be
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compatibility import compatibility
from methods import PATH as METHODS
from methods import methods

import ai_memory.errors
from ai_memory import limits
from ai_memory.config import SETTINGS
from ai_memory.errors import AiMemoryError
from ai_memory.faces.http.routes import ROUTES
from ai_memory.faces.problems import exit_code_of, status_of
from ai_memory.operations.registry import OPERATIONS, Operation, command_type
from ai_memory.operations.schema import description_of, input_schema, output_schema

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOT_ON_MCP = {
    "export": "a whole store would pass through the model's context.",
    "store_many": "an agent stores one fact at a time.",
    "import": "a file of memories would pass through the model's context.",
    "unlink": "what turns out to be over is invalidated; a mistake is a person's to take back.",
    "auto_consolidate": "the curator does it by itself; a person may ask for it.",
    "resolve": "`memory_link` with relation `supersedes` says it, in one tool less.",
    "contradictions": "`memory_get_links` shows those of a memory, in one tool less.",
}
NOTE = "<!-- Written by scripts/reference.py; change the declarations, then `make docs`. -->\n"


def pages() -> Iterator[tuple[Path, str]]:
    """Path and text of each page."""
    yield FOLDER / "operations.md", operations()
    yield FOLDER / "settings.md", settings()
    yield FOLDER / "errors.md", errors()
    yield FOLDER / "limits.md", bounds()
    yield FOLDER / "compatibility.md", compatibility(NOTE)
    yield METHODS, methods()


def operations() -> str:
    lines = [
        "# Operations",
        NOTE,
        "Each operation is the same on every face: the same fields, the same decision, the same result and error code.",
        "Fields nobody knows are refused; a field given as null counts as absent, except where null is said to mean something.",
        "",
    ]
    for operation in OPERATIONS:
        if not operation.faces:
            continue
        command = command_type(operation)
        lines += [
            f"## {operation.title}",
            "",
            description_of(command).replace("\n", "\n\n"),
            "",
            "| face | name |",
            "|---|---|",
            *(f"| {face} | {name} |" for face, name in _names(operation)),
            "",
        ]
        schema = input_schema(operation)
        required = schema.get("required", [])
        if schema["properties"]:
            lines += ["| field | type | default | |", "|---|---|---|---|"]
            for name, field in schema["properties"].items():
                default = "required" if name in required else _default(field)
                lines.append(f"| `{name}` | {_type(field, schema)} | {default} | {_said(field)} |")
            lines.append("")
        result = output_schema(operation)
        always = result.get("required", [])
        shown = [f"`{key}`" if key in always else f"`{key}`?" for key in result["properties"]]
        said = "A stream of bytes; each line behind the first" if operation.streams else "Result"
        lines += [f"{said}: {', '.join(shown)}", ""]
    lines += ["## Deliberately absent", ""]
    lines += [
        f"- `{o.wire}` is not on MCP: {NOT_ON_MCP[o.method]}"
        for o in OPERATIONS
        if o.faces and "mcp" not in o.faces
    ]
    lines.append("")
    return "\n".join(lines)


def _names(operation: Operation) -> Iterator[tuple[str, str]]:
    if "mcp" in operation.faces:
        yield "MCP", f"`{operation.wire}` (family {operation.family})"
    if "http" in operation.faces:
        routes = [r for r in ROUTES if r.operation == operation.name]
        yield "HTTP", ", ".join(f"`{r.method} {r.path}`" for r in routes)
    if "cli" in operation.faces:
        yield "CLI", f"`ai-memory {operation.cli}`"
    if operation.method == "import":
        yield "Python", "`node.import_memories(...)`"
    else:
        yield "Python", f"`node.{operation.method}(...)`"


def _resolved(field: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in field:
        found: dict[str, Any] = schema["$defs"][field["$ref"].rsplit("/", 1)[-1]]
        return found
    return field


def _type(field: dict[str, Any], schema: dict[str, Any]) -> str:
    field = _resolved(field, schema)
    if "anyOf" in field:
        return " or ".join(_type(option, schema) for option in field["anyOf"])
    if "enum" in field:
        return " ".join(f"`{value}`" for value in field["enum"])
    text = str(field.get("type", "any"))
    if text == "array":
        text = f"list of {_type(field['items'], schema)}" if "items" in field else "list"
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None:
        return f"{text} {low}..{high}"
    if low is not None:
        return f"{text} ≥ {low}"
    if "maxLength" in field:
        return f"{text} ≤ {field['maxLength']} characters"
    return text


def _default(field: dict[str, Any]) -> str:
    if "default" not in field:
        return "unset"
    value = field["default"]
    return "unset" if value is None else f"`{value}`"


def _said(field: dict[str, Any]) -> str:
    if "description" in field:
        return str(field["description"])
    for option in field.get("anyOf", []):
        if "description" in option:
            return str(option["description"])
    return ""


def settings() -> str:
    lines = [
        "# Settings",
        NOTE,
        "A flag wins over the environment, the environment over the file, the file over the default. The file is",
        "`config.toml` in the platform's configuration directory, or what `AI_MEMORY_CONFIG` names;",
        "`AI_MEMORY_NO_CONFIG=1` skips it. `ai-memory config` shows each value and where it came from.",
        "",
        "| setting | in the file | environment | default | |",
        "|---|---|---|---|---|",
    ]
    for setting in SETTINGS:
        default = (
            "by platform"
            if callable(setting.default)
            else "unset"
            if setting.default in (None, "", ())
            else f"`{setting.default}`"
        )
        lines.append(
            f"| {setting.name} | `{setting.key}` | `{setting.env}` | {default} | {setting.help} |"
        )
    return "\n".join([*lines, ""])


def errors() -> str:
    lines = [
        "# Errors",
        NOTE,
        'Every error is `{"error", "code", "message", "hint", …}`; `error` and `message` are the same text. Branch on',
        "`code`. MCP answers with `isError` and the same object.",
        "",
        "| code | HTTP | exit | when | hint |",
        "|---|---|---|---|---|",
    ]
    for kind in vars(ai_memory.errors).values():
        if isinstance(kind, type) and issubclass(kind, AiMemoryError) and kind is not AiMemoryError:
            error = kind("x")
            when = " ".join((kind.__doc__ or "").split())
            lines.append(
                f"| `{error.code}` | {status_of(error)} | {exit_code_of(error)} | {when} | {error.hint} |"
            )
    return "\n".join([*lines, ""])


def bounds() -> str:
    source = Path(limits.__file__).read_text(encoding="utf-8")
    lines = [
        "# Limits",
        NOTE,
        "Units stand last in the names.",
        "",
        "| limit | value |",
        "|---|---|",
    ]
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            lines.append(f"| {name} | {getattr(limits, name):,} |")
    return "\n".join([*lines, ""])


def main(check: bool) -> int:
    stale = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages():
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run `make docs`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
