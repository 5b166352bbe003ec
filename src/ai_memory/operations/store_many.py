"""Store several memories with one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, NamedTuple

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.errors import AiMemoryError, Conflict, Denied, ValidationFailed
from ai_memory.model.clock import Micros
from ai_memory.model.command import Action, Command
from ai_memory.model.decode import decode_fields
from ai_memory.operations.embedding import embed_texts
from ai_memory.operations.step import Context, Steps, Write, Writes
from ai_memory.operations.store_memory import Stored, StoreMemory, expiry_of, plan_store
from ai_memory.ports import WindowVector


class StoreMany(Command, frozen=True, kw_only=True):
    """Store several memories, in order, each as memory_store would but without its hints.

    A refused one is reported and never loses the rest.
    """

    action: ClassVar[Action] = "write"
    at_home: ClassVar[bool] = True

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


class _Sound(NamedTuple):
    """One that can be stored."""

    place: int
    command: StoreMemory
    expires_at: Micros | None


_REFUSALS: Final = (ValidationFailed, Conflict, Denied)


def store_many(command: StoreMany, context: Context) -> Steps[StoreManyResult]:
    """Run StoreMany. The vectors are made in one go, and the memories share commits.

    Raises:
        AiMemoryError: The store failed before anything was stored; later, what is left is reported
            as not stored.
    """
    refused: dict[int, AiMemoryError] = {}
    sound: list[_Sound] = []
    for index, fields in enumerate(command.memories):
        try:
            given = decode_fields(StoreMemory, fields).settled(context.caller, context.now)
            sound.append(_Sound(index, given, expiry_of(given, context)))
        except _REFUSALS as refusal:
            refused[index] = refusal
    embedded = yield from embed_texts(
        [(one.command.title, one.command.content) for one in sound], context, bulk=True
    )
    vectors = {} if embedded is None else dict(enumerate(group for _matrix, group in embedded))
    ids: list[str] = []
    fault: AiMemoryError | None = None
    for start in range(0, len(sound), limits.IMPORT_COMMIT_RECORDS):
        part = sound[start : start + limits.IMPORT_COMMIT_RECORDS]
        if fault is not None:
            refused |= {one.place: fault for one in part}
            continue
        answers: list[Stored | AiMemoryError] = yield Writes(_writes(part, start, vectors, context))
        for one, answer in zip(part, answers, strict=True):
            if isinstance(answer, Stored):
                ids.append(answer.memory.id)
                continue
            refused[one.place] = answer
            if not isinstance(answer, _REFUSALS):
                fault = answer
        if fault is not None and not ids:
            raise fault
    return StoreManyResult(
        created=len(ids),
        ids=ids,
        errors=[_told(index, command.memories[index], refused[index]) for index in sorted(refused)],
    )


def _writes(
    part: list[_Sound], start: int, vectors: Mapping[int, list[WindowVector]], context: Context
) -> list[Write]:
    return [
        plan_store(sound.command, context, sound.expires_at, vectors.get(at), hints=False)
        for at, sound in enumerate(part, start)
    ]


def _told(index: int, fields: Mapping[str, Any], refusal: AiMemoryError) -> StoreRefusal:
    return StoreRefusal(
        index=index,
        title=str(fields.get("title", ""))[:80],
        code=refusal.code,
        message=refusal.message,
    )
