"""The named blocks of queries.sql, with `{other_block}` filled in."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from ai_memory import late

_NAME: Final = late.pattern(r"^-- name: (\w+) --$", re.MULTILINE)
_PLACEHOLDER: Final = late.pattern(r"\{(\w+)\}")


@cache
def _blocks() -> dict[str, str]:
    """Block name → SQL as it is written, read once."""
    text = Path(__file__).with_name("queries.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    return {name: sql.strip() for name, sql in zip(parts[1::2], parts[2::2], strict=True)}


@cache
def _filled(name: str) -> str:
    """One block, the blocks it names filled in; a process asks for few of them."""
    blocks = _blocks()
    sql = blocks[name]
    for inner in _PLACEHOLDER.findall(sql):
        if inner in blocks:
            sql = sql.replace("{" + inner + "}", _filled(inner))
    return sql


@cache
def query(name: str, **parts: str) -> str:
    """One block, its placeholders replaced.

    The parts come from this package only (compiled filters, fixed fragments), never from a caller:
    values travel as bindings.
    """
    sql = _filled(name)
    for placeholder, part in parts.items():
        sql = sql.replace("{" + placeholder + "}", part)
    return sql
