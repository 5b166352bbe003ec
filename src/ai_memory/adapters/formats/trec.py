r"""The markup of Cranfield and its kin: `.I 1`, then the fields `.T` title, `.A` author, `.W` text.

A collection is a folder with cran.all.1400, cran.qry and cranqrel. Judgements name a query by its
position in cran.qry, not by the number it bears there, and grade 1 (best) to 4; 5 is irrelevant.
"""

from __future__ import annotations

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
_RELEVANT: Final = re.compile(r"\s*(\d+)\s+(\S+)\s+[1-4]\s*")  # query, document, grade


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
        ValidationFailed: The folder has no cran.qry or no cranqrel.
    """
    with Source.open(folder / "cran.qry") as source:
        found = [entry for entry in entries(source) if isinstance(entry, Entry)]
    texts = {str(position): one_line(entry.field("W")) for position, entry in enumerate(found, 1)}
    relevant = _relevant(folder / "cranqrel")
    return judged(relevant, texts, namespace=options.namespace or "trec")


def entries(source: Source) -> Iterator[Entry | ImportProblem]:
    """The entries of a file; lines before the first are a problem."""
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
    if source.failure is not None:
        yield ImportProblem(line=1, message=source.failure)


def _relevant(path: Path) -> Iterator[tuple[str, str]]:
    """Pairs of query and relevant document."""
    with Source.open(path) as source:
        for line in source.lines():
            if found := _RELEVANT.fullmatch(line.data.decode("utf-8", "replace")):
                yield found[1], found[2]
