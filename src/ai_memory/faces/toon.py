"""TOON: lists of memories as one table, for a model that pays by the token.

The reference's grammar, with one column more: `content` comes last, so that a reader who knows the
columns before it reads on as ever.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

Format = Literal["json", "toon", "toon_compact"]

FORMATS: Final[tuple[Format, ...]] = ("json", "toon", "toon_compact")
TABULAR: Final = ("memory_recall", "memory_search", "memory_list", "memory_session_start")
"""The operations whose result is a table of memories."""

_META: Final = ("count", "mode", "tokens_used", "budget_tokens", "total", "next_cursor")
_COLUMNS: Final[dict[Format, tuple[str, ...]]] = {
    "toon": (
        "id", "title", "tier", "namespace", "priority", "confidence", "score", "access_count",
        "tags", "source", "created_at", "updated_at", "metadata", "content",
    ),
    "toon_compact": (
        "id", "title", "tier", "namespace", "priority", "score", "tags", "agent_id", "content",
    ),
}  # fmt: skip
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "|": "\\|", ":": "\\:", "\n": "\\n", "\r": "\\r"})
_encode = msgspec.json.Encoder(order="sorted").encode


def to_toon(result: dict[str, Any], form: Format) -> str:
    """A result that lists memories, as a table.

    Args:
        result: JSON values; the memories stand under `memories` or `results`.
        form: toon has every column, toon_compact those a model reads.

    Returns:
        Lines, each ending in LF: what is said of the whole, the columns, a row per memory.
    """
    lines = []
    meta = "|".join(f"{name}:{_cell(result[name])}" for name in _META if name in result)
    if meta:
        lines.append(meta)
    columns = _COLUMNS[form]
    lines.append(f"memories[{'|'.join(columns)}]:")
    rows = result["memories"] if "memories" in result else result["results"]
    lines += ["|".join(_cell(_value(row, column)) for column in columns) for row in rows]
    return "\n".join(lines) + "\n"


def _value(row: dict[str, Any], column: str) -> Any:
    if column == "agent_id":
        return row.get("metadata", {}).get("agent_id")
    return row.get(column)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case int() | float():
            return _encode(value).decode()
        case list() | tuple():
            return ",".join(item for item in value if isinstance(item, str)).translate(_ESCAPES)
        case dict():
            return _encode(value).decode().translate(_ESCAPES) if value else ""
        case _:
            return str(value).translate(_ESCAPES)
