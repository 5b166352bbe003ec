"""Store a memory; what happens when its title is taken is the caller's choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory import limits
from ai_memory.errors import ValidationFailed
from ai_memory.model import field
from ai_memory.model.change import MemoryPut
from ai_memory.model.clock import SECOND, Micros
from ai_memory.model.command import Action, Command
from ai_memory.model.instant import read_instant
from ai_memory.model.memory import TIER_RANK, Memory, payload_of
from ai_memory.model.query import Filter
from ai_memory.model.title import title_of
from ai_memory.operations.embedding import embed_texts, vectors_pending
from ai_memory.operations.similar import similar_by_meaning
from ai_memory.operations.step import Context, Outcome, Read, Steps, Windows, Write
from ai_memory.operations.tagging import no_tags_because, queue_tags
from ai_memory.operations.title import live_holder, numbered_title, title_taken
from ai_memory.operations.view import MemoryView, shown
from ai_memory.ports import Lookups, Reader, Transaction, WindowVector, WordsAsk

if TYPE_CHECKING:
    from ai_memory.ports import Matrix


_JUDGED_MAX: Final = 3  # of those with the same words, the likest and newest first


class StoreMemory(Command, frozen=True, kw_only=True):
    """Remember something for later sessions.

    Returns the stored memory and hints what may contradict or repeat it.

    A title is unique within its namespace: on_conflict says what to do when it is taken.
    """

    action: ClassVar[Action] = "write"
    at_home: ClassVar[bool] = True

    title: field.Title
    content: field.Content
    namespace: field.OwnNamespace = field.OWN
    tier: field.TierField = "mid"
    tags: field.Tags = ()
    priority: field.Priority = 5
    confidence: field.Confidence = 1.0
    source: field.Source = "api"
    metadata: field.MetadataField = {}
    agent_id: field.AgentId | None = None
    scope: field.ScopeField | None = None
    ttl_secs: field.TtlSecs | None = None
    expires_at: field.Timestamp | None = None
    on_conflict: Annotated[
        Literal["error", "merge", "version"],
        Meta(
            description="If the title is taken: error refuses, merge revises the existing memory, "
            "version stores under a numbered title."
        ),
    ] = "error"

    @classmethod
    def completed(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """Call a text without a title by its first line, which nobody chose: it refuses nobody."""
        content = fields.get("content")
        if "title" in fields or not isinstance(content, str) or not content.strip():
            return fields
        return {"on_conflict": "version", **fields, "title": title_of(content)}


class NearDuplicate(msgspec.Struct, kw_only=True):
    """A stored memory that says nearly the same."""

    id: str
    title: str
    similarity: float


class StoreResult(MemoryView, kw_only=True):
    """The memory as stored, who stored it, and hints.

    Attributes:
        tags_pending: A language model will add tags; from the smart level on.
        vectors_pending: It has no vectors yet; words find it. A running node makes them within
            seconds, or the next recall of the command line does.
        autonomy_hook_skipped: Why it will not: no_llm, content_too_short, internal_namespace.
    """

    agent_id: str
    potential_contradictions: list[str] | UnsetType = UNSET
    near_duplicates: list[NearDuplicate] | UnsetType = UNSET
    duplicate: bool | UnsetType = UNSET
    action: str | UnsetType = UNSET
    tags_pending: bool | UnsetType = UNSET
    vectors_pending: bool | UnsetType = UNSET
    autonomy_hook_skipped: str | UnsetType = UNSET


class Stored(NamedTuple):
    """What the transaction decided; the answer is made of it outside, where nobody waits.

    Attributes:
        alike: Ids of what shares words with it.
    """

    memory: Memory
    alike: list[str]
    merged: bool
    tags_pending: bool


def store_memory(command: StoreMemory, context: Context) -> Steps[StoreResult]:
    """Run StoreMemory.

    Raises:
        Conflict: The title is taken and on_conflict is error; `existing_id` names the holder.
        ValidationFailed: expires_at lies in the past, or too many numbered titles are taken.
    """
    expires_at = expiry_of(command, context)
    embedded = yield from embed_texts([(command.title, command.content)], context)
    duplicates: list[NearDuplicate] = []
    vectors = None
    if embedded is not None:
        matrix, vectors = embedded[0]
        duplicates = yield Read(lambda rows: near_duplicates(rows, matrix, command, context))
    stored: Stored = yield plan_store(command, context, expires_at, vectors)
    memory = stored.memory
    near = [hint for hint in duplicates if hint.id != memory.id]
    contradicted: list[str] = []
    if stored.alike:
        contradicted = yield Read(lambda rows: contradictions(rows, memory, command, stored.alike))
    return StoreResult(
        **shown(memory),
        agent_id=memory.agent_id or context.caller.agent_id,
        potential_contradictions=contradicted or UNSET,
        near_duplicates=near or UNSET,
        duplicate=True if stored.merged else UNSET,
        action="updated existing memory" if stored.merged else UNSET,
        tags_pending=stored.tags_pending or UNSET,
        vectors_pending=vectors_pending(embedded, context),
        autonomy_hook_skipped=no_tags_because(memory, context) or UNSET,
    )


def plan_store(
    command: StoreMemory,
    context: Context,
    expires_at: Micros | None,
    vectors: Sequence[WindowVector] | None,
    *,
    hints: bool = True,
) -> Write:
    """The write of a store, whose answer is `Stored`.

    Args:
        command: What to store.
        context: Of the operation.
        expires_at: See `expiry_of`.
        vectors: Of its windows; None: they will be made later, if this node makes any.
        hints: Whether to look for what may contradict it.
    """
    # The usual outcome is made ready here: nobody waits for a caller's own thread.
    fresh = _new_memory(command, context, context.new_id(), expires_at)
    fresh_payload = payload_of(fresh)
    fresh_hash = fresh_payload.hash()
    title = ((command.namespace, command.title),)
    asks = (_hint_ask(command),) if hints else ()

    def work(rows: Transaction) -> Outcome:
        existing, changes = live_holder(rows, command.namespace, command.title, context.now)
        memory, payload, payload_hash, merged = fresh, fresh_payload, fresh_hash, False
        if existing is not None:
            if command.on_conflict == "error":
                raise title_taken(existing)
            if command.on_conflict == "merge":
                memory, merged = merge(existing, fresh, context.now), True
            else:
                memory = msgspec.structs.replace(
                    fresh, title=numbered_title(rows, command.namespace, command.title)
                )
            payload = payload_of(memory)
            payload_hash = payload.hash()
        if memory != existing:
            changes.append(MemoryPut.of(memory, payload_hash))
        similar = rows.similar_texts(asks, limits.HINTS_MAX + 1, context.now)[0] if asks else []
        alike = [other for other in similar if other != memory.id][:_JUDGED_MAX]
        windows = () if vectors is None else (Windows(memory.id, payload_hash, vectors),)
        pending = queue_tags(rows, memory, existing if merged else None, context)
        stored = Stored(memory, alike, merged, pending)
        return Outcome(stored, tuple(changes), {payload_hash: payload}, windows)

    lookups = Lookups(ids=(fresh.id,), titles=title, similar=asks)
    return Write(work, lookups, command.namespace)


def _hint_ask(command: StoreMemory) -> WordsAsk:
    """What looks for memories that may say otherwise: of a terse text its topic, else its title.

    Two words in common are asked of a text that does not say itself that something changed: for
    most there is nothing to judge then.
    """
    from ai_memory.retrieval.attribute import gist
    from ai_memory.retrieval.claim import is_terse
    from ai_memory.retrieval.expression import hint_terms, topic_terms

    terms = topic_terms(command.content) if is_terse(command.content) else ()
    if not terms:
        return WordsAsk(command.namespace, hint_terms(command.title))
    least = 1 if gist(command.content).tells else min(2, len(terms))
    return WordsAsk(command.namespace, terms, least)


def contradictions(
    rows: Reader, memory: Memory, command: StoreMemory, alike: Sequence[str]
) -> list[str]:
    """Ids of those of some memories that say otherwise, as far as words show it; a hint.

    Of texts that are too long for that, those of the same title in other words.
    """
    from ai_memory.retrieval.change import changed
    from ai_memory.retrieval.likeness import vocabulary

    found = []
    for other in rows.memories(alike):
        if other.content == memory.content:
            continue
        if max(len(other.content), len(memory.content)) <= limits.CLAIM_CHARS_MAX:
            says_otherwise = changed((other.title, other.content), (command.title, memory.content))
        else:
            says_otherwise = vocabulary(other.title) == vocabulary(command.title)
        if says_otherwise:
            found.append(other.id)
    return found[: limits.HINTS_MAX]


def near_duplicates(
    rows: Reader, matrix: Matrix, command: StoreMemory, context: Context
) -> list[NearDuplicate]:
    """Memories of the same namespace whose text is nearly the same; a hint, never a refusal."""
    where = Filter(now=context.now, namespaces=(command.namespace,))
    found = similar_by_meaning(
        rows,
        matrix[:1],
        where,
        context,
        limit=limits.HINTS_MAX,
        least=limits.NEAR_DUPLICATE_COSINE,
        hits=limits.HINTS_MAX,
        hint=True,
    )
    if not found or not found.similar:
        return []
    from ai_memory.retrieval.fact import covers, facts_of  # seldom wanted

    said = facts_of(command.title, command.content)
    return [
        NearDuplicate(
            id=near.memory.id, title=near.memory.title, similarity=round(near.similarity, 3)
        )
        for near in found.similar
        if covers(facts_of(near.memory.title, near.memory.content), said)
    ]


def merge(old: Memory, new: Memory, now: Micros) -> Memory:
    """Revise a memory with newer text: nothing it had weakens, its older version stays in history.

    Returns `old` itself when the newer text says nothing new.
    """
    tier = max(old.tier, new.tier, key=TIER_RANK.__getitem__)
    expires_at = (
        None
        if tier == "long" and (old.tier == "long" or new.expires_at is None)
        else None
        if old.expires_at is None
        else old.expires_at
        if new.expires_at is None
        else max(old.expires_at, new.expires_at)
    )
    metadata = {**old.metadata, **new.metadata}
    if old.agent_id is not None:
        metadata["agent_id"] = old.agent_id
    revised = msgspec.structs.replace(
        old,
        content=new.content,
        tier=tier,
        tags=tuple(dict.fromkeys(old.tags + new.tags))[: limits.TAGS_MAX],
        priority=max(old.priority, new.priority),
        confidence=max(old.confidence, new.confidence),
        source=new.source,
        metadata=metadata,
        expires_at=expires_at,
    )
    if payload_of(revised) == payload_of(old):
        return revised
    return msgspec.structs.replace(
        revised, version=old.version + 1, updated_at=max(now, old.updated_at)
    )


def _new_memory(
    command: StoreMemory, context: Context, memory_id: str, expires_at: Micros | None
) -> Memory:
    return Memory(
        id=memory_id,
        namespace=command.namespace,
        title=command.title,
        content=command.content,
        tier=command.tier,
        tags=command.tags,
        priority=command.priority,
        confidence=command.confidence,
        source=command.source,
        metadata=_provenance(command, context),
        created_at=context.now,
        updated_at=context.now,
        expires_at=expires_at,
    )


def _provenance(command: StoreMemory, context: Context) -> dict[str, Any]:
    """The metadata with who stores it, and for whom."""
    metadata = dict(command.metadata)
    metadata["agent_id"] = command.agent_id or metadata.get("agent_id") or context.caller.agent_id
    if command.scope is not None:
        metadata["scope"] = command.scope
    return metadata


def expiry_of(command: StoreMemory, context: Context) -> Micros | None:
    """expires_at, else ttl_secs, else the tier's.

    Raises:
        ValidationFailed: expires_at lies in the past.
    """
    if command.expires_at is not None:
        expires_at = read_instant(command.expires_at, field="expires_at")
        if expires_at <= context.now:
            raise ValidationFailed(
                "expires_at is in the past", hint="Give a later instant.", field="expires_at"
            )
        return expires_at
    if command.ttl_secs is not None:
        return context.now + command.ttl_secs * SECOND
    return context.retention.expiry(command.tier, context.now)
