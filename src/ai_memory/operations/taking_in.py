"""Take in records of an export, verbatim: what a store said stands in another as it stood there.

A record that is here already changes nothing, so an import can be repeated and resumed. What is
newer here stays; what is gone here stays gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from ai_memory import limits, typed
from ai_memory.errors import ValidationFailed
from ai_memory.model.change import (
    ArchivedPut,
    Change,
    LinkPut,
    MemoryErased,
    MemoryPurged,
    MemoryPut,
    VersionPut,
)
from ai_memory.model.clock import Micros, parse_rfc3339
from ai_memory.model.field import CHECKS, INSTANTS, given_instant
from ai_memory.model.link import Link
from ai_memory.model.memory import Memory, Payload, payload_of
from ai_memory.model.name import one_name
from ai_memory.model.record import (
    RECORD_TYPES,
    ArchivedRecord,
    LinkRecord,
    MemoryRecord,
    Record,
    TombstoneRecord,
    Vectors,
    VersionRecord,
    read_line,
)
from ai_memory.operations.embedding import embed_texts
from ai_memory.operations.step import Context, Outcome, Read, Steps, Windows, Write
from ai_memory.operations.succession import contradiction_of
from ai_memory.operations.title import free_title, is_numbered
from ai_memory.ports import EmbeddingModel, Lookups, Reader, Transaction, WindowVector

R = TypeVar("R", bound=Record)

IMPORTED_FROM: Final = "imported_from_agent_id"
_FLOAT16_BYTES: Final = 2
_INSTANTS: Final = frozenset(
    (
        "created_at",
        "updated_at",
        "last_accessed_at",
        "archived_at",
        "written_at",
        "recorded_at",
        "retracted_at",
        "at",
    )
)


class Taken(msgspec.Struct):
    """What became of some records.

    Attributes:
        imported: New. `updated`: newer than what was here. `skipped`: here already, the same.
        kept: Here, with another text that is no older. `gone`: deleted here before.
        linked: Links that are new. `refused`: what contradicts what is here.
    """

    imported: int = 0
    updated: int = 0
    skipped: int = 0
    linked: int = 0
    kept: int = 0
    gone: int = 0
    refused: list[tuple[Record, ValidationFailed]] = []

    def add(self, other: Taken) -> None:
        """Count another's as well."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def read_record(text: str) -> Record | None:
    """The record on a line; None for the first and the last line of an export.

    Raises:
        ValidationFailed: The line is damaged, or says what no store can hold.
    """
    try:
        if text.startswith('{"format":'):
            return None
        line = read_line(text)
        if line.kind == "end":
            return None
        kind = RECORD_TYPES.get(line.kind)
        if kind is None:
            raise ValidationFailed(f"a record of an unknown kind: {line.kind[:80]}")
        record = typed.decode_json(line.data, kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as cause:
        raise ValidationFailed(f"not a record of an export: {cause}") from cause
    _check(record)
    return record


def _check(record: Record) -> None:
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if value is None:
            continue
        if name in _INSTANTS or name in INSTANTS:  # a record: no relative time is one
            parse_rfc3339(value, field=name)
        elif name in CHECKS:
            CHECKS[name](value)
    vectors = getattr(record, "vectors", None)
    if isinstance(vectors, Vectors) and any(
        len(blob) != vectors.dim * _FLOAT16_BYTES for _start, _end, blob in vectors.windows
    ):
        raise ValidationFailed("a vector has not the length its model says", field="vectors")


def take_in(records: Sequence[Record], context: Context, *, restamp: bool) -> Steps[Taken]:
    """Write records in the order of the export's kinds, in commits of bounded size."""
    taken = Taken()
    live = [each for each in records if type(each) is MemoryRecord]
    vectors = yield from _vectors(live, context)
    live_in = partial(_live, vectors=vectors, agent=context.caller.agent_id if restamp else None)
    archived_in = partial(_archived, agent=context.caller.agent_id if restamp else None)
    for kind, work in (
        (MemoryRecord, live_in),
        (ArchivedRecord, archived_in),
        (VersionRecord, _versions),
        (LinkRecord, _links),
        (TombstoneRecord, _tombstones),
    ):
        these: list[Any] = [each for each in records if type(each) is kind]
        for start in range(0, len(these), limits.IMPORT_COMMIT_RECORDS):
            part = these[start : start + limits.IMPORT_COMMIT_RECORDS]
            lookups = Lookups()
            if kind is MemoryRecord:
                lookups = Lookups(
                    ids=tuple(each.id for each in part),
                    titles=tuple((each.namespace, each.title) for each in part),
                )
            done: Taken = yield Write(partial(work, part, context.now), lookups)
            taken.add(done)
    return taken


class _Made(NamedTuple):
    model: EmbeddingModel | None  # None: this node's
    windows: Sequence[WindowVector]


def _vectors(records: Sequence[MemoryRecord], context: Context) -> Steps[dict[str, _Made]]:
    """Vectors of what is new: the record's own where its model is ours, else made now."""
    ids = [record.id for record in records]
    known: tuple[set[str], EmbeddingModel | None] = yield Read(
        lambda rows: ({memory.id for memory in rows.memories(ids)}, rows.embedding_model())
    )
    here, serving = known
    ours = context.facts.embedder or serving
    made: dict[str, _Made] = {}
    wanted: list[MemoryRecord] = []
    for record in records:
        if record.id in here:
            continue
        given = record.vectors
        model = EmbeddingModel(given.model, given.dim) if isinstance(given, Vectors) else None
        if isinstance(given, Vectors) and model is not None and ours in (None, model):
            ours = model
            made[record.id] = _Made(model, [WindowVector(*window) for window in given.windows])
        else:
            wanted.append(record)
    if wanted:
        texts = [(record.title, record.content) for record in wanted]
        embedded = yield from embed_texts(texts, context, bulk=True)
        if embedded is not None:
            for record, (_matrix, windows) in zip(wanted, embedded, strict=True):
                made[record.id] = _Made(None, windows)
    return made


def _live(
    records: Sequence[MemoryRecord],
    now: Micros,
    rows: Transaction,
    *,
    vectors: dict[str, _Made],
    agent: str | None,
) -> Outcome:
    ids = [record.id for record in records]
    gone = _gone(rows, ids)
    changes: list[Change] = []
    payloads: dict[bytes, Payload] = {}
    windows: list[Windows] = []
    recalls: list[tuple[str, int, Micros | None]] = []
    taken: set[tuple[str, str]] = set()
    met: dict[str, Memory] = {}
    done = Taken()
    for record in records:
        # A memory twice in one commit: the second meets the first.
        before = met.get(record.id) or rows.memory(record.id)
        memory = _stamped(memory_of(record), agent)
        if record.id in gone:
            done.gone += 1
            continue
        if before is not None and (record.id in met or not _newer(memory, before)):
            same = says_the_same(memory, before)
            done.skipped += same
            done.kept += not same
            continue
        title = free_title(rows, memory, taken, changes, now)
        if before is not None and memory.version <= before.version:
            memory = msgspec.structs.replace(memory, version=before.version + 1)
        if title != memory.title:
            _put_version(memory, changes, payloads)  # what it was called elsewhere stays known
            memory = msgspec.structs.replace(memory, title=title, version=memory.version + 1)
        taken.add((memory.namespace, memory.title))
        payload = payload_of(memory)
        payload_hash = payload.hash()
        payloads[payload_hash] = payload
        changes.append(MemoryPut.of(memory, payload_hash))
        if before is None:
            done.imported += 1
            if record.access_count or record.last_accessed_at:
                recalls.append((memory.id, record.access_count, memory.last_accessed_at))
        else:
            done.updated += 1
        made = vectors.get(memory.id)
        if made is not None and title == record.title:
            windows.append(Windows(memory.id, payload_hash, made.windows, made.model))
        met[memory.id] = memory
    return Outcome(done, tuple(changes), payloads, tuple(windows), tuple(recalls))


def _archived(
    records: Sequence[ArchivedRecord], now: Micros, rows: Transaction, *, agent: str | None
) -> Outcome:
    del now
    ids = [record.id for record in records]
    here = {each.memory.id for each in rows.archived(ids)}
    gone = rows.known_tombstones(ids)
    live = {memory.id for memory in rows.memories(ids)}
    changes: list[Change] = []
    payloads: dict[bytes, Payload] = {}
    done = Taken()
    for record in records:
        if record.id in here or record.id in gone or record.id in live:
            done.skipped += record.id in here
            done.gone += record.id in gone - here
            done.kept += record.id in live - here - gone
            continue
        here.add(record.id)
        memory = _stamped(memory_of(record), agent)
        payload = payload_of(memory)
        payload_hash = payload.hash()
        payloads[payload_hash] = payload
        changes.append(
            ArchivedPut(
                put=MemoryPut.of(memory, payload_hash),
                access_count=memory.access_count,
                last_accessed_at=memory.last_accessed_at,
                archived_at=parse_rfc3339(record.archived_at, field="archived_at"),
                reason=record.reason,
            )
        )
    done.imported = len(changes)
    return Outcome(done, tuple(changes), payloads)


def _versions(records: Sequence[VersionRecord], now: Micros, rows: Transaction) -> Outcome:
    del now
    ids = sorted({record.memory_id for record in records})
    gone = rows.known_tombstones(ids)
    known = rows.known_versions(ids)
    changes: list[Change] = []
    payloads: dict[bytes, Payload] = {}
    for record in records:
        payload = Payload(
            title=record.title, content=record.content, tags=record.tags, metadata=record.metadata
        )
        payload_hash = payload.hash()
        key = (record.memory_id, record.number, payload_hash.hex())
        if key in known or record.memory_id in gone:
            continue
        known.add(key)
        payloads[payload_hash] = payload
        changes.append(
            VersionPut(
                memory_id=record.memory_id,
                payload_hash=payload_hash,
                version=record.number,
                written_at=parse_rfc3339(record.written_at, field="written_at"),
            )
        )
    done = Taken(imported=len(changes), skipped=len(records) - len(changes))
    return Outcome(done, tuple(changes), payloads)


def _links(records: Sequence[LinkRecord], now: Micros, rows: Transaction) -> Outcome:
    del now
    ends = sorted({end for record in records for end in (record.source_id, record.target_id)})
    gone = rows.known_tombstones(ends)
    known = {_key(link) for link in rows.known_links(ends)}
    changes: list[Change] = []
    written: list[Link] = []
    done = Taken()
    for record in records:
        put = _link_put(record)
        key = _key(put.link())
        if key in known or not gone.isdisjoint((record.source_id, record.target_id)):
            continue
        # What is no longer believed contradicts nothing.
        problem = None if put.retracted_at else contradiction_of(rows, put.link(), written)
        if problem is not None:
            done.refused.append((record, problem))
            continue
        known.add(key)
        changes.append(put)
        if put.retracted_at is None:
            written.append(put.link())
    done.linked = len(changes)
    done.skipped = len(records) - len(changes) - len(done.refused)
    return Outcome(done, tuple(changes))


def _key(link: Link) -> tuple[Any, ...]:
    return (link.source_id, link.target_id, link.relation, link.valid_from, link.recorded_at)


def _link_put(record: LinkRecord) -> LinkPut:
    return LinkPut(
        source_id=record.source_id,
        target_id=record.target_id,
        relation=record.relation,
        created_at=parse_rfc3339(record.created_at, field="created_at"),
        valid_from=parse_rfc3339(record.valid_from, field="valid_from"),
        valid_until=given_instant(record, "valid_until"),
        observed_by=record.observed_by,
        recorded_at=parse_rfc3339(record.recorded_at, field="recorded_at"),
        retracted_at=_instant(record.retracted_at),
    )


def _tombstones(records: Sequence[TombstoneRecord], now: Micros, rows: Transaction) -> Outcome:
    """An id that is gone elsewhere stays free of meaning here; what lives here is not touched."""
    del now
    ids = [record.id for record in records]
    known = rows.known_ids(ids)
    changes: list[Change] = []
    for record in records:
        if record.id in known:
            continue
        known.add(record.id)
        kind = MemoryErased if record.kind == "erased" else MemoryPurged
        changes.append(kind(memory_id=record.id, at=parse_rfc3339(record.at, field="at")))
    done = Taken(imported=len(changes), skipped=len(records) - len(changes))
    return Outcome(done, tuple(changes))


def _gone(rows: Reader, ids: Sequence[str]) -> set[str]:
    """What left this store: an import does not bring it back."""
    return rows.known_tombstones(ids) | {each.memory.id for each in rows.archived(ids)}


def says_the_same(memory: Memory, before: Memory) -> bool:
    """Whether a memory from elsewhere is the one that is here, but for a number at its title."""
    return (memory.content, memory.tags) == (before.content, before.tags) and is_numbered(
        before.title, memory.title
    )


def _newer(memory: Memory, before: Memory) -> bool:
    return memory.updated_at > before.updated_at and payload_of(memory) != payload_of(before)


def _put_version(memory: Memory, changes: list[Change], payloads: dict[bytes, Payload]) -> None:
    payload = payload_of(memory)
    payload_hash = payload.hash()
    payloads[payload_hash] = payload
    changes.append(
        VersionPut(
            memory_id=memory.id,
            payload_hash=payload_hash,
            version=memory.version,
            written_at=memory.updated_at,
        )
    )


def memory_of(record: MemoryRecord) -> Memory:
    """The memory a record describes."""
    return Memory(
        id=record.id,
        namespace=one_name(record.namespace),
        title=one_name(record.title),
        content=record.content,
        tier=record.tier,
        tags=tuple(map(one_name, record.tags)),
        priority=record.priority,
        confidence=record.confidence,
        source=record.source,
        metadata=record.metadata,
        created_at=parse_rfc3339(record.created_at, field="created_at"),
        updated_at=parse_rfc3339(record.updated_at, field="updated_at"),
        expires_at=given_instant(record, "expires_at"),
        version=record.version,
        access_count=record.access_count,
        last_accessed_at=_instant(record.last_accessed_at),
    )


def _stamped(memory: Memory, agent: str | None) -> Memory:
    """The memory as this agent's own; whose it was stays known."""
    if agent is None or memory.agent_id == agent:
        return memory
    metadata = dict(memory.metadata)
    if memory.agent_id is not None:
        metadata[IMPORTED_FROM] = memory.agent_id
    metadata["agent_id"] = agent
    return msgspec.structs.replace(memory, metadata=metadata)


def _instant(text: str | None) -> Micros | None:
    return None if text is None else parse_rfc3339(text, field="instant")
