"""Forget memories by pattern: they leave the live set, and the archive keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import ClassVar, Final

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.errors import ValidationFailed
from ai_memory.model import field
from ai_memory.model.change import MemoryDeleted
from ai_memory.model.command import Action, Command
from ai_memory.operations.narrowing import exactly, narrowed
from ai_memory.operations.step import Context, Outcome, Read, Steps, Write
from ai_memory.ports import Reader, Transaction
from ai_memory.retrieval.expression import or_expression

_COUNTED_AT_ONCE: Final = 10_000


class ForgetMemories(Command, frozen=True, kw_only=True):
    """Archive every memory with any word of a pattern, in a namespace, of a tier.

    Say dry_run first: it counts them and shows some. memory_archive_restore takes one back.
    """

    action: ClassVar[Action] = "delete"

    namespace: field.OnlyNamespace | None = None
    pattern: field.Query | None = None
    tier: field.OnlyTier | None = None
    dry_run: field.DryRun = False


class Forgettable(msgspec.Struct, kw_only=True):
    """A memory that would be forgotten."""

    id: str
    namespace: str
    title: str


class ForgetResult(msgspec.Struct, kw_only=True):
    """How many left for the archive; in a dry run, how many would, and some of them.

    Attributes:
        namespaces: How many left each namespace.
    """

    dry_run: bool
    deleted: int | UnsetType = UNSET
    forgotten: int | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    namespaces: dict[str, int] | UnsetType = UNSET
    would_delete: int | UnsetType = UNSET
    sample: list[Forgettable] | UnsetType = UNSET


def forget_memories(command: ForgetMemories, context: Context) -> Steps[ForgetResult]:
    """Run ForgetMemories.

    Raises:
        ValidationFailed: No filter is given, or the pattern has no word.
    """
    if (command.namespace, command.pattern, command.tier) == (None, None, None):
        raise ValidationFailed(
            "at least one of namespace, pattern, or tier is required",
            hint="To forget everything, forget one tier after the other.",
        )
    expression = None if command.pattern is None else or_expression(command.pattern)
    if command.pattern is not None and expression is None:
        raise ValidationFailed(
            "pattern has no word to look for",
            hint="Give a word that tells, or leave pattern away.",
            field="pattern",
        )
    where = narrowed(command, context.now, exactly(command.namespace))

    def matching(rows: Reader) -> int:
        if expression is None:
            return rows.count_memories(where).value  # kept counters know it
        count = after = 0
        while page := rows.matching_ids(where, expression, after=after, limit=_COUNTED_AT_ONCE):
            count, after = count + len(page), page[-1][0]
        return count

    def some(rows: Reader) -> list[Forgettable]:
        page = rows.matching_ids(where, expression, after=0, limit=limits.SAMPLE_MAX)
        found = rows.memories_by_key([key for key, _id in page])
        return [
            Forgettable(id=m.id, namespace=m.namespace, title=m.title)
            for m in (found[key] for key, _id in page)
        ]

    if command.dry_run:
        counted: ForgetResult = yield Read(
            lambda rows: ForgetResult(dry_run=True, would_delete=matching(rows), sample=some(rows))
        )
        return counted
    total: int = yield Read(matching)
    deleted, after = 0, 0
    namespaces: Counter[str] = Counter()

    def work(rows: Transaction) -> Outcome:
        page = rows.matching_ids(where, expression, after=after, limit=limits.SWEEP_BATCH)
        facts = tuple(
            MemoryDeleted(memory_id=memory_id, at=context.now, reason="forget")
            for _key, memory_id in page
        )
        if command.namespace is not None:
            return Outcome((page, {command.namespace: len(page)}), facts)
        left = rows.memories_by_key([key for key, _id in page]).values()
        return Outcome((page, Counter(memory.namespace for memory in left)), facts)

    # What is stored meanwhile may be met, but is not waited for.
    for _batch in range(total // limits.SWEEP_BATCH + 1):
        answer: tuple[list[tuple[int, str]], Mapping[str, int]]
        answer = yield Write(work, namespace=command.namespace)
        page = answer[0]
        namespaces.update(answer[1])
        deleted += len(page)
        if len(page) < limits.SWEEP_BATCH:
            break
        after = page[-1][0]
    return ForgetResult(
        dry_run=False,
        deleted=deleted,
        forgotten=deleted,
        archived=True,
        namespaces={name: count for name, count in namespaces.most_common() if count},
    )
