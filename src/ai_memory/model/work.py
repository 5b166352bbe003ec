"""What a node remembers of its language model's work: what is due, and what was done."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from ai_memory.model.clock import Micros

WorkKind: TypeAlias = Literal["tags"]


class ModelWork(msgspec.Struct, frozen=True, kw_only=True):
    """Something a language model is to do about a text.

    Attributes:
        text_hash: Of the text, in hex (`operations.tagging.text_hash`); another text, no work.
        attempts: How often it was taken up, this time included.
    """

    memory_id: str
    kind: WorkKind
    text_hash: str
    attempts: int = 0


class WorkCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How the queue stands.

    Attributes:
        next_due: When the next one is due; None when none waits.
        problem: Why the one that failed last did.
    """

    waiting: int
    given_up: int
    next_due: Micros | None
    problem: str | None


class Curation(msgspec.Struct, frozen=True, kw_only=True):
    """One action of the curator.

    Attributes:
        undo: What its undoing needs: ids, numbers, hashes; no text, so that erasing stays whole.
    """

    id: str
    run_id: str
    action: str
    memory_id: str
    at: Micros
    undo: dict[str, Any]
    undone_at: Micros | None = None


class CuratorRun(msgspec.Struct, frozen=True, kw_only=True):
    """One round of the curator and what it reported."""

    id: str
    at: Micros
    report: dict[str, Any]
