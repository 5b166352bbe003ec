"""Notes in Markdown or plain text: a file, or a folder of them as Obsidian or basic-memory do.

The front matter gives title, tags and dates; what it says beyond that stays in the metadata, and
the text below it is the content, as it is. `- relation [[Other note]]` becomes a link of that
relation, a wiki link in the text one that says `related_to`; ends are found by title, file name,
alias or permalink among the notes that are read together. A note that `ai-memory export` wrote
comes back as the memory it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from ai_memory.adapters.formats import bound, front_matter, wiki
from ai_memory.adapters.formats.bundle import Bundle, Member
from ai_memory.adapters.formats.detect import NOTE_ENDINGS
from ai_memory.adapters.formats.moment import guess_date
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    Empty,
    ImportLink,
    ImportProblem,
    ImportRecord,
    Item,
    foreign_metadata,
    namespace_segment,
    numbered,
    part_metadata,
    relation_of,
    stable_id,
    title_metadata,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import as_title, headline, one_line, pack, verbatim
from ai_memory.adapters.formats.value import flat, name_of
from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import Micros
from ai_memory.model.name import one_name

MARK: Final = "<!-- written by ai-memory -->"
"""What follows in a note that was exported is no part of the memory's text."""

_EXPORTED: Final = frozenset(("id", "title", "namespace", "tier"))
_CREATED: Final = ("created_at", "created", "date", "date created", "date_created", "creation date",
                   "created time", "published", "publishdate", "ctime")  # fmt: skip
_UPDATED: Final = ("updated_at", "updated", "modified", "date modified",
                   "date_modified",
                   "last_modified_at", "lastmod", "last modified", "last edited time",
                   "mtime")  # fmt: skip
_EXPIRES: Final = ("expires_at", "expires", "expiration_date")
_KNOWN: Final = frozenset(
    ("id", "title", "namespace", "tier", "tags", "tag", "priority", "confidence", "metadata",
     "aliases", "alias", "permalink", "expires_at", "expires", "expiration_date",
     *_CREATED, *_UPDATED)
)  # fmt: skip


class _Note(NamedTuple):
    path: PurePosixPath
    fields: dict[str, Any]
    text: str
    exported: bool


class _Wanted(NamedTuple):
    """A link whose end is known by name only."""

    line: int
    source_id: str
    place: PurePosixPath
    reference: wiki.Reference


def read(source: Source, options: Options) -> Iterator[Item]:
    """The note of a file."""
    vault = _Vault(options, frozenset())
    yield from vault.note(source, PurePosixPath(f"{options.name or 'note'}.md"), 1)
    yield from vault.links()


def read_text(source: Source, options: Options) -> Iterator[Item]:
    """A plain text file, which has neither front matter nor links."""
    vault = _Vault(options, frozenset())
    yield from vault.note(source, PurePosixPath(f"{options.name or 'note'}.txt"), 1)


def read_notes(bundle: Bundle, notes: list[Member], options: Options) -> Iterator[Item]:
    """The notes of a folder, and the links between them."""
    vault = _Vault(options, frozenset(str(member.path) for member in bundle.members))
    for number, member in enumerate(notes, 1):
        try:
            source = bundle.source(member)
        except ValidationFailed as cause:
            yield ImportProblem(line=number, message=cause.message)
            continue
        yield from vault.note(source, member.path, number)
    yield from vault.links()


class _Vault:
    """The notes that are read together."""

    def __init__(self, options: Options, files: frozenset[str]) -> None:
        self._options = options
        self._files = files | {path.rpartition("/")[2] for path in files}
        self._ids: dict[str, str] = {}
        self._wanted: list[_Wanted] = []

    def note(self, source: Source, path: PurePosixPath, line: int) -> Iterator[Item]:
        """The memories of one file."""
        data = source.document()
        if data is None:
            yield ImportProblem(line=line, message=f"{path}: the note is too large")
            return
        plain = not path.name.lower().endswith(NOTE_ENDINGS)
        text = verbatim(data.decode())
        note = _Note(path, {}, text, exported=False) if plain else self._note(path, text)
        yield from self._memories(note, line, source.modified_at, plain=plain)
        if source.failure is not None:
            yield ImportProblem(line=line, message=source.failure)

    def _note(self, path: PurePosixPath, text: str) -> _Note:
        head, body = front_matter.split(text)
        front = None if head is None else front_matter.read_front(head)
        if front is None:
            return _Note(path, {}, text, exported=False)
        fields = {
            folded if (folded := key.strip().casefold()) in _KNOWN else key: value
            for key, value in front.fields.items()
        }
        if front.fault:
            self._options.remarks.changed(
                f"front matter that is no YAML ({front.fault}), read line by line", str(path)
            )
            fields["front_matter"] = head
        for key in front.repeated:
            self._options.remarks.changed(
                f"'{key}' twice in front matter: the last counts", str(path)
            )
        return _Note(path, fields, body, exported=fields.keys() >= _EXPORTED)

    def _memories(
        self, note: _Note, line: int, modified_at: Micros | None, *, plain: bool
    ) -> Iterator[Item]:
        options, fields = self._options, dict(note.fields)
        found = wiki.outline(note.text) if not plain else wiki.Outline("", (), ())
        content, tail = _content(note)
        title = as_title(name_of(fields.get("title"))) or one_line(found.heading or note.path.stem)
        title = headline(content) if plain and not (options.name or self._files) else title
        if not content.strip():
            yield Empty(line)
            return
        own = name_of(fields.get("id")) if note.exported else ""
        ident = own or stable_id(
            "note", options.namespace, one_name(options.folder), one_name(str(note.path)), title
        )
        self._name(note, title, fields, ident)
        record = self._record(note, fields, title, modified_at, found.tags)
        parts = pack([content])
        for number, part in enumerate(parts, 1):
            yield ImportRecord(
                line=line,
                id=ident if number == 1 else stable_id("note", ident, number),
                content=part.text,
                **record
                | {
                    "title": numbered(title, number, len(parts)),
                    "metadata": record["metadata"] | part_metadata(number, len(parts)),
                },
            )
        references = wiki.outline(tail).references if note.exported else found.references
        self._wanted += [_Wanted(line, ident, note.path, one) for one in references]

    def _record(
        self,
        note: _Note,
        fields: dict[str, Any],
        title: str,
        modified_at: Micros | None,
        inline_tags: tuple[str, ...],
    ) -> dict[str, Any]:
        """What the head says, in the places a memory has for it; the rest is metadata."""
        created_at, updated_at = _instant(fields, _CREATED), _instant(fields, _UPDATED)
        if updated_at is None and not note.exported:
            updated_at = modified_at
            created_at = modified_at if created_at is None else created_at
        tags = [*_tags(fields.pop("tags", None)), *_tags(fields.pop("tag", None))]
        tags += () if note.exported else inline_tags
        expires_at = _instant(fields, _EXPIRES, until=True)
        for key in (*_CREATED, *_UPDATED, *_EXPIRES):
            if fields.get(key) and guess_date(fields[key]) is None:
                said = "date that cannot be read, kept in the metadata as it is"
                self._options.remarks.changed(said, f"{key} ({note.path})")
        namespace = name_of(fields.pop("namespace", None)) or _namespace(note.path)
        record: dict[str, Any] = {
            "namespace": self._options.namespace or namespace,
            "tags": tuple(dict.fromkeys(tags)),
            "created_at": created_at,
            "updated_at": updated_at,
            "expires_at": expires_at,
        }
        tier = name_of(fields.get("tier"))
        if tier in ("short", "mid", "long"):
            record["tier"] = fields.pop("tier")
        for name, kind in (("priority", int), ("confidence", (int, float))):
            value = fields.get(name)
            if isinstance(value, kind) and not isinstance(value, bool) and _fits(name, value):
                record[name] = fields.pop(name)
        if note.exported:
            fields.pop("id")
            given = fields.pop("metadata", None)
            if isinstance(given, dict):
                record["metadata"] = given
                return record
        if as_title(name_of(fields.get("title"))) == title:
            fields.pop("title", None)
        kept = {key: value for key, value in fields.items() if value not in (None, "", [], {})}
        ours = {"mined_from": "markdown", **title_metadata(title)}
        record["metadata"] = foreign_metadata(kept, ours)
        return record

    def _name(self, note: _Note, title: str, fields: dict[str, Any], ident: str) -> None:
        """Remember what others may call this note; the first to have a name keeps it."""
        path = note.path.with_suffix("")
        names = [str(path), title, path.name, name_of(fields.get("permalink")), ident]
        names += flat(fields.get("aliases")) + flat(fields.get("alias"))
        for name in names:
            if name:
                self._ids.setdefault(_folded(name), ident)

    def links(self) -> Iterator[Item]:
        """The links between the notes that were read; what leads nowhere is said."""
        remarks = self._options.remarks
        known: set[tuple[str, str, str]] = set()
        named: set[tuple[str, str]] = set()
        for wanted in sorted(self._wanted, key=lambda one: not one.reference.relation):
            reference = wanted.reference
            target_id = reference.marked_id or self._found(reference.target, wanted.place)
            relation = relation_of(reference.relation)
            if not target_id and reference.relation:
                message = f"{wanted.place}: link to '{reference.target}': there is no such note"
                yield ImportProblem(line=wanted.line, message=message)
            elif not target_id:
                remarks.left_out(self._missing(reference), f"{reference.target} ({wanted.place})")
            elif target_id != wanted.source_id and not (
                (wanted.source_id, target_id, relation) in known
                or (not reference.relation and (wanted.source_id, target_id) in named)
            ):
                known.add((wanted.source_id, target_id, relation))
                named.add((wanted.source_id, target_id))
                yield ImportLink(
                    line=wanted.line,
                    source_id=wanted.source_id,
                    target_id=target_id,
                    relation=relation,
                    target_title=reference.target,
                )

    def _missing(self, reference: wiki.Reference) -> str:
        name = reference.target.rpartition("/")[2]
        if name in self._files or reference.target in self._files:
            return "file shown in a note" if reference.embedded else "file that a note links to"
        suffix = PurePosixPath(name).suffix
        if reference.embedded and suffix and not suffix.endswith(NOTE_ENDINGS):
            return "file shown in a note, which is not there"
        return "link to a note that is not there"

    def _found(self, target: str, place: PurePosixPath) -> str:
        """The id of the note that a name means: a path from here or from the top, or any name."""
        beside = _joined(place.parent, target)
        for name in (beside, target, target.rpartition("/")[2]):
            ident = self._ids.get(_folded(name))
            if ident is not None:
                return ident
        return ""


def _content(note: _Note) -> tuple[str, str]:
    """The text of a memory, and what an export wrote behind it."""
    text, tail = note.text, ""
    if note.exported:
        before, mark, after = text.rpartition(f"\n{MARK}\n")
        text, tail = (before, after) if mark else (text, "")
        return text.removesuffix("\n"), tail
    lines = text.splitlines(keepends=True)
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    text = "".join(lines[first:])
    return text.removesuffix("\n").removesuffix("\r"), ""


def _joined(folder: PurePosixPath, target: str) -> str:
    parts = list(folder.parts)
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _folded(name: str) -> str:
    """A name as it is compared: file systems and people write it in their own ways."""
    import unicodedata

    name = unicodedata.normalize("NFC", " ".join(name.split())).casefold()
    for ending in NOTE_ENDINGS:
        name = name.removesuffix(ending)
    return name


def _namespace(path: PurePosixPath) -> str | None:
    segments = [namespace_segment(part) for part in path.parts[:-1][: bound.FOLDERS_KEPT_MAX]]
    return "/".join(segments) or None


def _tags(value: object) -> list[str]:
    """Tags from a list, or from text with commas or blanks; without the `#` of some."""
    if isinstance(value, str):
        words = value.split(",") if "," in value else value.split()
    else:
        words = flat(value)
    return [word for word in (one_line(word).lstrip("#").strip() for word in words) if word]


def _fits(name: str, value: float) -> bool:
    return 1 <= value <= 10 if name == "priority" else 0 <= value <= 1


def _instant(fields: dict[str, Any], keys: tuple[str, ...], *, until: bool = False) -> int | None:
    """The first of some keys that holds a date; it is taken out, the others stay."""
    for key in keys:
        instant = guess_date(fields.get(key), until=until)
        if instant is not None:
            del fields[key]
            return instant
    return None
