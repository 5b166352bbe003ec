"""Ablation: what each ingredient of the ranking is worth, by asking everything again without it.

The ranking has no switches: a caller could only make it worse. So an ingredient is taken out here,
for the time of the asking, by putting something idle in its place. A new ingredient gets a line in
`INGREDIENTS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final, NamedTuple

from ai_memory.adapters.formats import Question
from ai_memory.compose import OpenNode
from ai_memory.measure.eval.asking import Answers, ask
from ai_memory.operations import recall_memories
from ai_memory.operations.respelling import Respelled
from ai_memory.retrieval import fusion, lexical, question


class Swap(NamedTuple):
    """What stands in for one attribute of a module."""

    module: ModuleType
    attribute: str
    idle: Any


INGREDIENTS: Final[Mapping[str, Sequence[Swap]]] = {
    "words (BM25)": [Swap(fusion, "_WORDS", 0.0)],
    "passages": [Swap(fusion, "_PASSAGE", 0.0)],
    "neighbouring words": [Swap(fusion, "_PHRASE", 0.0)],
    "framing words cut": [Swap(question, "_FRAMING", frozenset())],
    "names as written": [Swap(lexical, "names", lambda _query: [])],
    "dates": [Swap(fusion, "_MOMENT", 0.0)],
    "vectors": [Swap(fusion, "_COSINE", 0.0)],
    "first person": [Swap(recall_memories, "first_person", lambda _query: None)],
    "words trusted as far as they are there": [Swap(fusion, "_trust", lambda _evidence: 1.0)],
    "names spelled otherwise": [
        Swap(
            recall_memories,
            "respell",
            lambda _rows, asked, *_more: Respelled(asked, {}),
        )
    ],
    "question without small talk": [Swap(recall_memories, "focus", lambda message: message)],
    "relevance floor": [
        Swap(recall_memories, "shown", lambda _asked, hits, _texts: [True] * len(hits))
    ],
    "repeats moved back": [
        Swap(recall_memories, "distinct_first", lambda hits, _text, limit: list(hits[:limit]))
    ],
}
"""Name of an ingredient → what is left of it."""


def ablate(opened: OpenNode, questions: Sequence[Question]) -> dict[str, Answers]:
    """Ask every question without each ingredient in turn."""
    found = {}
    for name, swaps in INGREDIENTS.items():
        with _without(swaps):
            found[name] = ask(opened, questions, without=name)
    return found


@contextmanager
def _without(swaps: Sequence[Swap]) -> Iterator[None]:
    """Put the idle values in place, and the real ones back."""
    kept = [getattr(swap.module, swap.attribute) for swap in swaps]
    for swap in swaps:
        setattr(swap.module, swap.attribute, swap.idle)
    try:
        yield
    finally:
        for swap, value in zip(swaps, kept, strict=True):
            setattr(swap.module, swap.attribute, value)
