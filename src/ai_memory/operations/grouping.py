"""Which memories belong together: found through the indexes around one of them."""

from __future__ import annotations

from typing import Final

from ai_memory.model.entity import KIND
from ai_memory.model.memory import Memory
from ai_memory.model.query import Filter
from ai_memory.operations.consolidation import fits
from ai_memory.operations.similar import similar_by_meaning, similar_by_words
from ai_memory.operations.step import Context
from ai_memory.ports import Reader

GROUP_MAX: Final = 8
_MEANING_FROM: Final = 0.75  # cosine
_WORDS_FROM: Final = 0.5  # share of the words in common
_TAG_COUNTS: Final = 0.1  # so much less is asked of two that share a tag


def consolidable(memory: Memory) -> bool:
    """Whether it may become part of another by itself: no entity, nothing internal, no result."""
    return (
        not memory.namespace.startswith("_")
        and memory.metadata.get("kind") != KIND
        and memory.source != "consolidation"
    )


def group_around(rows: Reader, seed: Memory, where: Filter, context: Context) -> list[Memory]:
    """The memory and those most like it, at most `GROUP_MAX`, in order of creation.

    Args:
        rows: One snapshot.
        seed: A live memory.
        where: Among which; its namespace is the seed's.
        context: Of the operation.
    """
    vector = rows.first_vectors([seed.id]).get(seed.id)
    found, least = None, _MEANING_FROM
    if vector is not None and context.vector_index is not None:
        import numpy as np

        matrix = np.frombuffer(vector, dtype="<f2").astype(np.float32)[np.newaxis]
        found = similar_by_meaning(
            rows, matrix, where, context, limit=2 * GROUP_MAX, least=least - _TAG_COUNTS
        )
    if found is None:
        least = _WORDS_FROM
        found = similar_by_words(
            rows, seed.title, seed.content, where, limit=2 * GROUP_MAX, least=least - _TAG_COUNTS
        )
    tags = set(seed.tags)
    alike = [
        one.memory
        for one in found.similar
        if one.memory.id != seed.id
        and consolidable(one.memory)
        and one.similarity >= (least - _TAG_COUNTS if tags & set(one.memory.tags) else least)
    ]
    group = [seed, *alike[: GROUP_MAX - 1]]
    while len(group) > 1 and not fits(group):
        group.pop()  # the least like the seed: what does not fit stays as it is
    return sorted(group, key=lambda one: (one.created_at, one.id))
