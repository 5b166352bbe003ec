"""An entity: a memory that stands for a person, place or thing, and the names it is found by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ai_memory.model.name import one_name

KIND: Final = "entity"


def aliases_of(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The names an entity's metadata gives it; none for any other memory."""
    names = metadata.get("aliases")
    if metadata.get("kind") != KIND or not isinstance(names, list | tuple):
        return ()
    return tuple(dict.fromkeys(one_name(name) for name in names if isinstance(name, str)))
