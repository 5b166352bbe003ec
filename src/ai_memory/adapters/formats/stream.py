"""One stream of records out of any file: what an importer iterates over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from types import TracebackType
from typing import Final, Self

from ai_memory import limits
from ai_memory.adapters.formats import (
    beir,
    cases,
    chatgpt,
    claude,
    jsonl,
    knowledge,
    locomo,
    markdown,
    mem0,
    portable,
    reference_database,
    slack,
    trec,
    xquad,
)
from ai_memory.adapters.formats.bundle import Bundle
from ai_memory.adapters.formats.collection import bundle_of, read_bundle
from ai_memory.adapters.formats.detect import DESCRIPTIONS, detect, known_formats
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    Empty,
    ImportLine,
    ImportLink,
    ImportProblem,
    ImportRecord,
    Item,
    OwnIds,
)
from ai_memory.adapters.formats.remark import Remark
from ai_memory.adapters.formats.source import Readable, Source
from ai_memory.adapters.formats.text import clean
from ai_memory.errors import ValidationFailed

FORMATS: Final = tuple(DESCRIPTIONS)
"""The names `--format` takes."""

UNITS: Final = tuple(locomo.UNIT_KEYS)
"""What may become one memory of a dialogue."""

_READERS: Final[dict[str, Callable[[Source, Options], Iterator[Item]]]] = {
    "ai-memory": portable.read,
    "reference-db": reference_database.read,
    "jsonl": jsonl.read,
    "claude": claude.read,
    "chatgpt": chatgpt.read,
    "slack": slack.read,
    "mem0": mem0.read,
    "mcp-memory": knowledge.read,
    "markdown": markdown.read,
    "text": markdown.read_text,
    "locomo": locomo.read,
    "xquad": xquad.read,
    "beir": beir.read,
    "trec": trec.read,
    "cases": cases.read,
}


class RecordStream(Iterator[ImportRecord | ImportLink | ImportLine | ImportProblem]):
    """The records and problems of one input, read as they are asked for.

    A context manager; it closes its input also when it is exhausted.

    Attributes:
        format: The name of the format.
        skipped: Conversations and documents so far that held no text.
    """

    def __init__(self, source: Source | Bundle, name: str, items: Iterator[Item]) -> None:
        self.format = name
        self.skipped = 0
        self._source = source
        self._items = items
        self._ids = OwnIds(source.remarks)

    @property
    def total(self) -> int | None:
        """Bytes of the input; None when nobody knows (a pipe)."""
        return self._source.total

    @property
    def done(self) -> int:
        """Bytes behind us; of a JSON document, the share of its elements, as bytes."""
        return self._source.done

    @property
    def remarks(self) -> list[Remark]:
        """What was left out, changed or guessed so far."""
        return self._source.remarks.all()

    def __next__(self) -> ImportRecord | ImportLink | ImportLine | ImportProblem:
        for item in self._items:
            if isinstance(item, ImportRecord):
                return self._told(item)
            if not isinstance(item, Empty):
                return item
            self.skipped += 1
        self.close()
        raise StopIteration

    def _told(self, record: ImportRecord) -> ImportRecord:
        """The record, with a remark of what became of its text on the way."""
        remarks = self._source.remarks
        if record.metadata.get("parts", 1) != 1 and record.metadata.get("part") == 1:
            remarks.changed(_SPLIT, record.title)
        if "\ufffd" in record.content or "\ufffd" in record.title:
            found = record.content.count("\ufffd") or record.title.count("\ufffd")
            remarks.changed(_UNREADABLE, record.title, found)
        return self._ids.own(record)

    def close(self) -> None:
        """Close the input."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


_SPLIT: Final = f"text longer than {limits.CONTENT_BYTES_MAX // 1024} KiB, split into parts"
_UNREADABLE: Final = "character that no memory can hold, shown as U+FFFD"


def open_records(
    source: Readable,
    *,
    format: str | None = None,  # noqa: A002  (as --format is called)
    unit: str = "session",
    namespace: str | None = None,
) -> RecordStream:
    """Open an input for import.

    Args:
        source: A path, or a stream of bytes (for `-`: `sys.stdin.buffer`). A folder or a ZIP
            archive is read as what its files are together: an export, notes, a data set.
        format: A name of `FORMATS`; None: told by content.
        unit: What becomes one memory of a dialogue; formats without dialogues ignore it.
        namespace: Put every memory here, whatever the input says. Derived ids depend on it.

    Raises:
        ValidationFailed: The input cannot be opened, or the format or the unit is unknown.
    """
    if format is not None and format not in _READERS:
        raise ValidationFailed(
            f"{format} is no known format", hint=f"Known: {known_formats()}.", field="format"
        )
    if unit not in UNITS:
        raise ValidationFailed(
            f"{unit} is no unit of a dialogue", hint=f"Choose {' or '.join(UNITS)}.", field="unit"
        )
    place = clean(namespace) if namespace is not None else None
    bundle = bundle_of(source)
    if bundle is not None:
        try:
            found, items = read_bundle(bundle, _READERS, format, unit, place)
        except BaseException:
            bundle.close()
            raise
        return RecordStream(bundle, found, items)
    opened = Source.open(source)
    try:
        named = format or detect(opened.head, opened.name)
    except ValidationFailed:
        opened.close()
        raise
    options = Options(
        unit,
        place,
        PurePath(opened.name).stem,
        opened.path.resolve().parent.name if opened.path is not None else "",
        opened.remarks,
    )
    return RecordStream(opened, named, _READERS[named](opened, options))
