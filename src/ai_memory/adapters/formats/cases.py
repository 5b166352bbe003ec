"""Cases: memories with names of their own, and questions that name the ones that answer them.

One JSON object `{memories, questions}`, or a folder of memories.jsonl and questions.jsonl. A memory
has `unit` and `content`, and may have `title`, `namespace`, `tags`, `created_at`. A question has
`text` and `gold`, a list of units, which is empty where nothing answers it, and may have `id`,
`namespace`, `category`, `half` (dev or validation) and `avoid`, units that only look like an
answer. `include` names files beside this one whose memories belong here, too; not those that they
include in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ai_memory.adapters.formats.element import Element, elements
from ai_memory.adapters.formats.moment import guess_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.question import Question, Questions
from ai_memory.adapters.formats.record import (
    ImportProblem,
    ImportRecord,
    Item,
    numbered,
    part_metadata,
    stable_id,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import as_title, excerpt, headline, one_line, pack
from ai_memory.adapters.formats.value import body_of, dict_of, list_of, name_of, text_of

UNIT: Final = "unit"
QUESTIONS: Final = "questions.jsonl"
_HALVES: Final = ("dev", "validation")


def read(source: Source, options: Options) -> Iterator[Item]:
    """The memories of a file, behind those of the files it includes."""
    for element in elements(source):
        if not isinstance(element, ImportProblem):
            for name in map(text_of, list_of(element.value.get("include"))):
                yield from _included(source, name, options)
        yield from _memories(element, options)


def _included(source: Source, name: str, options: Options) -> Iterator[Item]:
    """The memories of a file of the same folder; a name leads nowhere else."""
    if source.path is None or not name:
        yield ImportProblem(line=1, message=f"what it includes is not beside it: {name or '?'}")
        return
    with Source.open(source.path.parent / Path(name).name) as other:
        for element in elements(other):
            yield from _memories(element, options)


def _memories(element: Element | ImportProblem, options: Options) -> Iterator[Item]:
    if isinstance(element, ImportProblem):
        yield element
    elif isinstance(element.value.get("memories"), list):
        for number, memory in enumerate(element.value["memories"], 1):
            yield from _memory(number, memory, options)
    else:
        yield from _memory(element.line, element.value, options)


def questions(source: Source, options: Options) -> Questions:
    """The questions of a file, those that nothing answers apart."""
    asked: list[Question] = []
    unanswerable: list[Question] = []
    skipped = 0
    for value in _questions(source):
        text = one_line(text_of(value.get("text")))
        gold = value.get("gold")
        if not text or not isinstance(gold, list):
            skipped += 1
            continue
        half = text_of(value.get("half"))
        question = Question(
            namespace=options.namespace or _namespace(value),
            text=text,
            key=UNIT,
            gold=_units(gold),
            category=name_of(value.get("category")),
            name=name_of(value.get("id")) or name_of(value.get("qid")),
            half=half if half in _HALVES else "",
            avoid=_units(value.get("avoid")),
        )
        (asked if question.gold else unanswerable).append(question)
    return Questions(tuple(asked), skipped, tuple(unanswerable))


def _questions(source: Source) -> Iterator[dict[str, Any]]:
    """The questions of a document, or one on each line."""
    for element in elements(source):
        if isinstance(element, Element):
            listed = element.value.get("questions")
            if isinstance(listed, list):
                yield from (item for item in listed if isinstance(item, dict))
            else:
                yield element.value


def _memory(line: int, item: object, options: Options) -> Iterator[ImportRecord | ImportProblem]:
    value = dict_of(item)
    content, unit = body_of(value.get("content")), name_of(value.get(UNIT))
    if not content or not unit:
        message = f"{'unit' if content else 'content'} is missing"
        yield ImportProblem(line=line, message=message, excerpt=excerpt(str(item)))
        return
    title = as_title(text_of(value.get("title"))) or headline(content)
    namespace = options.namespace or _namespace(value)
    parts = pack([content])
    for number, part in enumerate(parts, 1):
        yield ImportRecord(
            line=line,
            id=stable_id("cases", namespace, unit, number, part.text),
            namespace=namespace,
            title=numbered(title, number, len(parts)),
            content=part.text,
            tags=tuple(filter(None, map(text_of, list_of(value.get("tags"))))),
            metadata={UNIT: unit, **part_metadata(number, len(parts))},
            created_at=guess_instant(value.get("created_at")),
        )


def _namespace(value: dict[str, Any]) -> str:
    return text_of(value.get("namespace")) or "cases"


def _units(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(name_of, list_of(value)))))
