"""BEIR collections: a folder with corpus.jsonl, queries.jsonl and judgements in qrels/*.tsv."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ai_memory.adapters.formats.document import Document
from ai_memory.adapters.formats.document import records as document_records
from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.judgement import judged
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.question import Questions
from ai_memory.adapters.formats.record import ImportProblem, Item
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt, one_line
from ai_memory.adapters.formats.value import name_of, text_of
from ai_memory.errors import ValidationFailed

_SPLITS: Final = ("test", "dev", "train")  # in order of preference
_RELEVANT: Final = re.compile(r"([^\t]+)\t([^\t]+)\t[1-9]\d*\s*")  # query, document, score


def read(source: Source, options: Options) -> Iterator[Item]:
    """The documents of `corpus.jsonl` as memories."""
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
            continue
        name = name_of(element.value.get("_id"))
        if name:
            title, text = text_of(element.value.get("title")), text_of(element.value.get("text"))
            document = Document(element.line, name, title, text)
            yield from document_records(document, origin="beir", options=options)
        else:
            shown = excerpt(str(element.value))
            yield ImportProblem(line=element.line, message="_id is missing", excerpt=shown)


def questions(folder: Path, options: Options) -> Questions:
    """The judged queries of a collection, of its test split where it has one.

    Raises:
        ValidationFailed: The folder has no queries or no judgements.
    """
    with Source.open(folder / "queries.jsonl") as source:
        texts = {
            name_of(element.value.get("_id")): one_line(text_of(element.value.get("text")))
            for element in elements(source)
            if not isinstance(element, ImportProblem)
        }
    return judged(_relevant(_judgements(folder)), texts, namespace=options.namespace or "beir")


def _judgements(folder: Path) -> Path:
    found = {path.stem: path for path in sorted((folder / "qrels").glob("*.tsv"))}
    for split in (*_SPLITS, *found):
        if split in found:
            return found[split]
    raise ValidationFailed(
        f"{folder} has no judgements",
        hint="A BEIR collection has them in qrels/test.tsv.",
        field="path",
    )


def _relevant(path: Path) -> Iterator[tuple[str, str]]:
    """Pairs of query and relevant document; lines such as the heading are passed over."""
    with Source.open(path) as source:
        for line in source.lines():
            if found := _RELEVANT.fullmatch(line.data.decode("utf-8", "replace")):
                yield found[1], found[2]
