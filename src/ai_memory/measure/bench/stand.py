"""A stand: a store of one size, the same data as bare rows and index, and what to ask of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ai_memory.compose import OpenNode, open_node
from ai_memory.config import load_config
from ai_memory.errors import EmbedderUnavailable
from ai_memory.measure.bench.corpus import Text, question
from ai_memory.measure.floor.rows import BareRow, BareRows
from ai_memory.measure.progress import Preparation, Progress
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.ports import Clock, VectorRows

if TYPE_CHECKING:
    from ai_memory.measure.floor.encoding import BareEncoder
    from ai_memory.measure.floor.nearest import BareIndex

_BATCH: Final = 256
_QUESTIONS: Final = 1_000
_STRIDE: Final = 617  # a prime: the questions are spread over the texts


class Stand:
    """One size.

    Args:
        folder: For the files; empty.
        size: How many memories.
        texts: At least as many; those behind `size` are what stores and updates write.
        level: The feature level to fill it at.
        clock: Times the import.
    """

    def __init__(
        self, folder: Path, size: int, texts: Sequence[Text], level: str, clock: Clock
    ) -> None:
        self.size = size
        self.level = level
        self.clock = clock
        self.db = folder / "bench.db"
        self.floor_db = folder / "floor.db"
        self.texts = texts[:size]
        self.questions = [
            question(self.texts[turn * _STRIDE % size]) for turn in range(min(size, _QUESTIONS))
        ]
        self.encoder: BareEncoder | None = None
        self.index: BareIndex | None = None
        self._fresh = texts[size:]
        self._numbers = count()
        self.import_seconds = 0.0
        blobs = self._fill()
        self.rows = BareRows(self.floor_db)
        self._fill_floor(blobs)

    def open(self, level: str) -> OpenNode:
        """The store at a feature level; as a program would open it, its janitor included.

        Raises:
            EmbedderUnavailable: The level needs vectors, and there is no embedder.
        """
        config = load_config({"db": str(self.db), "tier": level})
        opened = open_node(config, progress=Preparation())
        if level != "keyword" and opened.node.facts.embedder is None:
            problem = opened.node.facts.embedder_problem
            opened.close()
            raise EmbedderUnavailable(
                f"level {level} cannot be measured: {problem}",
                hint="Mend the embedder (`ai-memory doctor`), or measure with --tier keyword.",
            )
        return opened

    def fresh(self) -> Text:
        """Something to store: a title nobody has. Safe to call from many threads."""
        number = next(self._numbers)
        text = self._fresh[number % len(self._fresh)]
        return text._replace(title=f"{text.title} ({number})")

    def bare(self, text: Text, vector: bytes | None = None) -> BareRow:
        """A text as a row of the floor, under a new id."""
        number = next(self._numbers)
        return BareRow(bare_id(number, "new"), text.topic, text.title, text.content, number, vector)

    def close(self) -> None:
        """Close the floor's file; opened nodes are closed by who opened them."""
        self.rows.close()

    def files(self) -> dict[str, Any]:
        """Bytes on disk, beside those of the text alone."""
        places = list(self.db.parent.glob(f"{self.db.name}*"))
        database = sum(place.stat().st_size for place in places if place.is_file())
        vectors = sum(
            file.stat().st_size for place in places if place.is_dir() for file in place.iterdir()
        )
        text = sum(len(text.title.encode()) + len(text.content.encode()) for text in self.texts)
        return {
            "database_bytes": database,
            "vector_index_bytes": vectors,
            "text_bytes": text,
            "bytes_per_memory": round((database + vectors) / self.size),
        }

    def _fill(self) -> list[bytes]:
        """Import the texts; the stored vectors, if the level has any."""
        opened = self.open(self.level)
        caller = opened.caller("python")
        began = self.clock.monotonic()
        try:
            with Progress(f"Storing {self.size:,}", self.size, unit="memory") as progress:
                for start in range(0, self.size, _BATCH):
                    batch = [
                        {"title": text.title, "content": text.content, "namespace": text.topic}
                        for text in self.texts[start : start + _BATCH]
                    ]
                    opened.node.execute(caller, ImportMemories(memories=tuple(batch)))
                    progress.advance(len(batch))
            self.import_seconds = self.clock.monotonic() - began
            opened.janitor.save_index()
            model = opened.node.facts.embedder
            if model is None:
                return []
            with opened.node.store.read() as rows:
                return list(_vectors(rows, 2 * model.dim))
        finally:
            opened.close()

    def _fill_floor(self, blobs: Sequence[bytes]) -> None:
        """The same rows and vectors, bare."""
        rows = [
            BareRow(bare_id(number, "old"), text.topic, text.title, text.content, number,
                    blobs[number] if number < len(blobs) else None)
            for number, text in enumerate(self.texts)
        ]  # fmt: skip
        for start in range(0, len(rows), _BATCH):
            self.rows.insert(rows[start : start + _BATCH])
        if blobs:
            from ai_memory.measure.floor.nearest import BareIndex

            matrix = np.frombuffer(b"".join(blobs), "<f2").reshape(len(blobs), -1)
            self.index = BareIndex(matrix.astype(np.float32))


def bare_id(number: int, kind: str) -> str:
    """An id of the floor's rows, as long as a real one."""
    return f"{kind}{number:033d}"


def _vectors(rows: VectorRows, size: int) -> Iterator[bytes]:
    """Every stored vector, in the order they were stored."""
    last = 0
    while True:
        keys, blobs = rows.window_vectors_after(last, _BATCH)
        if not keys:
            return
        yield from (blobs[at : at + size] for at in range(0, len(blobs), size))
        last = keys[-1]
