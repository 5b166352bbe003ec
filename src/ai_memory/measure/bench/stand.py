"""A stand: a filled folder, what to ask of it, and the bare counterparts of the store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ai_memory import typed
from ai_memory.compose import OpenNode
from ai_memory.errors import ValidationFailed
from ai_memory.measure.bench import filling
from ai_memory.measure.bench.corpus import Text
from ai_memory.measure.bench.filling import Facts, bare_id
from ai_memory.measure.duration import spread
from ai_memory.measure.floor.rows import BareRow, BareRows
from ai_memory.ports import Clock
from ai_memory.retrieval.fusion import WORD_HITS

if TYPE_CHECKING:
    from ai_memory.measure.floor.encoding import BareEncoder
    from ai_memory.measure.floor.nearest import BareIndex

_PROBED: Final = 60  # questions
_IMMUTABLE: Final = (".segment", ".usearch")


class Stand:
    """One size.

    Args:
        folder: Of `filling.fill`, or a copy of one. It will be written to.
        facts: What it holds.
        clock: Times what is measured.

    Attributes:
        encoder: The bare model, where the embedder is a local one.
        index: The bare index; None below the semantic level.
        keyword_floor: What the floor asks of FTS5, once that is known.
    """

    def __init__(self, folder: Path, facts: Facts, clock: Clock) -> None:
        self.folder = folder
        self.facts = facts
        self.clock = clock
        self.size = facts.size
        self.level = facts.level
        self.db = folder / filling.DATABASE
        self.floor_db = folder / filling.FLOOR
        self.questions = facts.questions
        self.rows = BareRows(self.floor_db)
        self.encoder: BareEncoder | None = None
        self.index: BareIndex | None = None
        self.keyword_floor = ""
        self._quicker: list[str] | None = None
        self._numbers = count()
        if facts.model is not None:
            from ai_memory.measure.floor.nearest import BareIndex

            self.index = BareIndex(facts.model[1])
            self.index.load(folder / filling.FLOOR_INDEX)

    def open(self, level: str) -> OpenNode:
        """The store at a feature level; as a program would open it, its janitor included.

        Raises:
            EmbedderUnavailable: The level needs vectors, and there is no embedder.
        """
        return filling.open_at(self.db, level)

    @property
    def unasked(self) -> int:
        """How many of the first questions no warm-up asks."""
        return len(self.questions) // 2

    def warming(self, count: int) -> range:
        """The places of questions to warm a process up with, at most `count`."""
        return range(self.unasked, min(len(self.questions), self.unasked + count))

    def fresh(self) -> Text:
        """Something to store: a title nobody has. Safe to call from many threads."""
        number = next(self._numbers)
        text = self.facts.fresh[number % len(self.facts.fresh)]
        return text._replace(title=f"{text.title} ({number})")

    def bare(self, text: Text, vector: bytes | None = None) -> BareRow:
        """A text as a row of the floor, under a new id."""
        number = next(self._numbers)
        return BareRow(bare_id(number, "new"), text.topic, text.title, text.content, number, vector)

    def quicker_expressions(self) -> list[str]:
        """The questions for FTS5, as the keyword floor asks them: the best floor we know.

        Any word of the question, or its rarest only (which finds less): whichever has the smaller
        p95 here.
        """
        if self._quicker is None:
            every = {"any word": self.facts.either, "rarest words": self.facts.rarest}
            times = {name: self._match_p95(asked) for name, asked in every.items()}
            self.keyword_floor = min(times, key=times.__getitem__)
            self._quicker = every[self.keyword_floor]
        return self._quicker

    def _match_p95(self, expressions: Sequence[str]) -> float:
        times = []
        for expression in expressions[:_PROBED]:
            began = self.clock.monotonic()
            self.rows.match(expression, WORD_HITS)
            times.append(self.clock.monotonic() - began)
        return spread(times).p95_ms

    def close(self) -> None:
        """Close the floor's file; opened nodes are closed by who opened them."""
        self.rows.close()

    def db_files(self) -> list[Path]:
        """Every file of the store: the database's, and those in the folders beside it."""
        every = self.folder.rglob("*")
        return [
            file
            for file in every
            if file.is_file() and file.relative_to(self.folder).parts[0].startswith(self.db.name)
        ]

    def files(self) -> dict[str, Any]:
        """Bytes on disk, beside those of the text alone."""
        places = list(self.db.parent.glob(f"{self.db.name}*"))
        database = sum(place.stat().st_size for place in places if place.is_file())
        vectors = sum(
            file.stat().st_size for place in places if place.is_dir() for file in place.rglob("*")
        )
        return {
            "database_bytes": database,
            "vector_index_bytes": vectors,
            "text_bytes": self.facts.text_bytes,
            "bytes_per_memory": round((database + vectors) / self.size),
        }


def place(root: Path, size: int, level: str) -> Path:
    """Where a kept stand lies in its folder."""
    return root / f"{size}-{level}"


def facts_of(folder: Path) -> Facts:
    """What a kept stand holds.

    Raises:
        ValidationFailed: There is none, or one of another version of this program.
    """
    hint = "Make it with `ai-memory bench --keep FOLDER` at this size and level."
    try:
        facts = typed.decode_json((folder / filling.FACTS).read_bytes(), Facts)
    except (OSError, msgspec.MsgspecError) as cause:
        raise ValidationFailed(f"{folder} holds no stand", hint=hint, field="from") from cause
    if facts.format != filling.FORMAT:
        raise ValidationFailed(f"{folder} holds a stand of old make", hint=hint, field="from")
    return facts


def make_once(folder: Path, size: int, level: str, clock: Clock) -> None:
    """Make a stand to keep, if it is not there.

    Raises:
        EmbedderUnavailable, StoreUnavailable: It cannot be made.
    """
    if not (folder / filling.FACTS).exists():
        if folder.exists():
            shutil.rmtree(folder)  # was never finished
        folder.mkdir(parents=True)
        filling.fill(folder, size, level, clock)


def copy(source: Path, target: Path) -> None:
    """Copy a stand, so that measuring leaves the kept one as it is.

    Files that are never changed in place (the index's, the floor's index) become second names of
    the same files where the file system allows it.
    """
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.rglob("*")):
        there = target / file.relative_to(source)
        if file.is_dir():
            there.mkdir(parents=True)
        elif file.suffix not in _IMMUTABLE:
            shutil.copyfile(file, there)
        else:
            try:
                os.link(file, there)
            except OSError:
                shutil.copyfile(file, there)
