"""SQuAD-format reading comprehension (XQuAD): paragraphs, and questions each about one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.question import Question, Questions
from ai_memory.adapters.formats.record import (
    Empty,
    ImportProblem,
    ImportRecord,
    Item,
    numbered,
    part_metadata,
    stable_id,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt, one_line, pack
from ai_memory.adapters.formats.value import dict_of, list_of, name_of, text_of

UNIT: str = "paragraph"


class Paragraph(NamedTuple):
    """One paragraph with its questions.

    Attributes:
        number: Counted through the whole file, from 1.
        subject: The title of its article; empty when it has none.
    """

    number: int
    subject: str
    text: str
    qas: list[Any]


def read(source: Source, options: Options) -> Iterator[Item]:
    """The paragraphs of a file as memories."""
    for paragraph in paragraphs(source):
        if isinstance(paragraph, ImportProblem):
            yield paragraph
        else:
            yield from _records(paragraph, _namespace(options))


def questions(source: Source, options: Options) -> Questions:
    """The questions of a file; one without a paragraph is skipped."""
    asked: list[Question] = []
    count = 0
    for paragraph in paragraphs(source):
        if isinstance(paragraph, ImportProblem):
            continue
        count += len(paragraph.qas)
        if not paragraph.text:
            continue
        for item in map(dict_of, paragraph.qas):
            text = one_line(text_of(item.get("question")))
            if text:
                gold = (str(paragraph.number),)
                asked.append(
                    Question(
                        namespace=_namespace(options),
                        text=text,
                        key=UNIT,
                        gold=gold,
                        name=name_of(item.get("id")),
                    )
                )
    return Questions(tuple(asked), count - len(asked))


def paragraphs(source: Source) -> Iterator[Paragraph | ImportProblem]:
    """The paragraphs of a file, with their questions."""
    number = 0
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
            continue
        articles = list_of(element.value.get("data")) or [element.value]
        for article in map(dict_of, articles):
            if not isinstance(article.get("paragraphs"), list):
                message = "not an article: paragraphs is missing"
                shown = excerpt(str(article))
                yield ImportProblem(line=element.line, message=message, excerpt=shown)
                continue
            subject = one_line(text_of(article.get("title")))
            for paragraph in map(dict_of, article["paragraphs"]):
                number += 1
                text = text_of(paragraph.get("context"))
                yield Paragraph(number, subject, text, list_of(paragraph.get("qas")))


def _namespace(options: Options) -> str:
    return options.namespace or "xquad"


def _records(paragraph: Paragraph, namespace: str) -> Iterator[ImportRecord | Empty]:
    if not paragraph.text:
        yield Empty(paragraph.number)
        return
    unit = f"Paragraph {paragraph.number}"
    title = f"{paragraph.subject}: {unit}" if paragraph.subject else unit
    parts = pack([paragraph.text])
    for number, part in enumerate(parts, 1):
        yield ImportRecord(
            line=paragraph.number,
            id=stable_id("xquad", namespace, title, number, part.text),
            namespace=namespace,
            title=numbered(title, number, len(parts)),
            content=part.text,
            metadata={UNIT: str(paragraph.number), **part_metadata(number, len(parts))},
        )
