"""A result in words: what goes where."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

Result: TypeAlias = dict[str, Any]


class Text(NamedTuple):
    """What goes to stdout, and what goes to stderr beside it."""

    lines: list[str]
    remarks: list[str] = []
