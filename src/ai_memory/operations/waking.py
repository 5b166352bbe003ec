"""How an archived memory comes back: the one rule for whoever restores."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from ai_memory.model.change import MemoryPut
from ai_memory.model.clock import Micros
from ai_memory.model.memory import Archived, payload_of
from ai_memory.operations.step import Outcome
from ai_memory.operations.title import live_holder, numbered_title, title_taken
from ai_memory.ports import Transaction

OnTaken: TypeAlias = Annotated[
    Literal["error", "version"],
    Meta(
        description="If the title is taken meanwhile: error refuses, version restores under "
        "a numbered title."
    ),
]


def woken(
    rows: Transaction,
    archived: Archived,
    now: Micros,
    on_conflict: Literal["error", "version"],
    leaving: Collection[str] = (),
) -> Outcome:
    """The memory as it was, its expiry cleared where that has passed; the result is the memory.

    Args:
        rows: The transaction.
        archived: What comes back.
        now: The instant.
        on_conflict: What to do about a title that is taken.
        leaving: Ids that leave the live set in the same transaction, and with them their titles.

    Raises:
        Conflict: The title is taken, and on_conflict is error.
    """
    memory = archived.memory
    if memory.expired(now):
        memory = msgspec.structs.replace(memory, expires_at=None)
    holder, changes = live_holder(rows, memory.namespace, memory.title, now, leaving)
    if holder is not None:
        if on_conflict == "error":
            raise title_taken(
                holder, "Use on_conflict=version to restore it under a numbered title."
            )
        memory = msgspec.structs.replace(
            memory,
            title=numbered_title(rows, memory.namespace, memory.title),
            version=memory.version + 1,
            updated_at=max(now, memory.updated_at),
        )
    payload = payload_of(memory)
    payload_hash = payload.hash()
    changes.append(MemoryPut.of(memory, payload_hash))
    return Outcome(memory, tuple(changes), {payload_hash: payload})
