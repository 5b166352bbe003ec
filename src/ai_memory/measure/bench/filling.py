"""Fill a stand: a store of one size, the same data as bare rows and index, and what to ask of them.

Everything lies in one folder that can be kept. Up to `REAL_VECTORS_MAX` memories have real
vectors; in a larger store only the single sentences do, and the others' are made of theirs, so
that a million memories take minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from ai_memory import limits
from ai_memory.compose import OpenNode, configured_embedder, open_node
from ai_memory.config import load_config
from ai_memory.errors import EmbedderUnavailable, Internal
from ai_memory.measure.bench.corpus import (
    Text,
    count_sentences,
    question,
    rare_words,
    texts,
)
from ai_memory.measure.floor.rows import BareRow, BareRows
from ai_memory.measure.progress import Preparation, Progress
from ai_memory.model.clock import SECOND, to_rfc3339
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.ports import Clock
from ai_memory.retrieval.expression import any_word
from ai_memory.retrieval.window import windows
from ai_memory.retrieval.words import terms

if TYPE_CHECKING:
    from ai_memory.ports import Embedder

REAL_VECTORS_MAX: Final = 100_000
DATABASE: Final = "bench.db"
FLOOR: Final = "floor.db"
FLOOR_INDEX: Final = "floor.usearch"
FACTS: Final = "stand.json"
FORMAT: Final = 1
CREATED_EVERY_SECS: Final = 60

_BATCH: Final = limits.IMPORT_RECORDS_MAX
_EMBED_BATCH: Final = 512
_INDEX_BATCH: Final = 16_384
_QUESTIONS: Final = 1_000
_FRESH: Final = 4_000
_STRIDE: Final = 617  # a prime: the questions are spread over the texts
_AGE_STRIDE: Final = 104_729  # a prime: the instants are spread over the texts
_NEVER: Final = "2100-01-01T00:00:00Z"
_MATCHES_MAX: Final = 8_000  # of the floor's bounded questions
_WINDOWS: Final = "SELECT key, memory_key, start, end, vector FROM theirs.window_vector"


class Facts(msgspec.Struct, kw_only=True):
    """What a stand is, beside its files.

    Attributes:
        questions: To recall by.
        either, rarest: The questions for FTS5: any word; its rarest words up to 8,000 matches.
        searches: Rare words of some texts.
        fresh: What stores and updates write.
        newest: The instant of the newest memory, microseconds.
    """

    format: int
    size: int
    level: str
    model: tuple[str, int] | None
    text_bytes: int
    import_seconds: float
    index_seconds: float
    real_vectors: int
    newest: int
    questions: list[str]
    either: list[str]
    rarest: list[str]
    searches: list[str]
    fresh: list[Text]


def fill(folder: Path, size: int, level: str, clock: Clock) -> Facts:
    """Make a stand.

    Args:
        folder: For the files; exists and is empty.
        size: How many memories.
        level: The feature level to fill it at.
        clock: Times the import.

    Raises:
        EmbedderUnavailable: The level needs vectors, and there is no embedder.
        StoreUnavailable: The folder cannot be written.
    """
    every = texts(size + _FRESH)
    asked = [every[turn * _STRIDE % size] for turn in range(min(size, _QUESTIONS))]
    now = clock.now()
    embedder, real = _composed(every[:size], level) if size > REAL_VECTORS_MAX else (None, size)
    began = clock.monotonic()
    # Without the janitor: a fold reads one snapshot for seconds, and a write-ahead log that is read
    # all the time grows to many times the size of what is stored.
    opened = open_at(folder / DATABASE, level, embedder=embedder, background=False)
    try:
        _store(opened, every[:size], now)
        imported = clock.monotonic()
        with Progress("Building the indexes", None, unit="step") as progress:
            while _save_some(opened):
                progress.advance()
            while opened.node.store.merge_words():
                progress.advance()
        indexed = clock.monotonic()
        model = opened.node.facts.embedder
    finally:
        opened.close()
    rows = BareRows(folder / FLOOR)
    try:
        _fill_floor(rows, every[:size])
        if model is not None:
            rows.take_windows(folder / DATABASE, _WINDOWS)
            _fill_index(rows, folder / FLOOR_INDEX, size, model.dim)
        words = [terms(question(text), limits.QUERY_TERMS_MAX) for text in asked]
        either = [any_word(some) if some else "" for some in words]
        rarest = [rows.rarest(one.split(" OR "), _MATCHES_MAX) for one in either]
    finally:
        rows.close()
    facts = Facts(
        format=FORMAT,
        size=size,
        level=level,
        model=None if model is None else (model.id, model.dim),
        text_bytes=sum(len(t.title.encode()) + len(t.content.encode()) for t in every[:size]),
        import_seconds=imported - began,
        index_seconds=indexed - imported,
        real_vectors=0 if model is None else real,
        newest=now,
        questions=[question(text) for text in asked],
        either=either,
        rarest=rarest,
        searches=[rare_words(text) for text in asked],
        fresh=every[size:],
    )
    # Written last: a folder without it was never finished.
    (folder / FACTS).write_bytes(msgspec.json.encode(facts))
    return facts


def open_at(
    db: Path, level: str, *, embedder: Embedder | None = None, background: bool = True
) -> OpenNode:
    """A store at a feature level; as a program would open it, its janitor included.

    Args:
        db: The file.
        level: The feature level.
        embedder: Instead of the configured one.
        background: Let the janitor work.

    Raises:
        EmbedderUnavailable: The level needs vectors, and there is no embedder.
    """
    config = load_config({"db": str(db), "tier": level})
    opened = open_node(config, progress=Preparation(), embedder=embedder, background=background)
    if level != "keyword" and opened.node.facts.embedder is None:
        problem = opened.node.facts.embedder_problem
        opened.close()
        raise EmbedderUnavailable(
            f"level {level} cannot be measured: {problem}",
            hint="Mend the embedder (`ai-memory doctor`), or measure with --tier keyword.",
        )
    return opened


def bare_id(number: int, kind: str) -> str:
    """An id of the floor's rows, as long as a real one."""
    return f"{kind}{number:033d}"


def record(text: Text, created_at: int) -> dict[str, Any]:
    """A text for an import: it stays for good, so that a kept stand does not fade."""
    return {
        "title": text.title,
        "content": text.content,
        "namespace": text.topic,
        "created_at": to_rfc3339(created_at),
        "expires_at": _NEVER,
    }


def _composed(every: Sequence[Text], level: str) -> tuple[Embedder | None, int]:
    """Embed the single sentences; what makes the others' vectors of them, and how many are real."""
    if level == "keyword":
        return None, 0
    from ai_memory.measure.bench.composed import ComposedVectors

    single = count_sentences(len(every))
    embedder = configured_embedder(load_config({"tier": level}), Preparation())
    made = np.empty((single, embedder.model.dim), np.float32)
    try:
        with Progress(f"Embedding {single:,} sentences", single, unit="text") as progress:
            for start in range(0, single, _EMBED_BATCH):
                part = every[start : min(single, start + _EMBED_BATCH)]
                passages = [windows(text.title, text.content)[0].text for text in part]
                made[start : start + len(part)] = embedder.embed(passages, bulk=True)
                progress.advance(len(part))
    finally:
        embedder.close()
    return ComposedVectors(made, embedder.model), single


def _store(opened: OpenNode, every: Sequence[Text], now: int) -> None:
    caller, size = opened.caller("python"), len(every)
    with Progress(f"Storing {size:,}", size, unit="memory") as progress:
        for start in range(0, size, _BATCH):
            part = every[start : start + _BATCH]
            ages = ((start + at) * _AGE_STRIDE % size for at in range(len(part)))
            records = tuple(
                record(text, now - age * CREATED_EVERY_SECS * SECOND)
                for text, age in zip(part, ages, strict=True)
            )
            done = opened.node.execute(caller, ImportMemories(memories=records))
            if done.errors:
                raise Internal(f"a text could not be stored: {done.errors[0].message}")
            progress.advance(len(part))


def _save_some(opened: OpenNode) -> bool:
    index = opened.node.index
    if index is None:
        return False
    with opened.node.store.read() as rows:
        return index.save(rows)


def _fill_floor(rows: BareRows, every: Sequence[Text]) -> None:
    """The same rows, bare."""
    size = len(every)
    with Progress("Storing them bare", size, unit="row") as progress:
        for start in range(0, size, _BATCH):
            part = every[start : start + _BATCH]
            rows.insert(
                [
                    BareRow(bare_id(number, "old"), text.topic, text.title, text.content, number)
                    for number, text in enumerate(part, start)
                ]
            )
            progress.advance(len(part))


def _fill_index(rows: BareRows, path: Path, size: int, dim: int) -> None:
    """The same vectors, bare."""
    from ai_memory.measure.floor.nearest import BareIndex

    index = BareIndex(dim)
    with Progress("Indexing them bare", size, unit="vector") as progress:
        for keys, blobs in rows.vectors(_INDEX_BATCH):
            matrix = np.frombuffer(blobs, "<f2").reshape(len(keys), dim)
            index.add(keys, matrix.astype(np.float32))
            progress.advance(len(keys))
    index.save(path)
