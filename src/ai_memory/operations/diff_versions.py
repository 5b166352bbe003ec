"""What changed between two versions of a memory."""

from __future__ import annotations

from difflib import unified_diff
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from ai_memory import limits
from ai_memory.errors import NotFound
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.memory import Version
from ai_memory.operations.find import find_history
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class DiffVersions(Command, frozen=True, kw_only=True):
    """Show what changed between two versions of a memory; by default, in the newest one."""

    id: field.MemoryId
    from_version: field.VersionNumber | None = None
    to_version: field.VersionNumber | None = None


class TextChange(msgspec.Struct, kw_only=True):
    """A value before and after."""

    before: str
    after: str


class DiffResult(msgspec.Struct, kw_only=True):
    """`content` is a unified diff, line by line; what did not change is left out."""

    id: str
    from_version: int
    to_version: int
    same: bool
    title: TextChange | UnsetType = UNSET
    content: list[str] | UnsetType = UNSET
    tags_added: list[str] | UnsetType = UNSET
    tags_removed: list[str] | UnsetType = UNSET
    metadata_before: dict[str, Any] | UnsetType = UNSET
    metadata_after: dict[str, Any] | UnsetType = UNSET


def diff_versions(command: DiffVersions, rows: Reader, context: Context) -> DiffResult:  # noqa: ARG001
    """Run DiffVersions.

    Raises:
        NotFound: There is no such memory, or no such version of it.
    """
    memory_id = find_history(rows, command.id)
    newest = rows.history(memory_id, limit=1, offset=0)[0].number
    to_number = command.to_version or newest
    from_number = command.from_version or max(1, to_number - 1)
    before = version_of(rows, memory_id, from_number)
    after = version_of(rows, memory_id, to_number)
    old, new = before.payload, after.payload
    result = DiffResult(
        id=memory_id, from_version=from_number, to_version=to_number, same=old == new
    )
    if old.title != new.title:
        result.title = TextChange(before=old.title, after=new.title)
    if old.content != new.content:
        result.content = _lines(old.content, new.content, from_number, to_number)
    added = [tag for tag in new.tags if tag not in old.tags]
    removed = [tag for tag in old.tags if tag not in new.tags]
    result.tags_added = added or UNSET
    result.tags_removed = removed or UNSET
    gone = {k: v for k, v in old.metadata.items() if k not in new.metadata or new.metadata[k] != v}
    come = {k: v for k, v in new.metadata.items() if k not in old.metadata or old.metadata[k] != v}
    result.metadata_before = gone or UNSET
    result.metadata_after = come or UNSET
    return result


def version_of(rows: Reader, memory_id: str, number: int) -> Version:
    """One version.

    Raises:
        NotFound: There is none with this number.
    """
    version = rows.version(memory_id, number)
    if version is None:
        raise NotFound(
            f"memory {memory_id} has no version {number}",
            hint="memory_history lists its versions.",
            id=memory_id,
            version=number,
        )
    return version


def _lines(old: str, new: str, from_number: int, to_number: int) -> list[str]:
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > limits.DIFF_LINES_MAX:
        # Comparing takes time with the product of both.
        return [*(f"-{line}" for line in before), *(f"+{line}" for line in after)]
    names = (f"version {from_number}", f"version {to_number}")
    return list(unified_diff(before, after, *names, lineterm=""))
