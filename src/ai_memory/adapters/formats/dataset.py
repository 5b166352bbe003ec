"""A data set to measure retrieval with: memories to store, and questions with known answers."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from ai_memory.adapters.formats import beir, cases, document, locomo, trec, xquad
from ai_memory.adapters.formats.detect import detect
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.question import Question, Questions
from ai_memory.adapters.formats.record import ImportProblem
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.stream import RecordStream, open_records
from ai_memory.errors import ValidationFailed

UNITS: Final = {
    "locomo": tuple(locomo.UNIT_KEYS),
    "xquad": (xquad.UNIT,),
    "beir": (document.UNIT,),
    "trec": (document.UNIT,),
    "cases": (cases.UNIT,),
}
"""What can be one item of each data set; the first is the usual one."""


class Dataset(NamedTuple):
    """A data set on disk.

    Attributes:
        unit: What one item is: session, turn, paragraph, document or unit.
        questions: Those with usable evidence.
        skipped: Questions without.
        unanswerable: Questions that nothing answers, as the data set says.
    """

    path: Path
    format: str
    unit: str
    questions: tuple[Question, ...]
    skipped: int
    unanswerable: tuple[Question, ...] = ()

    def records(self) -> RecordStream:
        """Open the memories; may be called more than once."""
        dialogue_unit = self.unit if self.unit in locomo.UNIT_KEYS else "session"
        return open_records(self.path, format=self.format, unit=dialogue_unit)


def open_dataset(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002  (as --format is called)
    unit: str | None = None,
) -> Dataset:
    """Read the questions of a data set.

    Args:
        path: A file (LoCoMo, REALTALK, XQuAD, cases) or a folder (BEIR, Cranfield, cases).
        format: None: told by content.
        unit: None: the usual one of the format.

    Raises:
        ValidationFailed: The path cannot be read, or holds no questions, or not in this unit.
    """
    place = Path(path)
    with Source.open(place) as source:
        named = format or detect(source.head, source.name)
        if named not in UNITS:
            raise ValidationFailed(
                f"{named} is no data set with questions",
                hint=f"Data sets: {', '.join(UNITS)}.",
                field="format",
            )
        chosen = unit or UNITS[named][0]
        if chosen not in UNITS[named]:
            raise ValidationFailed(
                f"{named} has no unit {chosen}",
                hint=f"Choose {' or '.join(UNITS[named])}.",
                field="unit",
            )
        found = _questions(named, chosen, place, source)
    if not found.asked:
        raise ValidationFailed(
            f"{place} holds no question with usable evidence",
            hint="Check that the path names the whole data set.",
            field="path",
        )
    return Dataset(place, named, chosen, found.asked, found.skipped, found.unanswerable)


def _questions(name: str, unit: str, path: Path, source: Source) -> Questions:
    options = Options(unit=unit, name=PurePath(source.name).stem)
    folder = path if path.is_dir() else path.parent
    if name == "beir":
        return beir.questions(folder, options)
    if name == "trec":
        return trec.questions(folder, options)
    if name == "cases":
        if not path.is_dir():
            return cases.questions(source, options)
        with Source.open(path / cases.QUESTIONS) as asked_of:
            return cases.questions(asked_of, options)
    if name == "xquad":
        return xquad.questions(source, options)
    asked: list[Question] = []
    skipped = 0
    for sample in locomo.samples(source, options):
        if not isinstance(sample, ImportProblem):
            found = locomo.questions(sample, unit)
            asked += found.asked
            skipped += found.skipped
    return Questions(tuple(asked), skipped)
