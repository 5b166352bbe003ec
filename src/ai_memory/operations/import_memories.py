"""Take over memories that were stored elsewhere: ids, instants and authors as they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Meta

from ai_memory import limits, typed
from ai_memory.errors import AiMemoryError, NotFound, ValidationFailed
from ai_memory.model import field
from ai_memory.model.change import Change, LinkPut, MemoryPut
from ai_memory.model.clock import SECOND, Micros, parse_rfc3339
from ai_memory.model.command import Action, Command
from ai_memory.model.field import given_instant
from ai_memory.model.instant import read_instant
from ai_memory.model.link import Link, Relation
from ai_memory.model.memory import Memory, Payload, payload_of
from ai_memory.model.name import one_name
from ai_memory.operations.embedding import embed_texts
from ai_memory.operations.step import Context, Outcome, Read, Steps, Windows, Write
from ai_memory.operations.succession import contradiction_of
from ai_memory.operations.taking_in import Taken, read_record, says_the_same, take_in
from ai_memory.operations.title import free_title
from ai_memory.ports import Lookups, Reader, Transaction, WindowVector


class ImportedMemory(Command, frozen=True, kw_only=True):
    """One memory as it stood elsewhere. Only title and content are needed."""

    at_home: ClassVar[bool] = True

    title: field.Title
    content: field.Content
    id: field.MemoryId | None = None
    namespace: field.OwnNamespace = field.OWN
    tier: field.TierField = "long"
    tags: field.Tags = ()
    priority: field.Priority = 5
    confidence: field.Confidence = 1.0
    source: field.Source = "import"
    metadata: field.MetadataField = {}
    created_at: field.Timestamp | None = None
    updated_at: field.Timestamp | None = None
    expires_at: field.Timestamp | None = None
    ttl_secs: field.TtlSecs | None = None

    def __post_init__(self) -> None:
        """Check the instants as well."""
        super().__post_init__()
        for name in ("created_at", "updated_at"):
            value = getattr(self, name)
            if value is not None:
                parse_rfc3339(value, field=name)


class ImportedLink(Command, frozen=True, kw_only=True):
    """One link as it stood elsewhere."""

    source_id: field.MemoryId
    target_id: field.MemoryId
    relation: Relation = "related_to"
    created_at: field.Timestamp | None = None
    valid_from: field.Timestamp | None = None
    valid_until: field.Timestamp | None = None
    observed_by: field.AgentId | None = None


class ImportMemories(Command, frozen=True, kw_only=True):
    """Import memories verbatim; they are kept for good unless they say otherwise.

    What is here already, by id and text, is skipped: repeating an import is harmless, and completes
    one that was interrupted. A later text of a memory revises it. A record whose title is taken by
    another memory gets a numbered title. Lines of an export go into `records`.
    """

    action: ClassVar[Action] = "write"
    at_home: ClassVar[bool] = True

    memories: Annotated[
        tuple[dict[str, Any], ...],
        Meta(
            max_length=limits.IMPORT_RECORDS_MAX,
            description="Memories as the API shows them: at least title and content each.",
        ),
    ] = ()
    links: Annotated[
        tuple[dict[str, Any], ...],
        Meta(
            max_length=limits.IMPORT_RECORDS_MAX,
            description="Links between memories that are here or among these: source_id, "
            "target_id, relation.",
        ),
    ] = ()
    records: Annotated[
        tuple[str, ...],
        Meta(
            max_length=limits.IMPORT_RECORDS_MAX,
            description="Lines of an export, as they stand: each is checked and taken in with its "
            "id, instants, version, archive and history.",
        ),
    ] = ()
    restamp: Annotated[
        bool,
        Meta(
            description="Make what `records` hold the caller's own; whose it was stays in "
            "metadata.imported_from_agent_id."
        ),
    ] = False


class ImportRefusal(msgspec.Struct, kw_only=True):
    """A record that was refused; `index` counts among its kind."""

    index: int
    code: str
    message: str
    kind: Literal["memory", "link", "record"] = "memory"


class ImportRename(msgspec.Struct, kw_only=True):
    """A memory that another title was found for; `index` counts among `memories`."""

    index: int
    title: str


class ImportResult(msgspec.Struct, kw_only=True):
    """What became of each record.

    Attributes:
        imported: New here. `updated`: had an older text here.
        skipped: Here already, with this text.
        kept: Here with another text that is no older, which stays as it is.
        gone: Deleted here before; an import does not bring it back.
        expired: Of the new ones, those whose time is over by what they say.
        linked: Links that hold now.
        renamed: Memories whose title another one has. `errors`: what was refused.
    """

    imported: int
    updated: int
    skipped: int
    linked: int
    errors: list[ImportRefusal]
    kept: int = 0
    gone: int = 0
    expired: int = 0
    renamed: list[ImportRename] = []


class _Draft(NamedTuple):
    """A record as a memory. `at`: its index; `round`: how many of its id came before it."""

    at: int
    memory: Memory
    round: int


class _Fates(msgspec.Struct):
    """What became of some drafts."""

    imported: int = 0
    updated: int = 0
    skipped: int = 0
    kept: int = 0
    gone: int = 0
    expired: int = 0
    renamed: list[ImportRename] = []

    def add(self, other: _Fates) -> None:
        """Count another's as well."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def passed_by(self, fate: str) -> None:
        """Count one that changes nothing."""
        setattr(self, fate, getattr(self, fate) + 1)


def import_memories(command: ImportMemories, context: Context) -> Steps[ImportResult]:
    """Run ImportMemories. A bad record is reported and never loses the rest."""
    drafts, errors = _drafts(command, context)
    links, link_errors = _links(command, context)
    ids = tuple({draft.memory.id for draft in drafts})
    old: tuple[dict[str, Memory], set[str]] = yield Read(lambda rows: _present(rows, ids))
    fates = _Fates()
    wanted: list[_Draft] = []
    for draft in drafts:
        fate = _fate(draft.memory, *old)
        # Of two texts of one id, the second is judged when the first is written.
        if fate == "news" or draft.round:
            wanted.append(draft)
        else:
            fates.passed_by(fate)
    vectors: dict[int, Sequence[WindowVector]] = {}
    if wanted:
        texts = [(draft.memory.title, draft.memory.content) for draft in wanted]
        embedded = yield from embed_texts(texts, context, bulk=True)
        if embedded is not None:
            vectors = {d.at: group for d, (_m, group) in zip(wanted, embedded, strict=True)}

    for _round, same_round in groupby(wanted, key=attrgetter("round")):
        these = list(same_round)
        for start in range(0, len(these), limits.IMPORT_COMMIT_RECORDS):
            part = these[start : start + limits.IMPORT_COMMIT_RECORDS]
            written: _Fates = yield Write(
                partial(_store, part, vectors, context.now),
                Lookups(
                    ids=tuple(draft.memory.id for draft in part),
                    titles=tuple((one.memory.namespace, one.memory.title) for one in part),
                ),
            )
            fates.add(written)
    linked = 0
    if links:
        linked, refused = yield Write(partial(_link, links, context.now))
        link_errors = refused + link_errors
    taken, record_errors = yield from _records(command, context)
    return ImportResult(
        imported=fates.imported + taken.imported,
        updated=fates.updated + taken.updated,
        skipped=fates.skipped + taken.skipped,
        kept=fates.kept + taken.kept,
        gone=fates.gone + taken.gone,
        expired=fates.expired,
        linked=linked + taken.linked,
        renamed=fates.renamed,
        errors=errors + link_errors + record_errors,
    )


def _drafts(command: ImportMemories, context: Context) -> tuple[list[_Draft], list[ImportRefusal]]:
    """The records that can be read, in the order they are written in, and those that cannot."""
    drafts: list[_Draft] = []
    errors: list[ImportRefusal] = []
    met: Counter[str] = Counter()
    for index, record in enumerate(command.memories):
        try:
            memory = _memory(_record(record).settled(context.caller, context.now), context)
        except AiMemoryError as refusal:
            errors.append(ImportRefusal(index=index, code=refusal.code, message=refusal.message))
        else:
            drafts.append(_Draft(index, memory, met[memory.id]))
            met[memory.id] += 1
    return sorted(drafts, key=attrgetter("round")), errors


def _records(command: ImportMemories, context: Context) -> Steps[tuple[Taken, list[ImportRefusal]]]:
    """Take in the lines of an export that can be read."""
    records, errors = [], []
    places: dict[int, int] = {}  # of a record, by its identity
    for index, line in enumerate(command.records):
        try:
            record = read_record(line)
        except AiMemoryError as refusal:
            errors.append(
                ImportRefusal(
                    index=index, code=refusal.code, message=refusal.message, kind="record"
                )
            )
        else:
            if record is not None:
                records.append(record)
                places[id(record)] = index
    if not records:
        return Taken(), errors
    taken: Taken = yield from take_in(records, context, restamp=command.restamp)
    errors += [
        ImportRefusal(
            index=places[id(record)], code=problem.code, message=problem.message, kind="record"
        )
        for record, problem in taken.refused
    ]
    return taken, errors


def _store(
    drafts: Sequence[_Draft],
    vectors: Mapping[int, Sequence[WindowVector]],
    now: Micros,
    rows: Transaction,
) -> Outcome:
    """Decide what becomes of some drafts of different ids."""
    live, known = _present(rows, [draft.memory.id for draft in drafts])
    changes: list[Change] = []
    payloads: dict[bytes, Payload] = {}
    windows: list[Windows] = []
    taken: set[tuple[str, str]] = set()
    fates = _Fates()
    for at, draft, _round in drafts:
        fate = _fate(draft, live, known)
        if fate != "news":
            fates.passed_by(fate)
            continue
        before = live.get(draft.id)
        title = free_title(rows, draft, taken, changes, now)
        memory = msgspec.structs.replace(
            draft, title=title, version=1 if before is None else before.version + 1
        )
        taken.add((memory.namespace, memory.title))
        payload = payload_of(memory)
        payload_hash = payload.hash()
        payloads[payload_hash] = payload
        changes.append(MemoryPut.of(memory, payload_hash))
        fates.imported += before is None
        fates.updated += before is not None
        fates.expired += memory.expired(now)
        if title != draft.title:
            fates.renamed.append(ImportRename(index=at, title=title))
        elif at in vectors:
            windows.append(Windows(memory.id, payload_hash, vectors[at]))
    return Outcome(fates, tuple(changes), payloads, tuple(windows))


def _links(
    command: ImportMemories, context: Context
) -> tuple[dict[int, ImportedLink], list[ImportRefusal]]:
    """The links that can be read, by their index, and those that cannot."""
    links: dict[int, ImportedLink] = {}
    errors: list[ImportRefusal] = []
    for index, value in enumerate(command.links):
        try:
            given = {name: item for name, item in value.items() if item is not None}
            link = typed.convert(given, ImportedLink)
            links[index] = link.settled(context.caller, context.now)
        except msgspec.ValidationError as cause:
            errors.append(_no_link(index, ValidationFailed(str(cause))))
        except AiMemoryError as refusal:
            errors.append(_no_link(index, refusal))
    return links, errors


def _no_link(index: int, refusal: AiMemoryError) -> ImportRefusal:
    return ImportRefusal(index=index, code=refusal.code, message=refusal.message, kind="link")


def _link(links: Mapping[int, ImportedLink], now: Micros, rows: Transaction) -> Outcome:
    """Add the links whose ends are here. The result: how many hold now, and which were refused."""
    changes: list[Change] = []
    ends = {end for link in links.values() for end in (link.source_id, link.target_id)}
    here = rows.known_ids(sorted(ends))
    linked = 0
    pairs = sorted({(link.source_id, link.target_id) for link in links.values()})
    known = {(one.source_id, one.target_id, one.relation) for one in rows.believed_links(pairs)}
    refused: list[ImportRefusal] = []
    written: list[Link] = []
    for index, link in links.items():
        missing = [end for end in (link.source_id, link.target_id) if end not in here]
        if missing:
            refused.append(_no_link(index, NotFound(f"memory not found: {missing[0]}")))
            continue
        if link.source_id == link.target_id:
            refused.append(_no_link(index, ValidationFailed("cannot link a memory to itself")))
            continue
        linked += 1
        if (link.source_id, link.target_id, link.relation) in known:
            continue
        created_at = _instant(link.created_at, now)
        put = LinkPut(
            source_id=link.source_id,
            target_id=link.target_id,
            relation=link.relation,
            created_at=created_at,
            valid_from=_instant(link.valid_from, created_at),
            valid_until=given_instant(link, "valid_until"),
            observed_by=link.observed_by,
            recorded_at=now,
        )
        problem = contradiction_of(rows, put.link(), written)
        if problem is not None:
            linked -= 1
            refused.append(_no_link(index, problem))
            continue
        written.append(put.link())
        changes.append(put)
    return Outcome((linked, refused), tuple(changes))


def _instant(text: str | None, otherwise: Micros) -> Micros:
    return otherwise if text is None else parse_rfc3339(text, field="instant")


def _present(rows: Reader, ids: Sequence[str]) -> tuple[dict[str, Memory], set[str]]:
    """Which of the ids are live here, and which have a history here."""
    return {memory.id: memory for memory in rows.memories(ids)}, rows.known_ids(ids)


_Fate: TypeAlias = Literal["news", "skipped", "kept", "gone"]


def _fate(draft: Memory, live: Mapping[str, Memory], known: Collection[str]) -> _Fate:
    """What a record says: something new, what is here, what was said later here, what is gone."""
    before = live.get(draft.id)
    if before is None:
        return "gone" if draft.id in known else "news"
    if says_the_same(draft, before):
        return "skipped"
    return "news" if draft.updated_at > before.updated_at else "kept"


def _record(record: dict[str, Any]) -> ImportedMemory:
    try:
        return typed.convert(
            {name: value for name, value in record.items() if value is not None}, ImportedMemory
        )
    except msgspec.ValidationError as cause:
        raise ValidationFailed(str(cause)) from cause


def _memory(record: ImportedMemory, context: Context) -> Memory:
    created_at = (
        context.now
        if record.created_at is None
        else parse_rfc3339(record.created_at, field="created_at")
    )
    updated_at = (
        created_at
        if record.updated_at is None
        else parse_rfc3339(record.updated_at, field="updated_at")
    )
    metadata = dict(record.metadata)
    metadata.setdefault("agent_id", context.caller.agent_id)
    return Memory(
        id=record.id or context.new_id(),
        namespace=one_name(record.namespace),
        title=one_name(record.title),
        content=record.content,
        tier=record.tier,
        tags=tuple(map(one_name, record.tags)),
        priority=record.priority,
        confidence=record.confidence,
        source=record.source,
        metadata=metadata,
        created_at=created_at,
        updated_at=max(created_at, updated_at),
        expires_at=_expiry(record, context),
    )


def _expiry(record: ImportedMemory, context: Context) -> Micros | None:
    """The record's own expiry, else the tier's, counted from now: an import is not stillborn."""
    if record.expires_at is not None:
        return read_instant(record.expires_at, field="expires_at")
    if record.ttl_secs is not None:
        return context.now + record.ttl_secs * SECOND
    return context.retention.expiry(record.tier, context.now)
