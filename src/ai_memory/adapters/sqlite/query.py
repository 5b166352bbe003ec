"""The named blocks of queries.sql, with `{other_block}` filled in."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

_NAME: Final = re.compile(r"^-- name: (\w+) --$", re.MULTILINE)
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


@cache
def queries() -> dict[str, str]:
    """Block name → SQL, read once."""
    text = files(__package__).joinpath("queries.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    blocks = {name: sql.strip() for name, sql in zip(parts[1::2], parts[2::2], strict=True)}
    for name, sql in blocks.items():
        # A block may name blocks that stand before it.
        for inner in _PLACEHOLDER.findall(sql):
            if inner in blocks:
                sql = sql.replace("{" + inner + "}", blocks[inner])  # noqa: PLW2901
        blocks[name] = sql
    return blocks


@cache
def query(name: str, **parts: str) -> str:
    """One block, its placeholders replaced.

    The parts come from this package only (compiled filters, fixed fragments), never from a caller:
    values travel as bindings.
    """
    sql = queries()[name]
    for placeholder, part in parts.items():
        sql = sql.replace("{" + placeholder + "}", part)
    return sql
