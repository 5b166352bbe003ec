"""Store several memories with one request."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.errors import AiMemoryError, Conflict, Denied, ValidationFailed
from ai_memory.model.command import Action, Command
from ai_memory.model.decode import decode_fields
from ai_memory.operations.step import Context, Steps
from ai_memory.operations.store_memory import StoreMemory, StoreResult, store_memory


class StoreMany(Command, frozen=True, kw_only=True):
    """Store several memories, each as memory_store would, one after the other.

    A refused one is reported and never loses the rest. Import is quicker for files.
    """

    action: ClassVar[Action] = "write"

    memories: Annotated[
        tuple[dict[str, Any], ...],
        Meta(max_length=limits.IMPORT_RECORDS_MAX, description="Each with memory_store's fields."),
    ]


class StoreRefusal(msgspec.Struct, kw_only=True):
    """One that was refused: its place in the request, and why."""

    index: int
    title: str
    code: str
    message: str


class StoreManyResult(msgspec.Struct, kw_only=True):
    """How many were stored, under which ids in the order given, and which were refused."""

    created: int
    ids: list[str]
    errors: list[StoreRefusal]


_REFUSALS: Final = (ValidationFailed, Conflict, Denied)


def store_many(command: StoreMany, context: Context) -> Steps[StoreManyResult]:
    """Run StoreMany.

    Raises:
        AiMemoryError: The store failed before anything was stored; later, what is left is reported
            as not stored.
    """
    ids: list[str] = []
    errors: list[StoreRefusal] = []
    failed: AiMemoryError | None = None
    for index, fields in enumerate(command.memories):
        refusal = failed
        if failed is None:
            try:
                one = decode_fields(StoreMemory, fields)
                stored: StoreResult = yield from store_memory(one, context)
                ids.append(stored.id)
                continue
            except _REFUSALS as its_own:
                refusal = its_own
            except AiMemoryError as fault:
                if not ids:
                    raise
                refusal = failed = fault
        assert refusal is not None
        title = str(fields.get("title", ""))[:80]
        errors.append(
            StoreRefusal(index=index, title=title, code=refusal.code, message=refusal.message)
        )
    return StoreManyResult(created=len(ids), ids=ids, errors=errors)
