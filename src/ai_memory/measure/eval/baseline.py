"""The parts of recall alone: what it must not be below.

Bare FTS5 (pairs of characters where a script has no blanks), BM25 with the best of a small grid of
parameters, and the vectors: the best window's cosine with the question as it was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from ai_memory import limits
from ai_memory.adapters.formats import Dataset, ImportRecord, Question
from ai_memory.compose import OpenNode
from ai_memory.measure.eval.collection import choose
from ai_memory.measure.floor import ranking
from ai_memory.measure.floor.ranking import BareBm25, BareWords
from ai_memory.measure.metric import METRICS, judge
from ai_memory.ports import Embedder, Reader
from ai_memory.retrieval.words import root, terms, tokens

if TYPE_CHECKING:
    from ai_memory.ports.vectors import Matrix

WORDS: Final = "FTS5"
TUNED: Final = "BM25"
VECTORS: Final = "vectors"

_GRID: Final = [(k1, b) for k1 in (0.6, 0.9, 1.2, 1.6, 2.0) for b in (0.0, 0.25, 0.5, 0.75)]
_DEPTH: Final = limits.RECALL_LIMIT_MAX
_TERMS_MAX: Final = 10_000
_TUNED_ON_MAX: Final = 300  # questions: enough to tell twenty settings apart
_MRR: Final = list(METRICS).index("mrr")
_VECTORS_AT_ONCE: Final = 4_096

Rank = Callable[[Question], list[str]]
"""The units a part finds for a question, best first."""


class Baseline(NamedTuple):
    """What one part answered.

    Attributes:
        scores: Per question, in the order of METRICS.
        detail: What was chosen for it.
    """

    name: str
    scores: list[list[float]]
    detail: str = ""


class _Item(NamedTuple):
    """One memory as it was stored."""

    namespace: str
    unit: str
    text: str


def made_of(questions: Sequence[Question], level: str) -> bytes:
    """What the figures depend on beside the memories: the questions, and how they are computed."""
    code = [Path(file).read_bytes() for file in (__file__, ranking.__file__)]
    return b"\0".join([level.encode(), *code, msgspec.json.encode(list(questions))])


def by_words(dataset: Dataset, questions: Sequence[Question]) -> list[Baseline]:
    """What FTS5 and BM25 find among the memories of a data set.

    BM25's parameters are those that serve the tuning side of the data set's questions best.
    """
    items = list(_items(dataset, dataset.questions[0].key))
    return [_fts5(items, questions), _bm25(items, questions, dataset)]


def by_vectors(opened: OpenNode, embedder: Embedder, questions: Sequence[Question]) -> Baseline:
    """What the vectors of a filled store find.

    Args:
        opened: Holds the vectors.
        embedder: Of the model that made them.
        questions: At least one.
    """
    with opened.node.store.read() as rows:
        matrix, owners = _windows(rows, questions[0].key, embedder.model.dim)
    asked = embedder.embed([question.text for question in questions], bulk=True)
    places = {
        namespace: np.array([at for at, owner in enumerate(owners) if owner[0] == namespace])
        for namespace in {question.namespace for question in questions}
    }
    found = []
    for question, vector in zip(questions, asked, strict=True):
        own = places[question.namespace]
        cosines = matrix[own] @ vector
        ranked = (owners[own[at]][1] for at in np.argsort(-cosines, kind="stable"))
        found.append(judge(_first(ranked), question.gold))
    return Baseline(VECTORS, found)


def _items(dataset: Dataset, key: str) -> Iterator[_Item]:
    with dataset.records() as records:
        for record in records:
            if isinstance(record, ImportRecord):
                title, content = record.title, record.content
                text = content if content.startswith(title) else f"{title}\n{content}"
                unit = str(record.metadata.get(key, record.id))
                yield _Item(record.namespace or "global", unit, text)


def _fts5(items: Sequence[_Item], questions: Sequence[Question]) -> Baseline:
    index = BareWords([(item.namespace, item.text) for item in items])
    try:
        return Baseline(
            WORDS,
            _judged(
                questions,
                lambda question: [
                    items[place].unit
                    for place in index.rank(question.text, question.namespace, _DEPTH)
                ],
            ),
        )
    finally:
        index.close()


def _bm25(items: Sequence[_Item], questions: Sequence[Question], dataset: Dataset) -> Baseline:
    index = BareBm25([_roots(tokens(item.text)) for item in items])
    units = [item.unit for item in items]
    masks = {
        namespace: np.array([item.namespace == namespace for item in items])
        for namespace in {question.namespace for question in (*questions, *dataset.questions)}
    }

    def with_settings(k1: float, b: float) -> Rank:
        def rank(question: Question) -> list[str]:
            words = _roots(terms(question.text, _TERMS_MAX))
            scores = index.scores(words, k1, b) * masks[question.namespace]
            order = np.argsort(-scores, kind="stable")[: int((scores > 0).sum())]
            return _first(units[at] for at in order)

        return rank

    side = "dev" if any(question.half == "dev" for question in dataset.questions) else "all"
    tuned_on = choose(dataset.questions, side, _TUNED_ON_MAX)

    def quality(at: tuple[float, float]) -> float:
        return sum(scores[_MRR] for scores in _judged(tuned_on, with_settings(*at)))

    k1, b = max(_GRID, key=quality)
    return Baseline(TUNED, _judged(questions, with_settings(k1, b)), f"k1 {k1:g}, b {b:g}")


def _roots(words: Sequence[str]) -> list[str]:
    return [root(word) for word in words]


def _judged(questions: Sequence[Question], rank: Rank) -> list[list[float]]:
    return [judge(rank(question), question.gold) for question in questions]


def _first(units: Iterator[str]) -> list[str]:
    """The first `_DEPTH` distinct units."""
    found: dict[str, None] = {}
    for unit in units:
        found[unit] = None
        if len(found) == _DEPTH:
            break
    return list(found)


def _windows(rows: Reader, key: str, dim: int) -> tuple[Matrix, list[tuple[str, str]]]:
    """Every window's vector, and the namespace and unit it belongs to."""
    keys: list[int] = []
    blobs: list[bytes] = []
    while True:
        more, blob = rows.window_vectors_after(keys[-1] if keys else 0, _VECTORS_AT_ONCE)
        if not more:
            break
        keys += more
        blobs.append(blob)
    matrix = np.frombuffer(b"".join(blobs), "<f2").reshape(len(keys), dim).astype(np.float32)
    owners: list[tuple[str, str]] = []
    for start in range(0, len(keys), _VECTORS_AT_ONCE):
        part = keys[start : start + _VECTORS_AT_ONCE]
        held = rows.window_memories(part)
        memories = rows.memories_by_key(list({held[window][0] for window in part}))
        for window in part:
            memory = memories[held[window][0]]
            owners.append((memory.namespace, str(memory.metadata.get(key, memory.id))))
    return matrix, owners
