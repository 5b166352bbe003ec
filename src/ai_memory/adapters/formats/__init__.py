"""WHAT IS IN THIS FILE? Readers that turn foreign files into memories to be stored.

Every reader is a generator over a `Source`: it yields an `ImportRecord` for each memory and an
`ImportProblem` for each piece it cannot read, and goes on. A file nobody can read is therefore a
stream of problems, not an exception; only what concerns the whole call (no such file, a format
nobody recognises, an unknown unit) raises, and it does so before the first record.

The one non-obvious decision: a record's id is derived from what the file says (see `record`), never
from a clock or randomness. Importing a file twice finds the same ids, so that an interrupted import
resumes and a finished one repeats without effect.

Readers shape text, they do not judge it: bounds of tier, tags, priority, namespace or metadata are
the store operation's rules and live there. The exceptions are the two bounds that only a reader can
meet without losing text: a content too long for one memory is split, a title too long is clipped.

What a reader leaves out, changes or has to guess (an encoding, a broken head) it says in the
remarks of its source: a summary names them, so that nothing is lost in silence.

LoCoMo's speaker prefixes and session dates, SQuAD's paragraphs and TREC's markers are known here
and nowhere else. This package must never import an operation, a store or a face.
"""

from __future__ import annotations

from ai_memory.adapters.formats.dataset import Dataset, open_dataset
from ai_memory.adapters.formats.detect import detect
from ai_memory.adapters.formats.question import Question
from ai_memory.adapters.formats.record import (
    ImportLine,
    ImportLink,
    ImportProblem,
    ImportRecord,
)
from ai_memory.adapters.formats.remark import Remark
from ai_memory.adapters.formats.stream import FORMATS, RecordStream, open_records

__all__ = [
    "FORMATS",
    "Dataset",
    "ImportLine",
    "ImportLink",
    "ImportProblem",
    "ImportRecord",
    "Question",
    "RecordStream",
    "Remark",
    "detect",
    "open_dataset",
    "open_records",
]
