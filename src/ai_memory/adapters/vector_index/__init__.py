"""Approximate nearest neighbours over the stored vectors: derived from the rows, and disposable.

Window keys only grow, so the rows fall into ranges of keys. A range of rows that will not grow any
more becomes a *segment*: one immutable file with the vectors as int8 codes and an HNSW graph over
them, named after its range (low, high]. Segments live beside the database, a folder per model;
those that begin where the one before ended make the chain, and the rows behind the chain are the
*tail*, kept in memory and scanned. Codes only choose candidates: every answer is scored with the
stored vectors, so a row that is gone or does not match drops out there, and a code that contradicts
its row exposes an index that belongs to other rows.

The non-obvious decision: nothing is ever changed in place, in memory or on disk. A fold writes a
new segment and moves it to its name in a single rename, which is the whole commit: there is no
manifest to disagree with the files. Searches hold a snapshot of mapped files and need no lock;
other processes keep what they have mapped until they look again. Folding is done by whoever gets
the lock of the folder, a bounded step at a time (docs/adr/0004-vector-index.md).

Nothing here is imported, numpy included, before an index is opened; usearch not before there is a
segment. It must never import a store: rows come through the port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ai_memory.adapters.vector_index.bounds import Bounds
    from ai_memory.adapters.vector_index.index import SegmentedIndex
    from ai_memory.ports import EmbeddingModel

__all__ = ["open_vector_index"]


def open_vector_index(
    path: Path | None, model: EmbeddingModel, bounds: Bounds | None = None
) -> SegmentedIndex:
    """Open the index of one model; map what is on disk and read no row.

    Args:
        path: Folder of the segments (see `folder.IndexFolder`), made by the first save. None: the
            index lives in memory.
        model: Files made from another model's vectors are ignored.
        bounds: Sizes and thresholds; tests make them small.
    """
    from ai_memory.adapters.vector_index.bounds import Bounds
    from ai_memory.adapters.vector_index.directory import Directory
    from ai_memory.adapters.vector_index.index import SegmentedIndex

    return SegmentedIndex(Directory(path, model), model, bounds or Bounds())
