"""Notes in Markdown: a file, or a folder of them as basic-memory keeps one.

The front matter gives title, tags, type and dates; the text below it is the content, as it is.
`- relation [[Other note]]` in a section of relations becomes a link; the ends are known by title.
A note that `ai-memory export` wrote comes back with its id, namespace and tier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple, get_args

from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.moment import guess_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    Empty,
    ImportLink,
    ImportProblem,
    ImportRecord,
    Item,
    namespace_segment,
    numbered,
    part_metadata,
    stable_id,
    title_metadata,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import clean, one_line, pack
from ai_memory.adapters.formats.value import name_of, text_of
from ai_memory.model.link import Relation

_ITEM: Final = re.compile(r"\s*-\s+(.*)")
_FENCE: Final = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING: Final = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_SECTION: Final = re.compile(r"^##\s+Relations\s*$(.*?)(?=^#{1,2}\s|\Z)", re.MULTILINE | re.DOTALL)
_LINE: Final = re.compile(
    r"^[-*]\s+(.*?)\s*\[\[([^\]|#\n]+)[^\]\n]*\]\](?:\s*<!--\s*(\S+)\s*-->)?", re.MULTILINE
)
MARK: Final = "<!-- written by ai-memory -->"
"""What follows in a note that was exported is no part of the memory's text."""

_RELATIONS: Final = get_args(Relation)
_OWN: Final = frozenset(
    ("id", "title", "namespace", "tier", "tags", "priority", "confidence", "created", "created_at",
     "updated", "updated_at", "modified", "expires_at", "type", "permalink", "date")
)  # fmt: skip


class _Note(NamedTuple):
    path: PurePosixPath
    front: dict[str, Any]
    text: str


def read(source: Source, options: Options) -> Iterator[Item]:
    """The notes of a file or a folder."""
    if source.head.lstrip().startswith(b'{"markdown_path"'):
        for element in elements(source):
            if isinstance(element, ImportProblem):
                yield element
            else:
                path = PurePosixPath(text_of(element.value.get("markdown_path")))
                yield from _of_note(
                    _note(path, str(element.value.get("markdown_text", ""))), element.line, options
                )
        return
    data = source.document()
    if data is None:
        yield ImportProblem(line=1, message="the note is too large")
        return
    path = PurePosixPath(f"{options.name or 'note'}.md")
    yield from _of_note(_note(path, data.decode("utf-8", "replace")), 1, options)
    if source.failure is not None:
        yield ImportProblem(line=1, message=source.failure)


def _note(path: PurePosixPath, text: str) -> _Note:
    text = clean(text)
    fence = _FENCE.match(text)
    front = {} if fence is None else front_matter(fence[1])
    return _Note(path, front, text if fence is None else text[fence.end() :])


def front_matter(text: str) -> dict[str, Any]:
    """The keys of a note's head: words, and lists of words, as notes use them."""
    front: dict[str, Any] = {}
    key = ""
    for line in text.split("\n"):
        item = _ITEM.match(line)
        if item is not None and key and not isinstance(front[key], str):
            front[key].append(_scalar(item[1]))
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or line[0].isspace():
            continue
        key, value = name.strip(), value.strip()
        if not value:
            front[key] = []  # a list may follow
        elif value.startswith("[") and value.endswith("]"):
            front[key] = [_scalar(part) for part in value[1:-1].split(",") if part.strip()]
        else:
            front[key] = _scalar(value)
    return front


def _scalar(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        quote, text = text[0], text[1:-1]
        text = text.replace("''", "'") if quote == "'" else text.replace('\\"', '"')
    return text


def _of_note(note: _Note, line: int, options: Options) -> Iterator[Item]:
    front = note.front
    heading = _HEADING.search(note.text)
    title = one_line(text_of(front.get("title")) or (heading[1] if heading else note.path.stem))
    before, mark, _after = note.text.rpartition(MARK)
    content = (before if mark else note.text).strip()
    if not content:
        yield Empty(line)
        return
    own = text_of(front.get("id"))
    ident = own or _id(title, options)
    parts = pack([content])
    for number, part in enumerate(parts, 1):
        yield ImportRecord(
            line=line,
            id=ident if number == 1 else stable_id("markdown", ident, number),
            namespace=options.namespace or text_of(front.get("namespace")) or _namespace(note.path),
            title=numbered(title, number, len(parts)),
            content=part.text,
            tier=text_of(front.get("tier")) or None,
            tags=_tags(front.get("tags")),
            priority=_number(front.get("priority"), int),
            confidence=_number(front.get("confidence"), float),
            metadata={
                "mined_from": "markdown",
                **{key: value for key, value in front.items() if key not in _OWN and value},
                **title_metadata(title),
                **part_metadata(number, len(parts)),
            },
            created_at=_first_instant(front, "created_at", "created", "date"),
            updated_at=_first_instant(front, "updated_at", "updated", "modified"),
            expires_at=_first_instant(front, "expires_at"),
        )
    for section in _SECTION.finditer(note.text):
        for relation, target, target_id in _LINE.findall(section[1]):
            name = one_line(relation).rstrip(":").lower().replace(" ", "_")
            known = name in _RELATIONS
            yield ImportLink(
                line=line,
                source_id=ident,
                target_id=target_id or _id(PurePosixPath(target.strip()).name, options),
                relation=name if known else "related_to",
                target_title=one_line(PurePosixPath(target.strip()).name),
            )


def _id(title: str, options: Options) -> str:
    return stable_id("markdown", options.namespace, title.casefold())


def _namespace(path: PurePosixPath) -> str | None:
    segments = [namespace_segment(part) for part in path.parts[:-1][:8]]
    return "/".join(segments) or None


def _tags(value: object) -> tuple[str, ...]:
    words = value if isinstance(value, list) else name_of(value).split(",")
    return tuple(dict.fromkeys(filter(None, (one_line(word).lstrip("#") for word in words))))


def _number(value: object, kind: type[int | float]) -> Any:
    try:
        return kind(name_of(value))
    except ValueError:
        return None


def _first_instant(front: dict[str, Any], *keys: str) -> int | None:
    for key in keys:
        text = text_of(front.get(key))
        instant = guess_instant(text, field=key) or guess_instant(f"{text}T00:00:00Z")
        if text and instant is not None:
            return instant
    return None
