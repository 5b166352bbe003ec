"""Filling a store with a data set, through the operation that imports anybody's memories."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final, NamedTuple

from ai_memory.adapters.formats import Dataset, ImportRecord
from ai_memory.compose import OpenNode
from ai_memory.errors import EmbedderUnavailable
from ai_memory.measure.progress import Progress
from ai_memory.operations.import_memories import ImportMemories, ImportResult

_BATCH: Final = 64  # memories per command: enough for the embedder, few enough for the bar
_LEFT_OUT: Final = ("ttl_secs", "expires_at")


class Filled(NamedTuple):
    """What went into the store, and how many pieces of the file did not."""

    memories: int
    problems: int


def fill(opened: OpenNode, dataset: Dataset) -> Filled:
    """Store every memory of a data set for good, with its vectors where the level has them.

    Raises:
        EmbedderUnavailable: Not every memory could be embedded: a mixture measures nothing.
    """
    caller = opened.caller("python")
    memories = problems = 0
    with dataset.records() as records, Progress("Storing", records.total, unit="B") as progress:
        done = 0
        while batch := list(islice(records, _BATCH)):
            read = [item for item in batch if isinstance(item, ImportRecord)]
            command = ImportMemories(memories=tuple(map(_durable, read)))
            result: ImportResult = opened.node.execute(caller, command)
            memories += result.imported
            problems += len(batch) - len(read) + len(result.errors)
            progress.advance(records.done - done)
            done = records.done
    opened.janitor.turn()  # vectors that are still missing, and the index as a user would find it
    with opened.node.store.read() as rows:
        missing = rows.count_unembedded() if opened.node.facts.embedder is not None else 0
    if missing:
        raise EmbedderUnavailable(f"{missing} memories could not be embedded")
    return Filled(memories, problems)


def _durable(record: ImportRecord) -> dict[str, Any]:
    """A record as ImportMemories takes it, kept for good: nothing expires or ages meanwhile."""
    kept = {name: value for name, value in record.fields().items() if name not in _LEFT_OUT}
    return {**kept, "tier": "long"}
