"""What the files of a folder or an archive are together: an export, notes, or a mixture."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, NamedTuple, TypeAlias, cast

from ai_memory.adapters.formats import markdown, slack
from ai_memory.adapters.formats.bundle import Bundle, Member, open_archive, open_folder
from ai_memory.adapters.formats.detect import NOTE_ENDINGS, TEXT_ENDINGS, ZIP_MAGIC, detect
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import ImportProblem, Item
from ai_memory.adapters.formats.source import Readable, Source, data_set_within, unreadable
from ai_memory.errors import ValidationFailed

Reader: TypeAlias = Callable[[Source, Options], Iterator[Item]]

_NOTES: Final = (*NOTE_ENDINGS, *TEXT_ENDINGS)
_DATA: Final = (".json", ".jsonl", ".ndjson")
_WHOLE: Final = frozenset(("ai-memory", "reference-db"))  # taken in alone, as they stand
_CHATS: Final = re.compile(r"conversations([-_]\d{1,6})?\.json")
_CHATS_BESIDE: Final = ("projects.json", "memories.json")
_LEVELS_MAX: Final = 3  # folders above the files of an export


class _Chosen(NamedTuple):
    member: Member
    format: str


def bundle_of(source: Readable) -> Bundle | None:
    """The files of a folder or of a ZIP archive; None for what is one file.

    Raises:
        ValidationFailed: It cannot be read.
    """
    if not isinstance(source, (str, os.PathLike)):
        return open_archive(source, "", owned=False) if _begins_like_zip(source) else None
    path = Path(source)
    try:
        if path.is_dir():
            return None if data_set_within(path) else open_folder(path)
        with path.open("rb") as stream:
            if not stream.seekable() or stream.read(4) not in ZIP_MAGIC:
                return None
        return open_archive(path.open("rb"), path.stem, owned=True)
    except (OSError, ValueError) as cause:
        raise unreadable(path, cause) from cause


def _begins_like_zip(stream: BinaryIO) -> bool:
    """Whether a stream holds an archive; only asked where looking takes nothing from it."""
    peek = getattr(stream, "peek", None)
    if peek is not None:
        return bytes(cast("bytes", peek(4)))[:4] in ZIP_MAGIC
    try:
        if not stream.seekable():
            return False
        at = stream.tell()
        head = stream.read(4)
        stream.seek(at)
    except (AttributeError, OSError, ValueError):
        return False
    return head in ZIP_MAGIC


def read_bundle(
    bundle: Bundle,
    readers: Mapping[str, Reader],
    wanted: str | None,
    unit: str,
    namespace: str | None,
) -> tuple[str, Iterator[Item]]:
    """Name what a bundle is, and read it.

    Args:
        bundle: The files.
        readers: Of a single file, by format.
        wanted: The format that the caller names; None: told by names and content.
        unit: What becomes one memory of a dialogue.
        namespace: Put everything here.

    Raises:
        ValidationFailed: There is nothing in it to import.
    """
    options = Options(unit, namespace, "", bundle.name, bundle.remarks)
    if wanted == "slack" or (wanted is None and slack.is_export(bundle)):
        return "slack", slack.read_export(bundle, options)
    chats = _chats(bundle) if wanted in (None, "claude", "chatgpt") else []
    notes = [] if chats or wanted not in (None, "markdown", "text") else _notes(bundle)
    data = (
        _data(bundle, chats or bundle.members, wanted) if wanted not in ("markdown", "text") else []
    )
    if not notes and not data:
        raise ValidationFailed(
            f"{bundle.name or 'the archive'} holds nothing to import",
            hint="It is read when it has Markdown notes or text files, the files of a Claude, "
            "ChatGPT or Slack export, or others that are known: `ai-memory import --help`.",
            field="path",
        )
    formats = {one.format for one in data} | ({"markdown"} if notes else set())
    if len(formats) > 1:
        data = [one for one in data if one.format not in _WHOLE]
        formats = {one.format for one in data} | ({"markdown"} if notes else set())
    bundle.choose([*notes, *(one.member for one in data)])
    name = formats.pop() if len(formats) == 1 else "mixed"
    return name, _read(bundle, notes, data, readers, options)


def _read(
    bundle: Bundle,
    notes: list[Member],
    data: list[_Chosen],
    readers: Mapping[str, Reader],
    options: Options,
) -> Iterator[Item]:
    for chosen in data:
        member = chosen.member
        try:
            source = bundle.source(member)
        except ValidationFailed as cause:
            yield ImportProblem(line=1, message=cause.message)
            continue
        own = Options(
            options.unit, options.namespace, member.path.stem, options.folder, options.remarks
        )
        for item in readers[chosen.format](source, own):
            if isinstance(item, ImportProblem) and len(data) > 1:
                yield ImportProblem(
                    line=item.line, message=f"{member.path}: {item.message}", excerpt=item.excerpt
                )
            else:
                yield item
    if notes:
        yield from markdown.read_notes(bundle, notes, options)


def _chats(bundle: Bundle) -> list[Member]:
    """The files of a chat export: conversations, and beside them projects and memories."""
    top = [m for m in bundle.members if len(m.path.parts) <= _LEVELS_MAX]
    found = [m for m in top if _CHATS.fullmatch(m.path.name)]
    places = {m.path.parent for m in found}
    beside = [
        m for m in top
        if (m.path.name in _CHATS_BESIDE and m.path.parent in places)
        or (m.path.parent.name == "projects" and m.path.parent.parent in places)
    ]  # fmt: skip
    # Projects come first: memories and conversations name them.
    return sorted(beside, key=lambda m: "projects" not in str(m.path)) + found


def _notes(bundle: Bundle) -> list[Member]:
    return [m for m in bundle.members if m.path.name.lower().endswith(_NOTES)]


def _data(bundle: Bundle, members: list[Member], wanted: str | None) -> list[_Chosen]:
    chosen = []
    for member in members:
        if not member.path.name.lower().endswith(_DATA):
            continue
        found = wanted or _format_of(bundle, member)
        if found is not None and member.size:
            chosen.append(_Chosen(member, found))
    return chosen


def _format_of(bundle: Bundle, member: Member) -> str | None:
    """What a file is, looked at by its content alone: any program writes JSON."""
    try:
        source = bundle.peek(member)
    except ValidationFailed:
        return None
    with source:
        try:
            return detect(source.head, PurePosixPath(member.path).stem)
        except ValidationFailed:
            return None
