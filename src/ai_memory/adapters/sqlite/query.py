"""The named blocks of queries.sql, with `{other_block}` filled in."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

_NAME: Final = re.compile(r"^-- name: (\w+) --$", re.MULTILINE)


@cache
def queries() -> dict[str, str]:
    """Block name → SQL, read once."""
    text = files(__package__).joinpath("queries.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    blocks = {name: sql.strip() for name, sql in zip(parts[1::2], parts[2::2], strict=True)}
    projection = blocks["memory_object"]
    return {name: sql.replace("{memory_object}", projection) for name, sql in blocks.items()}


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
