"""Let the language model tag a memory."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ai_memory.errors import CapabilityMissing
from ai_memory.model import field
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Memory
from ai_memory.operations.find import find
from ai_memory.operations.step import Context, Read, Steps
from ai_memory.operations.tagging import Tagged, suggest_tags, write_tags


class TagMemory(Command, frozen=True, kw_only=True):
    """Let the language model read a memory and add tags to it. Needs the smart level."""

    action: ClassVar[Action] = "write"

    id: field.MemoryId


class TagResult(msgspec.Struct, kw_only=True):
    """The tags that were added, and all there are now."""

    id: str
    new_tags: tuple[str, ...]
    all_tags: tuple[str, ...]


def tag_memory(command: TagMemory, context: Context) -> Steps[TagResult]:
    """Run TagMemory.

    A text that changes while the model reads it keeps its tags: what comes then is about the old.

    Raises:
        NotFound, AmbiguousId: See `find`.
        CapabilityMissing: This node has no language model.
        LanguageModelUnavailable, LanguageModelAnswerInvalid: It failed; nothing is changed.
    """
    require_language_model(context)
    memory: Memory = yield Read(lambda rows: find(rows, command.id, context.now))
    tags = yield from suggest_tags(memory)
    tagged: Tagged = yield from write_tags(memory, tags or ())
    now = tagged.memory
    if now is None:
        now = yield Read(lambda rows: find(rows, memory.id, context.now))
    return TagResult(id=now.id, new_tags=tagged.new_tags, all_tags=now.tags)


def require_language_model(context: Context) -> None:
    """Refuse before anything else is asked of a node that has none.

    Raises:
        CapabilityMissing: This node has no language model.
    """
    if context.language_model is None:
        raise CapabilityMissing(
            context.facts.language_model_problem or "this node has no language model",
            hint="Start it with --level smart; `ai-memory config` shows the llm settings.",
        )
