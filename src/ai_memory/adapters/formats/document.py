"""One document of a retrieval collection, and the memories it becomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    Empty,
    ImportRecord,
    numbered,
    part_metadata,
    stable_id,
    title_metadata,
)
from ai_memory.adapters.formats.text import one_line, pack

UNIT: Final = "document"


class Document(NamedTuple):
    """A document by its collection's own name; title and text may be empty."""

    line: int
    name: str
    title: str
    text: str


def records(document: Document, *, origin: str, options: Options) -> Iterator[ImportRecord | Empty]:
    """One memory, or several in order where the text is too long for one."""
    text = document.text or document.title
    if not text:
        yield Empty(document.line)
        return
    title = one_line(document.title) or f"Document {document.name}"
    namespace = options.namespace or origin
    parts = pack([text])
    for number, part in enumerate(parts, 1):
        yield ImportRecord(
            line=document.line,
            id=stable_id(origin, namespace, document.name, title, number, part.text),
            namespace=namespace,
            title=numbered(title, number, len(parts)),
            content=part.text,
            metadata={
                UNIT: document.name,
                **title_metadata(title),
                **part_metadata(number, len(parts)),
            },
        )
