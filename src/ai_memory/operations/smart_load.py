"""Load the family of tools that fits what somebody intends."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.operations.family_intent import DESCRIPTIONS, by_meaning, by_words
from ai_memory.operations.load_family import (
    FAMILY_MEMORIES_DEFAULT,
    FAMILY_MEMORIES_MAX,
    FamilyMemories,
    tagged,
    tools_in,
)
from ai_memory.operations.registry import FAMILIES
from ai_memory.operations.step import Context, Embed, Read, Steps
from ai_memory.operations.view import MemoryView


class SmartLoad(Command, frozen=True, kw_only=True):
    """Say what you are about to do; the fitting family of tools becomes callable.

    Also returns the memories tagged with that family.
    """

    intent: Annotated[str, Meta(description="What you are about to do, in your own words.")]
    namespace: field.OnlyNamespace | None = None
    k: FamilyMemories = FAMILY_MEMORIES_DEFAULT


class SmartLoadResult(msgspec.Struct, kw_only=True):
    """The family that was chosen, why, its tools and its memories."""

    chosen_family: str
    score: float
    chosen_family_source: Annotated[str, Meta(description="embedder, keyword or fallback.")]
    intent: str
    tools: list[str]
    namespace: str | None
    k: int
    count: int
    memories: list[MemoryView]


def smart_load(command: SmartLoad, context: Context) -> Steps[SmartLoadResult]:
    """Run SmartLoad."""
    intent = command.intent.strip()
    choice = by_words(intent)
    # Words that are in a family's vocabulary decide; meaning is asked where they say nothing.
    if intent and choice.source == "fallback":
        vectors = yield Embed([intent, *(DESCRIPTIONS[family] for family in FAMILIES)])
        if vectors is not None:
            meant = by_meaning(vectors)
            choice = meant if meant.score >= _MEANING_MIN else choice
    k = min(command.k, FAMILY_MEMORIES_MAX)
    memories: list[MemoryView] = yield Read(
        lambda rows: tagged(rows, context, choice.family, command.namespace, k)
    )
    return SmartLoadResult(
        chosen_family=choice.family,
        score=round(choice.score, 3),
        chosen_family_source=choice.source,
        intent=intent,
        tools=tools_in(choice.family),
        namespace=command.namespace,
        k=k,
        count=len(memories),
        memories=memories,
    )


_MEANING_MIN = 0.2  # below, nonsense finds a family too
