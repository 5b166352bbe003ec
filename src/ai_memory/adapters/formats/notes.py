"""Memories as Markdown notes a person would read: what `markdown` reads back.

One note per live memory, in folders by namespace. The lines of an export are read, so that a node
anywhere can be written out; links come behind memories there, and go into the notes at the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from ai_memory import typed
from ai_memory.adapters.formats.markdown import MARK
from ai_memory.model.clock import Micros, parse_rfc3339
from ai_memory.model.record import LinkRecord, MemoryRecord, read_line

_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\[\]#^]+')
_REFUSED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_NAME_BYTES_MAX: Final = 120  # a path of eight such segments is one that Windows takes


class _Note(NamedTuple):
    path: Path
    title: str


class NoteWriter:
    """Writes notes into a folder.

    Attributes:
        notes: How many were written. `links`: how many relations stand in them.
    """

    def __init__(self, folder: Path, now: Micros) -> None:
        """Take an empty folder, and the instant at which what has expired is left out."""
        self.notes = 0
        self.links = 0
        self._folder = folder
        self._now = now
        self._written: dict[str, _Note] = {}
        self._taken: set[str] = set()
        self._relations: dict[str, list[LinkRecord]] = {}
        self._marked: set[str] = set()

    def write(self, lines: Iterable[bytes]) -> None:
        """Write the notes of some lines of an export; what is no memory and no link is passed by.

        Raises:
            OSError: A note cannot be written.
            ValueError: A line is damaged.
        """
        for text in lines:
            if text.startswith(b'{"kind":"memory"'):
                self._note(typed.decode_json(read_line(text).data, MemoryRecord))
            elif text.startswith(b'{"kind":"link"'):
                link = typed.decode_json(read_line(text).data, LinkRecord)
                if self._holds(link):
                    self._relations.setdefault(link.source_id, []).append(link)

    def close(self) -> None:
        """Add the relations to the notes they begin at."""
        for source_id, links in self._relations.items():
            source = self._written.get(source_id)
            there = [(link, self._written.get(link.target_id)) for link in links]
            lines = [
                f"- {_wiki(link.relation)} [[{_wiki(note.title)}]] <!-- {link.target_id} -->\n"
                for link, note in there
                if note is not None
            ]
            if source is None or not (lines or source_id in self._marked):
                continue
            with source.path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(f"\n{MARK}\n## Relations\n\n{''.join(lines)}")
            self.links += len(lines)

    def _holds(self, link: LinkRecord) -> bool:
        if link.retracted_at is not None:
            return False
        until = link.valid_until
        return until is None or parse_rfc3339(until, field="valid_until") > self._now

    def _note(self, memory: MemoryRecord) -> None:
        expires_at = memory.expires_at
        if expires_at and parse_rfc3339(expires_at, field="expires_at") <= self._now:
            return
        path = self._path(memory)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_head(memory) + memory.content + "\n", encoding="utf-8", newline="\n")
        self._written[memory.id] = _Note(path, memory.title)
        if MARK in memory.content:
            self._marked.add(memory.id)  # one more, so that the last mark is ours
            self._relations.setdefault(memory.id, [])
        self.notes += 1

    def _path(self, memory: MemoryRecord) -> Path:
        """A name of its own, also on a file system that knows no case."""
        folder = self._folder.joinpath(*(_file_name(part) for part in memory.namespace.split("/")))
        name = _file_name(memory.title)
        path = folder / f"{name}.md"
        if str(path).casefold() in self._taken:
            path = folder / f"{name} ({_file_name(memory.id)}).md"
        self._taken.add(str(path).casefold())
        return path


def _head(memory: MemoryRecord) -> str:
    lines = [
        "---",
        f"id: {_quoted(memory.id)}",
        f"title: {_quoted(memory.title)}",
        f"namespace: {_quoted(memory.namespace)}",
        f"tier: {memory.tier}",
        *(["tags:", *(f"  - {_quoted(tag)}" for tag in memory.tags)] if memory.tags else ()),
        f"priority: {memory.priority}",
        f"confidence: {memory.confidence}",
        f"created: {memory.created_at}",
        f"updated: {memory.updated_at}",
        *([f"expires_at: {memory.expires_at}"] if memory.expires_at else ()),
        f"metadata: {_quoted(memory.metadata)}",
        "---",
    ]
    return "\n".join(lines) + "\n"


def _quoted(value: str | dict[str, Any]) -> str:
    """JSON, which YAML reads as it is but for the characters its readers refuse as text."""
    text = json.dumps(value, ensure_ascii=False)
    return _REFUSED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _wiki(title: str) -> str:
    """A title as the text of a wiki link, which ends at these."""
    return " ".join(re.sub(r"[\[\]|#]", " ", title).split()) or "untitled"


def _file_name(text: str) -> str:
    """Foreign text as one name on any file system."""
    name = _FORBIDDEN.sub("-", text).strip(" .")
    name = name.encode()[:_NAME_BYTES_MAX].decode("utf-8", "ignore").strip(" .") or "untitled"
    return f"_{name}" if _DEVICE.fullmatch(name) else name
