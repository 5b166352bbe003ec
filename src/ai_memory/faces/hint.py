"""A hint in the words of the face that shows it: tools over MCP, paths over HTTP, commands here.

Operations name each other as tools; a node's hints may also come to the command line over HTTP.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal

from ai_memory.operations.registry import OPERATIONS

Face = Literal["http", "cli"]

_NAMED: Final = re.compile(r"\bmemory_[a-z_]+|\b(?:GET|POST|PUT|DELETE) /api/v1/[\w/{}]*\w\}?")


def hint_on(face: Face, hint: str) -> str:
    """The hint with each operation named as the face knows it."""
    if "memory_" not in hint and "/api/" not in hint:
        return hint
    words = _words(face)
    return _NAMED.sub(lambda found: words.get(found[0], found[0]), hint)


@cache
def _words(face: Face) -> dict[str, str]:
    from ai_memory.faces.http.routes import ROUTES

    paths: dict[str, str] = {}
    for route in ROUTES:
        paths.setdefault(route.operation, f"{route.method} {route.path}")
    if face == "http":
        return {one.wire: paths[one.name] for one in OPERATIONS if one.name in paths}
    words: dict[str, str] = {}
    for one in OPERATIONS:
        if "cli" in one.faces:
            words[one.wire] = f"`ai-memory {one.cli}`"
            if one.name in paths:
                words[paths[one.name]] = words[one.wire]
    return words
