"""A memory as the faces show it: the keys existing clients rely on, instants as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.model.clock import INSTANT_MAX, INSTANT_MIN, in_calendar, to_rfc3339
from ai_memory.model.field import ContentAmount
from ai_memory.model.link import Link
from ai_memory.model.memory import DamagedMemory, Memory

if TYPE_CHECKING:  # few memories are long
    from ai_memory.retrieval.occurrence import Standing
    from ai_memory.retrieval.passage import Passage

_INSTANTS: Final = ("created_at", "updated_at", "expires_at", "last_accessed_at")


class PassageView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Characters [start, end) of the content, counted in code points."""

    start: int
    end: int


class MemoryView(msgspec.Struct, kw_only=True, gc=False):
    """A memory on the wire. Optional keys are left out when unset.

    Attributes:
        truncated: `content` is not the whole: passages of it, an ellipsis for what is between them.
        content_chars: Characters of the whole.
        passages: Where they stand in it; `get` reads on.
        damaged: Fields that the database does not hold as it should; what they show is a stand-in.
    """

    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: tuple[str, ...]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: dict[str, Any]
    truncated: bool | UnsetType = UNSET
    content_chars: int | UnsetType = UNSET
    passages: tuple[PassageView, ...] | UnsetType = UNSET
    last_accessed_at: str | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    damaged: tuple[str, ...] | UnsetType = UNSET


class LinkView(msgspec.Struct, kw_only=True, gc=False):
    """A link on the wire."""

    source_id: str
    target_id: str
    relation: str
    created_at: str
    valid_from: str
    valid_until: str | UnsetType = UNSET
    observed_by: str | UnsetType = UNSET


def shown(memory: Memory) -> dict[str, Any]:
    """The fields of a MemoryView, to build it or a struct that extends it."""
    created_at = to_rfc3339(memory.created_at)
    fields = {
        "id": memory.id,
        "tier": memory.tier,
        "namespace": memory.namespace,
        "title": memory.title,
        "content": memory.content,
        "tags": memory.tags,
        "priority": memory.priority,
        "confidence": memory.confidence,
        "source": memory.source,
        "access_count": memory.access_count,
        "created_at": created_at,
        "updated_at": created_at
        if memory.updated_at == memory.created_at
        else to_rfc3339(memory.updated_at),
        "version": memory.version,
        "metadata": memory.metadata,
    }
    if memory.last_accessed_at is not None:
        fields["last_accessed_at"] = to_rfc3339(memory.last_accessed_at)
    if memory.expires_at is not None:
        fields["expires_at"] = to_rfc3339(memory.expires_at)
    damaged = damage_of(memory)
    if damaged:
        fields["damaged"] = damaged
    return fields


def damage_of(memory: Memory) -> tuple[str, ...]:
    """The fields that its row does not hold as it should; none, as a rule."""
    damaged = memory.damaged if isinstance(memory, DamagedMemory) else ()
    if (
        INSTANT_MIN <= memory.created_at <= memory.updated_at <= INSTANT_MAX
        and in_calendar(memory.expires_at)
        and in_calendar(memory.last_accessed_at)
    ):
        return damaged
    beyond = [name for name in _INSTANTS if not in_calendar(getattr(memory, name))]
    return (*damaged, *beyond)


def view(memory: Memory) -> MemoryView:
    """A memory as the faces show it, whole."""
    return MemoryView(**shown(memory))


def excerpted(memory: Memory, places: Sequence[Passage], text: str) -> dict[str, Any]:
    """The fields of a MemoryView that shows passages.

    Args:
        memory: Which.
        places: Where they stand in its content, in order.
        text: What is shown as its content.
    """
    fields = shown(memory)
    fields["content"] = text
    fields["truncated"] = True
    fields["content_chars"] = len(memory.content)
    fields["passages"] = tuple(PassageView(start=start, end=end) for start, end in places)
    return fields


def glimpsed(
    memory: Memory, amount: ContentAmount = "passages", chars_max: int | None = None
) -> dict[str, Any]:
    """The fields of a MemoryView on a list, where nothing was asked: how long content begins.

    Args:
        memory: Which.
        amount: full: all of it, however long.
        chars_max: At most so much of it, whatever `amount` says; None: as usual.
    """
    content = memory.content
    if is_whole(content, amount, chars_max):
        return shown(memory)
    from ai_memory.retrieval.passage import excerpt, opening

    places = opening(content, limits.OPENING_CHARS_MAX if chars_max is None else chars_max)
    return excerpted(memory, places, excerpt(memory.content, places))


def answering(
    memory: Memory,
    words: Sequence[str],
    names: Sequence[str] = (),
    windows: Sequence[tuple[int, int]] = (),
    amount: ContentAmount = "passages",
    chars_max: int | None = None,
    *,
    standing: Standing | None = None,
) -> dict[str, Any]:
    """The fields of a MemoryView that answers a question: of long content what answers best.

    Args:
        memory: Which.
        words: What is asked for, as `words.terms` cuts it.
        names: Those of them that are proper names.
        windows: Places whose vectors are near, nearest first.
        amount: full: all of it, however long.
        chars_max: At most so much of it, whatever `amount` says; None: as usual.
        standing: Where the words stand in a text that ends with the content, if that is known.
    """
    content = memory.content
    if is_whole(content, amount, chars_max):
        return shown(memory)
    from ai_memory.retrieval.passage import excerpt, passages

    room = limits.PASSAGES_CHARS_MAX if chars_max is None else chars_max
    places = passages(content, words, names, windows, standing=standing, chars_max=room)
    return excerpted(memory, places, excerpt(memory.content, places))


def is_whole(content: str, amount: ContentAmount, chars_max: int | None = None) -> bool:
    """Whether a content is shown as it stands; the arguments as of `answering`."""
    if chars_max is not None:
        return len(content) <= chars_max
    return amount == "full" or len(content) <= limits.LONG_CONTENT_CHARS


def link_view(link: Link) -> LinkView:
    """A link as the faces show it."""
    return LinkView(
        source_id=link.source_id,
        target_id=link.target_id,
        relation=link.relation,
        created_at=to_rfc3339(link.created_at),
        valid_from=to_rfc3339(link.valid_from),
        valid_until=UNSET if link.valid_until is None else to_rfc3339(link.valid_until),
        observed_by=UNSET if link.observed_by is None else link.observed_by,
    )
