"""Make one memory of several; they go into the archive, and it can be undone."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory import limits
from ai_memory.errors import ValidationFailed
from ai_memory.model import field
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Memory
from ai_memory.operations.consolidation import (
    Summary,
    consolidated,
    draft,
    embedded,
    inherit_counters,
    summary_of,
    tags_of,
)
from ai_memory.operations.find import find
from ai_memory.operations.step import Context, Read, Steps, Write
from ai_memory.ports import Lookups, Reader

_PREVIEW_CHARS = 200


class ConsolidateMemories(Command, frozen=True, kw_only=True):
    """Make one lasting memory of several, which are archived; memory_consolidate_undo reverses it.

    Without a summary a language model writes one, or, without a model, they stay word for word; too
    much for one memory is refused with the sizes.
    Tags are united, metadata merged, the highest priority counts.
    """

    action: ClassVar[Action] = "write"
    at_home: ClassVar[bool] = True

    ids: Annotated[
        tuple[field.MemoryId, ...],
        Meta(
            min_length=limits.CONSOLIDATE_IDS_MIN,
            max_length=limits.CONSOLIDATE_IDS_MAX,
            description=f"{limits.CONSOLIDATE_IDS_MIN} to {limits.CONSOLIDATE_IDS_MAX} memories.",
        ),
    ]
    title: field.Title
    summary: Annotated[str, Meta(min_length=1, description="What it is to say.")] | None = None
    namespace: field.OwnNamespace = field.OWN
    tier: field.TierField = "long"
    agent_id: field.AgentId | None = None


class ConsolidateResult(msgspec.Struct, kw_only=True):
    """The new memory, and how many it was made of.

    Attributes:
        auto_summary: The caller gave no summary.
        summary_by: Who wrote it then: `model`, or `extract` for the sources' own sentences.
        language_model_problem: Why the model did not.
        kept_verbatim: So many sentences the model had left out; they follow its words.
        not_in_summary: Numbers and names that the caller's summary lacks; the sources have them,
            and stay in the archive.
        tags_left_out: Tags of the sources that are too many for one memory.
    """

    id: str
    consolidated: int
    title: str
    namespace: str
    auto_summary: bool | UnsetType = UNSET
    summary_by: Literal["model", "extract"] | UnsetType = UNSET
    summary_preview: str | UnsetType = UNSET
    language_model_problem: str | UnsetType = UNSET
    kept_verbatim: int | UnsetType = UNSET
    not_in_summary: list[str] | UnsetType = UNSET
    tags_left_out: list[str] | UnsetType = UNSET


def consolidate_memories(
    command: ConsolidateMemories, context: Context
) -> Steps[ConsolidateResult]:
    """Run ConsolidateMemories.

    Raises:
        NotFound, AmbiguousId: A source is not there.
        ValidationFailed: A source is named twice, there are too few or too many, or what they say
            is too much for one memory.
        Conflict: The title is taken by another memory, or a source was changed meanwhile.
    """
    sources: list[Memory] = yield Read(lambda rows: _sources(rows, command, context))
    summary: Summary = yield from summary_of(sources, command.summary)
    memory = draft(
        sources,
        context,
        title=command.title,
        content=summary.text,
        namespace=command.namespace,
        tier=command.tier,
        agent_id=command.agent_id,
    )
    vectors = yield from embedded(memory, context)
    ids = tuple(source.id for source in sources)
    yield Write(
        lambda rows: consolidated(rows, memory, sources, vectors, context),
        Lookups(ids=(memory.id, *ids), titles=((memory.namespace, memory.title),)),
        command.namespace,
    )
    yield from inherit_counters(memory, sources)
    by = summary.by
    return ConsolidateResult(
        id=memory.id,
        consolidated=len(sources),
        title=memory.title,
        namespace=memory.namespace,
        auto_summary=UNSET if by == "caller" else True,
        summary_by=UNSET if by == "caller" else by,
        summary_preview=UNSET if by == "caller" else summary.text[:_PREVIEW_CHARS],
        language_model_problem=summary.problem or UNSET,
        kept_verbatim=summary.kept or UNSET,
        not_in_summary=list(summary.lacking) or UNSET,
        tags_left_out=list(tags_of(sources)[limits.TAGS_MAX :]) or UNSET,
    )


def _sources(rows: Reader, command: ConsolidateMemories, context: Context) -> list[Memory]:
    found = [find(rows, memory_id, context.now) for memory_id in command.ids]
    seen: set[str] = set()
    for memory in found:
        if memory.id in seen:
            raise ValidationFailed(
                f"duplicate memory ID: {memory.id}", hint="Name each memory once.", field="ids"
            )
        seen.add(memory.id)
    if not limits.CONSOLIDATE_IDS_MIN <= len(found) <= limits.CONSOLIDATE_IDS_MAX:
        raise ValidationFailed(
            f"{limits.CONSOLIDATE_IDS_MIN} to {limits.CONSOLIDATE_IDS_MAX} memories make one",
            field="ids",
        )
    return found
