"""What a row of `memory` is in Python."""

from __future__ import annotations

import msgspec

from ai_memory.model.memory import Memory


class Row(msgspec.Struct, frozen=True, gc=False):
    """A live memory with what only the adapter knows of it."""

    key: int
    hash: str
    memory: Memory
