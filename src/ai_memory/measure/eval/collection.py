"""The data sets `ai-memory eval` knows, and the split between tuning and checking."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Final

import msgspec

from ai_memory.adapters.formats import Dataset, Question, open_dataset
from ai_memory.errors import ValidationFailed

FORMATS: Final = {
    "locomo": "locomo",
    "xquad": "xquad",
    "beir": "beir",
    "trec": "trec",
    "cases": "cases",  # ours
    "realtalk": "locomo",  # its files have LoCoMo's schema
}
"""Name of a data set → name of its format."""

UNITS: Final = ("session", "turn", "paragraph", "document", "unit")
SPLITS: Final = ("all", "dev", "validation")
_DEV_SHARE: Final = 0.6
_OWN: Final = Path(__file__).parents[1] / "sets"


def own_sets() -> dict[str, Path]:
    """The sets that come with the program: name → file."""
    return {path.stem: path for path in sorted(_OWN.glob("*.json"))}


def open_collection(
    name: str, path: Path, unit: str | None, questions: Path | None = None
) -> Dataset:
    """Read the questions of a data set; its memories are read when it is stored.

    Args:
        name: One of FORMATS.
        path: Where it is.
        unit: What counts as one item; None: its usual one.
        questions: Another file of the format, whose questions are asked instead: of those that
            both have by name, in its words. So one language is asked of another's text.

    Raises:
        ValidationFailed: The path cannot be read, holds no questions, or not in this unit.
    """
    dataset = open_dataset(path, format=FORMATS[name], unit=unit)
    if questions is None:
        return dataset
    other = open_dataset(questions, format=FORMATS[name], unit=unit)
    own = {question.name: question for question in dataset.questions if question.name}
    asked = tuple(
        msgspec.structs.replace(own[question.name], text=question.text)
        for question in other.questions
        if question.name in own
    )
    if not asked:
        raise ValidationFailed(
            f"no question of {questions} is one of {path}",
            hint="Name a file that asks the same questions under the same ids.",
            field="questions",
        )
    missing = len(other.questions) - len(asked)
    return dataset._replace(questions=asked, skipped=other.skipped + missing, unanswerable=())


def choose(questions: Sequence[Question], split: str, limit: int | None) -> list[Question]:
    """The questions of one side of the split; of these at most `limit`, spread evenly.

    A data set of several namespaces (dialogues) is split between them, the first three fifths for
    tuning; one of a single namespace by a hash of the unit that answers. Either way a question is
    always on the same side, and what answers it is not tuned on from the other. A data set that
    says itself which question is on which side is believed.

    Raises:
        ValidationFailed: No question is left.
    """
    found = choose_some(questions, split, limit)
    if not found:
        raise ValidationFailed(
            f"the {split} side of the data set has no question",
            hint="Measure with --split all.",
            field="split",
        )
    return found


def choose_some(questions: Sequence[Question], split: str, limit: int | None) -> list[Question]:
    """The same, or none."""
    namespaces = list(dict.fromkeys(question.namespace for question in questions))
    dev = frozenset(namespaces[: ceil(_DEV_SHARE * len(namespaces))])

    def is_dev(question: Question) -> bool:
        if question.half:
            return question.half == "dev"
        if len(namespaces) > 1:
            return question.namespace in dev
        digest = hashlib.sha256((question.gold or (question.text,))[0].encode()).digest()
        return int.from_bytes(digest[:4], "big") < _DEV_SHARE * 2**32

    found = [
        question for question in questions if split == "all" or is_dev(question) == (split == "dev")
    ]
    if limit is not None and limit < len(found):
        found = [found[at * len(found) // limit] for at in range(limit)]
    return found
