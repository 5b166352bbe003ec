"""Consolidate what belongs together, group by group."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory.errors import Conflict, NotFound, ValidationFailed
from ai_memory.model import field
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Memory, Tier
from ai_memory.model.query import Filter
from ai_memory.operations.consolidation import common_tag, consolidate_group
from ai_memory.operations.grouping import GROUP_MAX, consolidable, group_around
from ai_memory.operations.narrowing import exactly
from ai_memory.operations.step import Context, Read, Steps
from ai_memory.ports import Reader

_SCANNED_MAX: Final = 1_000
_GROUPS_MAX: Final = 50


class AutoConsolidate(Command, frozen=True, kw_only=True):
    """Find memories that say much the same, and make one of each group, which can be undone.

    Looks at the thousand most important ones; say dry_run first. Without a language model the
    sources' own sentences become the summary.
    """

    action: ClassVar[Action] = "write"

    namespace: field.Namespace | None = None
    short_only: Annotated[bool, Meta(description="Only memories of the short tier.")] = False
    min_count: Annotated[
        int,
        Meta(ge=2, le=GROUP_MAX, description="Groups of fewer memories stay as they are."),
    ] = 3
    dry_run: field.DryRun = False


class GroupView(msgspec.Struct, kw_only=True):
    """Memories that belong together; `id` and `title` of what they became.

    Attributes:
        tag: One that all of them have.
    """

    namespace: str
    tag: str | None
    count: int
    titles: list[str]
    ids: list[str]
    id: str | UnsetType = UNSET
    title: str | UnsetType = UNSET


class AutoConsolidateResult(msgspec.Struct, kw_only=True):
    """The groups, and how many memories were consolidated; in a dry run none is."""

    dry_run: bool
    consolidated: int
    groups: list[GroupView]


def auto_consolidate(command: AutoConsolidate, context: Context) -> Steps[AutoConsolidateResult]:
    """Run AutoConsolidate."""
    groups: list[list[Memory]] = yield from _groups(command, context)
    result = AutoConsolidateResult(dry_run=command.dry_run, consolidated=0, groups=[])
    for sources in groups:
        view = GroupView(
            namespace=sources[0].namespace,
            tag=common_tag(sources),
            count=len(sources),
            titles=[source.title for source in sources],
            ids=[source.id for source in sources],
        )
        if not command.dry_run:
            try:
                memory, _nothing = yield from consolidate_group(sources, context)
            except (NotFound, Conflict, ValidationFailed):
                continue  # somebody works on one of them, or their metadata is too much for one
            view.id, view.title = memory.id, memory.title
            result.consolidated += len(sources)
        result.groups.append(view)
    return result


def _groups(command: AutoConsolidate, context: Context) -> Steps[list[list[Memory]]]:
    """Groups without a memory in common, the most important memories' groups first."""
    tier: Tier | None = "short" if command.short_only else None
    where = Filter(now=context.now, namespaces=exactly(command.namespace), tier=tier)
    seeds: list[Memory] = yield Read(
        lambda rows: rows.list_memories(where, after=None, offset=0, limit=_SCANNED_MAX)
    )
    taken: set[str] = set()
    groups: list[list[Memory]] = []
    for seed in seeds:
        if len(groups) == _GROUPS_MAX:
            break
        if seed.id in taken or not consolidable(seed):
            continue
        around = msgspec.structs.replace(where, namespaces=(seed.namespace,))

        def find(rows: Reader, seed: Memory = seed, around: Filter = around) -> list[Memory]:
            return group_around(rows, seed, around, context)

        found: list[Memory] = yield Read(find)
        group = [one for one in found if one.id not in taken]
        if len(group) >= command.min_count:
            groups.append(group)
            taken.update(one.id for one in group)
    return groups
