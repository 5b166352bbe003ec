"""Tags from the language model: what it is asked, what of its answer is believed, where it lands.

A tag is derived from a text, like a vector. So tags that come late land on the text they were made
from or nowhere, and they move no clock: `updated_at` keeps saying when somebody last wrote. A node
that tags an old text can therefore never win over another node's newer one (docs/adr/0013).
`metadata.auto_tags` names the tags that are a model's.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from ai_memory import late, limits
from ai_memory.model.change import MemoryPut
from ai_memory.model.memory import Memory, payload_of
from ai_memory.model.prompt import Prompt
from ai_memory.model.work import ModelWork
from ai_memory.operations.step import Complete, Context, Outcome, Steps, Write
from ai_memory.ports import Lookups, Transaction
from ai_memory.retrieval.words import visible

_TASK: Final = (
    "You label notes so that they are found again. Give three to five tags for the note in the "
    "data: short, lower case, one to three words each, in the language of the note. Tags name "
    "topics, people, products or places that the note is about."
)
_TAG: Final = late.pattern(r"[^\W_](?:[^\W_]|[ .+#/-])*")
_TAG_CHARS_MAX: Final = 40
_TAG_WORDS_MAX: Final = 3
_TAGS_PER_ANSWER: Final = 5


class TagAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model is to answer."""

    tags: Annotated[list[str], Meta(description="Three to five tags.")]


class Tagged(msgspec.Struct, frozen=True):
    """What became of a tagging.

    Attributes:
        memory: As it stands now; None when its text is no longer the one that was tagged.
        before: The hash of the version that was revised.
        after: The hash of the version that stands now.
    """

    memory: Memory | None
    new_tags: tuple[str, ...]
    before: bytes = b""
    after: bytes = b""


def text_hash(memory: Memory) -> bytes:
    """SHA-256 over title and content: what tags are made from. Tags and metadata do not count."""
    return hashlib.sha256(msgspec.json.encode((memory.title, memory.content))).digest()


def queue_tags(rows: Transaction, memory: Memory, before: Memory | None, context: Context) -> bool:
    """Queue the tagging of a text that is new; whether it will be tagged.

    In the transaction of the store, so that what is promised survives a crash; asking the model is
    the curator's business, and nobody's who stores.
    """
    if context.language_model is None or no_tags_because(memory, context) is not None:
        return False
    text = text_hash(memory)
    if before is not None and text_hash(before) == text:
        return False
    work = ModelWork(memory_id=memory.id, kind="tags", text_hash=text.hex())
    rows.put_model_work([work], context.now)
    return True


def no_tags_because(memory: Memory, context: Context) -> str | None:
    """Why the smart level does not tag a memory by itself; None: it does, or the level is lower.

    The words are those that existing clients know.
    """
    if context.facts.level not in ("smart", "autonomous"):
        return None
    if context.language_model is None:
        return "no_llm"
    return unfit_for_tags(memory)


def unfit_for_tags(memory: Memory) -> str | None:
    """What keeps a memory from being tagged by itself, whatever the node."""
    if memory.namespace.startswith("_"):
        return "internal_namespace"
    if len(memory.content.encode()) < limits.AUTO_TAG_CONTENT_BYTES_MIN:
        return "content_too_short"
    return None


def suggest_tags(memory: Memory) -> Steps[tuple[str, ...] | None]:
    """Ask for tags of a memory's text; None when this node has no language model.

    Raises:
        LanguageModelUnavailable, LanguageModelAnswerInvalid: See ports.LanguageModel.
    """
    data = {"title": memory.title, "content": excerpt(memory.content)}
    answer: TagAnswer | None = yield Complete(Prompt(task=_TASK, data=data), TagAnswer)
    return None if answer is None else clean_tags(answer.tags, memory.tags)


def excerpt(text: str, chars: int = limits.PROMPT_TEXT_CHARS_MAX) -> str:
    """As much of a text as a model is shown."""
    return text if len(text) <= chars else f"{text[:chars]} …"


def clean_tags(suggested: list[str], present: tuple[str, ...]) -> tuple[str, ...]:
    """The suggestions that are tags and new: whatever a text talked the model into is cut here."""
    found: dict[str, None] = {}
    taken = {tag.lower() for tag in present}
    for suggestion in suggested[: 2 * _TAGS_PER_ANSWER]:
        tag = " ".join(visible(suggestion).lower().split()).strip("#. ")
        if (
            _TAG.fullmatch(tag)
            and len(tag) <= _TAG_CHARS_MAX
            and len(tag.encode()) <= limits.TAG_BYTES_MAX
            and len(tag.split()) <= _TAG_WORDS_MAX
            and tag not in taken
        ):
            found[tag] = None
    return tuple(found)[: min(_TAGS_PER_ANSWER, max(0, limits.TAGS_MAX - len(present)))]


def land_tags(rows: Transaction, memory_id: str, text: bytes, tags: tuple[str, ...]) -> Outcome:
    """Add tags to a memory whose text still has this hash; the outcome's result is a Tagged."""
    memory = rows.memory(memory_id)
    if memory is None or text_hash(memory) != text:
        return Outcome(Tagged(None, ()))
    new = clean_tags(list(tags), memory.tags)
    known = memory.metadata.get("auto_tags")
    marks = [mark for mark in known if isinstance(mark, str)] if isinstance(known, list) else []
    metadata: dict[str, Any] = {
        **memory.metadata,
        "auto_tags": list(dict.fromkeys([*marks, *new]))[: limits.AUTO_TAGS_MAX],
    }
    return revised(memory, memory.tags + new, metadata, new)


def revised(
    memory: Memory, tags: tuple[str, ...], metadata: dict[str, Any], new: tuple[str, ...] = ()
) -> Outcome:
    """A version with other tags and metadata, of the same text and of the same time."""
    before = payload_of(memory).hash()
    after = msgspec.structs.replace(memory, tags=tags, metadata=metadata)
    payload = payload_of(after)
    payload_hash = payload.hash()
    if payload_hash == before:
        return Outcome(Tagged(memory, new, before, before))
    after = msgspec.structs.replace(after, version=memory.version + 1)
    return Outcome(
        Tagged(after, new, before, payload_hash),
        (MemoryPut.of(after, payload_hash),),
        {payload_hash: payload},
    )


def write_tags(memory: Memory, tags: tuple[str, ...]) -> Steps[Tagged]:
    """Land tags in a transaction of their own."""
    text = text_hash(memory)
    tagged: Tagged = yield Write(
        lambda rows: land_tags(rows, memory.id, text, tags),
        Lookups(ids=(memory.id,)),
        memory.namespace,
    )
    return tagged
