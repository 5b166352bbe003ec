r"""The markup of Cranfield and its kin: `.I 1`, then the fields `.T` title, `.A` author, `.W` text.

The same as XML, as TREC has it: `<doc>` with `<docno>`, `<title>`, `<author>`, `<bib>`, `<text>`;
queries are `<top>` with `<num>` and `<title>`.

A collection is a folder with cran.all.1400, cran.qry and cranqrel, or cran.all.1400.xml,
cran.qry.xml and cranqrel.trec.txt. Judgements name a query by the number it bears, or by its
position where not all of them can be numbers (Cranfield's), and grade 1 to 4; what is above or
below is irrelevant.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from ai_memory.adapters.formats import bound
from ai_memory.adapters.formats.document import Document
from ai_memory.adapters.formats.document import records as document_records
from ai_memory.adapters.formats.judgement import judged
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.question import Questions
from ai_memory.adapters.formats.record import ImportProblem, Item
from ai_memory.adapters.formats.source import Line, Source
from ai_memory.adapters.formats.text import excerpt, one_line
from ai_memory.adapters.formats.value import text_of

_ENTRY: Final = re.compile(r"\.I\s+(\S+)\s*")
_FIELD: Final = re.compile(r"\.([A-Z])\s*")
# Query, a column that TREC's files have and nobody reads, document, grade.
_RELEVANT: Final = re.compile(r"\s*(\d+)\s+(?:\d+\s+)??(\S+)\s+[1-4]\s*")
_XML: Final = re.compile(rb"\s*<(?:\?xml|xml|docs?|top)\b", re.IGNORECASE)
_ELEMENT_END: Final = re.compile(r"</(?:doc|top)\s*>", re.IGNORECASE)
_ELEMENT: Final = re.compile(r"<(?:doc|top)\s*>(.*)", re.IGNORECASE | re.DOTALL)
_CHILD: Final = re.compile(r"<(\w+)\s*>([^<]*)</\1\s*>", re.IGNORECASE)
_LETTERS: Final = {"title": "T", "author": "A", "bib": "B", "text": "W"}


class Entry(NamedTuple):
    """A document or query: its number and its fields by letter."""

    line: int
    name: str
    fields: dict[str, list[str]]

    def field(self, letter: str) -> str:
        """The text of a field; empty when it is missing."""
        return text_of("\n".join(self.fields.get(letter, ())))


def read(source: Source, options: Options) -> Iterator[Item]:
    """The documents of a file as memories."""
    for entry in entries(source):
        if isinstance(entry, ImportProblem):
            yield entry
        else:
            document = Document(entry.line, entry.name, entry.field("T"), entry.field("W"))
            yield from document_records(document, origin="trec", options=options)


def questions(folder: Path, options: Options) -> Questions:
    """The judged queries of a collection.

    Raises:
        ValidationFailed: The folder has no queries or no judgements.
    """
    with Source.open(_beside(folder, "cran.qry", "*qry*")) as source:
        found = [entry for entry in entries(source) if isinstance(entry, Entry)]
    relevant = list(_relevant(_beside(folder, "cranqrel", "*qrel*")))
    names = [entry.name.lstrip("0") for entry in found]
    if not {query for query, _document in relevant} <= set(names):
        names = [str(position) for position in range(1, len(found) + 1)]
    texts = {
        name: one_line(entry.field("W") or entry.field("T"))
        for name, entry in zip(names, found, strict=True)
    }
    return judged(relevant, texts, namespace=options.namespace or "trec")


def is_xml(head: bytes) -> bool:
    """Whether an input that begins so is the XML form."""
    return _XML.match(head) is not None


def entries(source: Source) -> Iterator[Entry | ImportProblem]:
    """The entries of a file, of either form; what belongs to none is a problem."""
    yield from _elements(source) if is_xml(source.head) else _marked(source)
    if source.failure is not None:
        yield ImportProblem(line=1, message=source.failure)


def _elements(source: Source) -> Iterator[Entry | ImportProblem]:
    """The entries of the XML form, each as its end comes; its outermost element may be missing."""
    held: list[str] = []
    size, began = 0, 1
    for line in source.lines():
        *whole, rest = _ELEMENT_END.split(line.data.decode("utf-8", "replace"))
        for end in whole:
            yield _element(began, "".join((*held, end)))
            held, size, began = [], 0, line.number
        if not held:
            began = line.number
        if held or _ELEMENT.search(rest):
            size += len(rest)
            if line.too_long or size > bound.LINE_BYTES_MAX:
                message = f"an entry is longer than {bound.LINE_BYTES_MAX // 2**20} MiB"
                yield ImportProblem(line=began, message=message, excerpt=excerpt(rest))
                held, size = [], 0
            else:
                held += rest, "\n"
    if _ELEMENT.search("".join(held)):
        shown = excerpt("".join(held))
        yield ImportProblem(line=began, message="the last entry has no end", excerpt=shown)


def _element(line: int, text: str) -> Entry | ImportProblem:
    found = _ELEMENT.search(text)
    fields = {
        child[1].lower(): html.unescape(child[2]).strip()
        for child in _CHILD.finditer(found[1] if found else "")
    }
    name = fields.get("docno") or fields.get("num")
    if not name:
        message = "an element without <docno> or <num>"
        return ImportProblem(line=line, message=message, excerpt=excerpt(text))
    marked = {letter: [fields[tag]] for tag, letter in _LETTERS.items() if tag in fields}
    return Entry(line, name, marked)


def _marked(source: Source) -> Iterator[Entry | ImportProblem]:
    """The entries of the form with dots; lines before the first are a problem."""
    entry: Entry | None = None
    text: list[str] | None = None
    astray: Line | None = None
    for line in source.lines():
        data = line.data.decode("utf-8", "replace")
        if begins := _ENTRY.fullmatch(data):
            if entry is not None:
                yield entry
            entry, text = Entry(line.number, text_of(begins[1]), {}), None
        elif entry is None:
            if data.strip() and astray is None:
                astray = line
                shown = excerpt(line.data)
                message = "expected a line `.I <number>`; skipped to the next one"
                yield ImportProblem(line=line.number, message=message, excerpt=shown)
        elif line.too_long:
            message = f"the line is longer than {bound.LINE_BYTES_MAX // 2**20} MiB"
            yield ImportProblem(line=line.number, message=message, excerpt=excerpt(line.data))
        elif field := _FIELD.fullmatch(data):
            text = entry.fields.setdefault(field[1], [])
        elif text is not None:
            text.append(data)
    if entry is not None:
        yield entry


def _beside(folder: Path, usual: str, like: str) -> Path:
    """A file of the collection, by its usual name or one like it."""
    if (folder / usual).is_file():
        return folder / usual
    return next((path for path in sorted(folder.glob(like)) if path.is_file()), folder / usual)


def _relevant(path: Path) -> Iterator[tuple[str, str]]:
    """Pairs of query and relevant document."""
    with Source.open(path) as source:
        for line in source.lines():
            if found := _RELEVANT.fullmatch(line.data.decode("utf-8", "replace")):
                yield found[1], found[2]
