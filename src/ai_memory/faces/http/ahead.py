"""What a server imports ahead: all that an answer may need.

A command line imports what it uses when it uses it. A server that did so would make somebody wait
for it, and would fail where there is no descriptor left to open the file with.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Final

_ROOMS: Final = (
    "ai_memory.operations", "ai_memory.retrieval", "ai_memory.graph", "ai_memory.model",
    "ai_memory.policy", "ai_memory.adapters.sqlite", "ai_memory.adapters.vector_index",
    "ai_memory.faces.http", "ai_memory.workers",
)  # fmt: skip
_NOT_HERE: Final = frozenset(("ai_memory.faces.http.supervisor",))


def import_ahead() -> None:
    """Import the modules of every room that takes part in an answer."""
    for room in _ROOMS:
        for found in iter_modules(import_module(room).__path__, f"{room}."):
            if found.name not in _NOT_HERE:
                import_module(found.name)
