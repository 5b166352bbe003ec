"""What is stored that says nearly the same: by meaning where there are vectors, else by words.

Asked of the indexes, never of all rows. The figures of the two ways do not compare, so whoever
answers with one says which it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory.model.memory import Memory
from ai_memory.model.query import Filter
from ai_memory.operations.serving import vectors_problem
from ai_memory.operations.step import Context
from ai_memory.ports import Reader
from ai_memory.retrieval.likeness import likeness, vocabulary
from ai_memory.retrieval.words import terms

if TYPE_CHECKING:
    from ai_memory.ports import Matrix

_WORDS_ASKED_MAX: Final = 24  # they find it; all words are compared
_WORD_HITS: Final = 20
_WINDOW_HITS: Final = 24  # of each window


class Similar(NamedTuple):
    """A memory and how much it says the same, between 0 and 1."""

    memory: Memory
    similarity: float


class Compared(NamedTuple):
    """What was found.

    Attributes:
        similar: Most alike first.
        compared: How many memories were compared, those that `similar` leaves out too.
    """

    similar: list[Similar]
    compared: int


def similar_by_meaning(
    rows: Reader,
    matrix: Matrix,
    where: Filter,
    context: Context,
    *,
    limit: int = 1,
    least: float = 0.0,
    hits: int = _WINDOW_HITS,
    hint: bool = False,
) -> Compared | None:
    """The memories nearest to a text; None: vectors cannot be asked now.

    The similarity is the mean, over the windows of the text, of the cosine to the memory's nearest
    window: 1 for a text that the memory contains, however much more it says.

    Args:
        rows: One snapshot.
        matrix: The text's windows. Shape (windows, dim).
        where: Which memories.
        context: Of the operation.
        limit: How many are wanted.
        least: How similar they must be.
        hits: Asked of the index for each window.
        hint: Whether the nearest few of all namespaces are enough to look through.
    """
    if context.vector_index is None or vectors_problem(rows, context) is not None:
        return None
    sums: dict[int, float] = {}
    # Of several windows one may be further away than their mean.
    enough = least if len(matrix) == 1 else 0.0
    for row in matrix:
        near = context.vector_index.nearest(rows, row, hits, where, enough, hint=hint)
        places = rows.window_memories([window for window, _cosine in near])
        best: dict[int, float] = {}
        for window, cosine in near:
            if window in places:
                best.setdefault(places[window][0], cosine)
        for key, cosine in best.items():
            sums[key] = sums.get(key, 0.0) + cosine
    mean = {key: min(1.0, max(0.0, whole / len(matrix))) for key, whole in sums.items()}
    close = sorted((key for key in mean if mean[key] >= least), key=lambda key: (-mean[key], key))
    memories = rows.memories_by_key(close[:limit])
    found = [Similar(memories[key], mean[key]) for key in close[:limit] if key in memories]
    return Compared(found, len(mean))


def similar_by_words(
    rows: Reader, title: str, content: str, where: Filter, *, limit: int = 1, least: float = 0.0
) -> Compared:
    """The memories that say a text in the same words."""
    text = f"{title}\n{content}"
    hits = rows.rank_words(terms(text, _WORDS_ASKED_MAX), where, _WORD_HITS)
    asked = vocabulary(text)
    memories = rows.memories_by_key([hit.key for hit in hits])
    found = [
        Similar(memory, likeness(asked, vocabulary(f"{memory.title}\n{memory.content}")))
        for memory in memories.values()
    ]
    close = sorted(
        (one for one in found if one.similarity >= least),
        key=lambda one: (-one.similarity, one.memory.id),
    )
    return Compared(close[:limit], len(found))
