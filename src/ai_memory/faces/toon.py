"""TOON: lists of memories as one table, for a model that pays by the token.

The reference's grammar, with more columns: those a row needs to be understood, and `content` last,
so that a reader who knows the columns before them reads on as ever. What is left out is listed, not
what is kept: a field that is new is told until somebody finds that it does no harm to be silent.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

Format = Literal["json", "toon", "toon_compact"]

FORMATS: Final[tuple[Format, ...]] = ("json", "toon", "toon_compact")
TABULAR: Final = ("memory_recall", "memory_search", "memory_list", "memory_session_start")
"""The operations whose result is a table of memories."""

_FIRST: Final = ("count", "mode", "tokens_used", "budget_tokens", "total", "next_cursor")
"""What readers look for at the beginning of the first line; the rest follows."""
_UNSAID: Final = frozenset(
    (
        # Said by another field, or by who asked.
        "recall_mode", "budget_tokens_used", "budget_tokens_remaining", "query", "session_id",
        # How it was found, not what.
        "reranker_used", "candidate_counts", "blend_weight",
    )
)  # fmt: skip
"""What is left out of the first line, as it changes no reader's mind. Everything else is said."""
_COLUMNS: Final[dict[Format, tuple[str, ...]]] = {
    "toon": (
        "id", "title", "tier", "namespace", "priority", "confidence", "score", "access_count",
        "tags", "source", "created_at", "updated_at", "metadata",
    ),
    "toon_compact": (
        "id", "title", "tier", "namespace", "priority", "score", "tags", "agent_id",
    ),
}  # fmt: skip
_HARMLESS: Final[dict[Format, frozenset[str]]] = {
    "toon": frozenset(("version", "last_accessed_at", "agent_id")),
    "toon_compact": frozenset(
        (
            "access_count", "source", "created_at", "updated_at", "last_accessed_at", "expires_at",
            "version", "metadata", "relevance",
        )
    ),
}  # fmt: skip
"""Fields without which a row means the same. Any other gets a column where a row has it."""
_USUAL: Final = {"confidence": 1.0, "confident": True}
"""A field that says what is usual needs no column of its own."""
_LAST: Final = "content"
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "|": "\\|", ":": "\\:", "\n": "\\n", "\r": "\\r"})
_encode = msgspec.json.Encoder(order="sorted").encode


def to_toon(result: dict[str, Any], form: Format) -> str:
    """A result that lists memories, as a table.

    Args:
        result: JSON values; the memories stand under `memories` or `results`.
        form: toon has every column, toon_compact those a model reads. Neither leaves out what
            changes the meaning of a row or of the whole.

    Returns:
        Lines, each ending in LF: what is said of the whole, the columns, a row per memory.
    """
    listed = "memories" if "memories" in result else "results"
    rows: list[dict[str, Any]] = result[listed]
    said = {name: value for name, value in result.items() if name not in (listed, "meta")}
    said |= result.get("meta", {})
    names: list[str] = [name for name in _FIRST if name in said]
    names += [name for name in said if name not in _FIRST and name not in _UNSAID]
    lines = []
    meta = "|".join(f"{name}:{_cell(said[name])}" for name in names if said[name] is not None)
    if meta:
        lines.append(meta)
    columns = _columns(rows, form)
    lines.append(f"memories[{'|'.join(columns)}]:")
    lines += ["|".join(_cell(_value(row, column)) for column in columns) for row in rows]
    return "\n".join(lines) + "\n"


def _columns(rows: list[dict[str, Any]], form: Format) -> tuple[str, ...]:
    """Those of the form, then those that some row needs, then the content."""
    known = _COLUMNS[form]
    needed = {
        name: None
        for row in rows
        for name, value in row.items()
        if value not in (None, [], {}) and value != _USUAL.get(name)
    }
    unlisted = {*known, *_HARMLESS[form], _LAST}
    return (*known, *(name for name in needed if name not in unlisted), _LAST)


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
            if all(isinstance(item, str) for item in value):
                return ",".join(value).translate(_ESCAPES)
            return _encode(value).decode().translate(_ESCAPES)
        case dict():
            return _encode(value).decode().translate(_ESCAPES) if value else ""
        case _:
            return str(value).translate(_ESCAPES)
