"""What an agent should read first: the memories that matter most where it begins to work."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory import limits
from ai_memory.errors import LanguageModelAnswerInvalid, LanguageModelUnavailable
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.memory import Memory
from ai_memory.model.query import Filter
from ai_memory.operations.spending import LEFT_OUT, Spent, estimated, spend
from ai_memory.operations.step import Context, Read, Steps
from ai_memory.operations.summarizing import summarize
from ai_memory.operations.view import MemoryView, glimpsed
from ai_memory.ports import Reader
from ai_memory.retrieval.proximity import lineage


class StartSession(Command, frozen=True, kw_only=True):
    """Read what matters most before starting work: highest priority first, then newest.

    Looks in the namespace (your own project's, unless given) and its ancestors; where they are
    empty, among the long-term memories of `global`. Reading at the start counts as no recall.
    """

    at_home: ClassVar[bool] = True

    namespace: (
        Annotated[
            field.OnlyNamespace, Meta(description="Where you begin to work; your own project's.")
        ]
        | None
    ) = None
    limit: field.RecallLimit = limits.RECALL_LIMIT_DEFAULT
    budget_tokens: field.BudgetTokens | None = None
    content: field.ContentShown = "passages"


class StartedView(MemoryView, kw_only=True):
    """A memory to begin with. `score` is 0: nothing was asked, so nothing was scored."""

    score: float = 0.0


class SessionResult(msgspec.Struct, kw_only=True):
    """The memories to begin with, most important first.

    Attributes:
        session_id: Names this session for the client; kept nowhere.
        memories_dropped: How many are left out for want of room.
        left_out: How to get them.
        budget_overflow: Not even the first fits the budget: it is cut, or longer than that.
        fell_back: The namespace had nothing to say, so these are the long-term ones of `global`.
        summary: A paragraph over them, where there is a language model and it answers in time.
        language_model_problem: Why it did not.
    """

    memories: list[StartedView]
    count: int
    mode: Annotated[str, Meta(description="Always session_start.")]
    session_id: str
    tokens_used: int
    fell_back: bool
    namespace: str | UnsetType = UNSET
    budget_tokens: int | UnsetType = UNSET
    memories_dropped: int | UnsetType = UNSET
    left_out: str | UnsetType = UNSET
    budget_overflow: bool | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    language_model_problem: str | UnsetType = UNSET


def start_session(command: StartSession, context: Context) -> Steps[SessionResult]:
    """Run StartSession."""
    limit = min(command.limit, limits.RECALL_LIMIT_MAX)
    namespace = command.namespace or context.caller.project
    found: list[Memory]
    found, fell_back = yield Read(lambda rows: _first(rows, namespace, limit, context))
    spent: Spent[Memory, StartedView] = yield from spend(
        found,
        lambda memory, chars_max: StartedView(**glimpsed(memory, command.content, chars_max)),
        command.budget_tokens,
        context.room,
    )
    found = spent.items
    summary = problem = None
    try:
        summary = yield from summarize(found, limits.SESSION_SUMMARY_SECS)
    except (LanguageModelUnavailable, LanguageModelAnswerInvalid) as failure:
        problem = failure.message
    return SessionResult(
        memories=spent.views,
        count=len(found),
        mode="session_start",
        session_id=context.new_id(),
        tokens_used=estimated(spent.views) if spent.used is None else spent.used,
        fell_back=fell_back,
        namespace=UNSET if namespace is None else namespace,
        budget_tokens=UNSET if command.budget_tokens is None else command.budget_tokens,
        memories_dropped=spent.dropped or UNSET,
        left_out=LEFT_OUT if spent.dropped else UNSET,
        budget_overflow=spent.overflow or UNSET,
        summary=summary or UNSET,
        language_model_problem=problem or UNSET,
    )


def _first(
    rows: Reader, namespace: str | None, limit: int, context: Context
) -> tuple[list[Memory], bool]:
    """The memories, and whether they are those of the fall-back."""
    namespaces = None if namespace is None else lineage(namespace)
    where = Filter(now=context.now, namespaces=namespaces)
    found = rows.list_memories(where, after=None, offset=0, limit=limit)
    if found or namespace is None or not limit:
        return found, False
    where = Filter(now=context.now, namespaces=("global",), tier="long")
    found = rows.list_memories(where, after=None, offset=0, limit=limit)
    return found, bool(found)
