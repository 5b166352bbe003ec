"""From what somebody intends to the family of tools for it: by words first, then by meaning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory.operations.registry import FAMILIES, Family

if TYPE_CHECKING:
    from ai_memory.ports import Matrix

_WORD: Final = re.compile(r"[a-z0-9]+")

DESCRIPTIONS: Final[dict[Family, str]] = {
    "core": "remember, store, save, recall, search, find, look up, list and read memories",
    "lifecycle": "update, edit, change, delete, forget, remove, expire, clean up, promote, keep "
    "a memory for good, show the history of its versions",
    "graph": "link related memories, trace causes and dependencies, debug a flaky test, follow "
    "a path between entities, timeline of what was true when, taxonomy, supersede, invalidate",
    "governance": "approve or reject pending actions, namespace standards, policy, permissions, "
    "subscribe to events and webhooks",
    "power": "consolidate and merge duplicates, detect contradictions, tag automatically, expand "
    "a query, inbox of messages, quota",
    "meta": "capabilities, statistics, health, agents, start a session, namespaces",
    "archive": "archived memories: list, restore, purge, undelete, bring back",
    "other": "notify another agent, send a message, list subscriptions",
}  # fmt: skip

_VOCABULARY: Final = {
    family: frozenset(_WORD.findall(text)) - {"a", "and", "of", "to", "what", "was", "for", "its"}
    for family, text in DESCRIPTIONS.items()
}


class Choice(NamedTuple):
    """The family, how well it fits (0 to 1), and what decided."""

    family: Family
    score: float
    source: str


def by_words(intent: str) -> Choice:
    """The family that shares most of the intent's words; the earlier one among equals."""
    words = _WORD.findall(intent.lower())
    best = Choice("core", 0.0, "fallback")
    for family in FAMILIES:
        known = sum(word in _VOCABULARY[family] for word in words)
        score = known / len(words) if words else 0.0
        if score > best.score:
            best = Choice(family, score, "keyword")
    return best


def by_meaning(vectors: Matrix) -> Choice:
    """The family whose description is nearest.

    Args:
        vectors: Shape (1 + number of families, dim): the intent, then `DESCRIPTIONS` in order.
    """
    cosines = vectors[1:] @ vectors[0]
    best = int(cosines.argmax())
    return Choice(FAMILIES[best], float(max(0.0, min(1.0, cosines[best]))), "embedder")
