"""From a text to the vectors of its windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from ai_memory.errors import EmbedderUnavailable
from ai_memory.model.memory import Memory, payload_of
from ai_memory.operations.step import Compute, Context, Embed, Steps, Windows, float16_blobs
from ai_memory.ports import WindowVector
from ai_memory.retrieval.window import Window, windows

if TYPE_CHECKING:
    from ai_memory.ports import Matrix


def embed_texts(
    texts: Sequence[tuple[str, str]], context: Context, *, bulk: bool = False
) -> Steps[list[tuple[Matrix, list[WindowVector]]] | None]:
    """Embed (title, content) pairs window by window, in one request.

    Returns:
        For each pair its matrix (windows, dim) and the same as rows for the store; None when this
        node has no embedder.
    """
    if context.facts.embedder is None:
        return None  # cutting alone costs as much as a store
    cut: list[list[Window]] = yield Compute(
        lambda: [windows(title, content) for title, content in texts]
    )
    matrix: Matrix | None = yield Embed([window.text for group in cut for window in group], bulk)
    if matrix is None:
        return None
    blobs = float16_blobs(matrix)
    embedded, at = [], 0
    for group in cut:
        stop = at + len(group)
        embedded.append(
            (
                matrix[at:stop],
                [
                    WindowVector(window.start, window.end, blob)
                    for window, blob in zip(group, blobs[at:stop], strict=True)
                ],
            )
        )
        at = stop
    return embedded


def vectors_pending(embedded: object, context: Context) -> bool | UnsetType:
    """Whether a text has no vectors yet and will have them; for an answer, UNSET for no.

    Args:
        embedded: What `embed_texts` answered.
        context: Of the operation.
    """
    facts = context.facts
    will_have = facts.vectors_later or facts.embedder is not None
    return True if embedded is None and will_have else UNSET


def embed_waiting(memories: Sequence[Memory], context: Context) -> Steps[tuple[Windows, ...]]:
    """Embed stored memories in bulk, tied to the text they have now.

    Raises:
        EmbedderUnavailable: The embedder does not answer.
    """
    if not memories:
        return ()
    embedded = yield from embed_texts(
        [(memory.title, memory.content) for memory in memories], context, bulk=True
    )
    if embedded is None:
        raise EmbedderUnavailable("the embedder does not answer")
    return tuple(
        Windows(memory.id, payload_of(memory).hash(), vectors)
        for memory, (_matrix, vectors) in zip(memories, embedded, strict=True)
    )
