"""How many of the really nearest the vector index finds, also where a filter leaves few rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ai_memory.compose import OpenNode, configured_embedder
from ai_memory.config import load_config
from ai_memory.measure.bench.filling import CREATED_EVERY_SECS
from ai_memory.measure.bench.stand import Stand
from ai_memory.measure.duration import spread
from ai_memory.model.clock import SECOND
from ai_memory.model.query import Filter
from ai_memory.ports import VectorRows

if TYPE_CHECKING:
    from ai_memory.ports import Keys, Matrix

_NEAREST: Final = 10
_KEEP: Final = (1.0, 0.5, 0.1, 0.01)
_BATCH: Final = 8_192
_TIE: Final = 1e-5  # cosines that differ by less are equal
_NO_LIMIT: Final = 2**62


def nearness(stand: Stand, opened: OpenNode, questions: int) -> list[dict[str, Any]]:
    """R@10 of the index against exact search over the stored vectors.

    Memories' instants are spread over the store at random, so `since` keeps a random share.

    Returns:
        For each share that a filter keeps: r@10, and p50 and p95 of a search in milliseconds.
    """
    index = opened.node.index
    assert index is not None
    embedder = configured_embedder(load_config({"tier": stand.level}))
    try:
        queries = embedder.embed(stand.questions[:questions], bulk=True)
    finally:
        embedder.close()
    found = []
    with opened.node.store.read() as rows:
        for share in _KEEP:
            where = Filter(now=stand.clock.now(), since=_since(stand, share))
            keys = None if share == 1 else rows.window_keys(where, _NO_LIMIT)
            least, every = _exact(rows, queries, keys)
            right, times = 0, []
            for query, tenth in zip(queries, least, strict=True):
                began = stand.clock.monotonic()
                hits = index.nearest(rows, query, _NEAREST, where)
                times.append(stand.clock.monotonic() - began)
                right += sum(cosine >= tenth - _TIE for _key, cosine in hits)
            took = spread(times)
            found.append(
                {
                    "keeps": share,
                    "rows": every,
                    "r@10": round(right / len(queries) / min(_NEAREST, every), 4),
                    "p50_ms": round(took.p50_ms, 3),
                    "p95_ms": round(took.p95_ms, 3),
                    "n": took.n,
                }
            )
    return found


def _since(stand: Stand, share: float) -> int | None:
    if share == 1:
        return None
    ages = round(share * stand.size)
    return stand.facts.newest - (ages - 1) * CREATED_EVERY_SECS * SECOND


def _exact(
    rows: VectorRows, queries: Matrix, keys: Sequence[int] | None
) -> tuple[list[float], int]:
    """For each query the cosine of its tenth nearest among the keys (None: all); and their number.

    The stored float16 vectors, multiplied as float32.
    """
    wanted: Keys | None = None if keys is None else np.sort(np.asarray(keys, np.int64))
    dim = queries.shape[1]
    best = np.full((len(queries), _NEAREST), -np.inf, np.float32)
    last, every = 0, 0
    while True:
        some, blobs = rows.window_vectors_after(last, _BATCH)
        if not some:
            return best.min(axis=1).tolist(), every
        last = some[-1]
        matrix = np.frombuffer(blobs, "<f2").reshape(len(some), dim).astype(np.float32)
        if wanted is not None:
            matrix = matrix[np.isin(np.asarray(some, np.int64), wanted, assume_unique=True)]
        every += len(matrix)
        both = np.concatenate([best, queries @ matrix.T], axis=1)
        best = np.partition(both, both.shape[1] - _NEAREST, axis=1)[:, -_NEAREST:]
