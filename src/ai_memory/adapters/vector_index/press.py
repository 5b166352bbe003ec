"""Makes a segment file: grows a graph from the rows, writes it aside, moves it to its name."""

from __future__ import annotations

import mmap
import os
import shutil
import zlib
from bisect import bisect_right
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import numpy as np

from ai_memory.adapters.private import make_file
from ai_memory.adapters.replacement import sync_folder
from ai_memory.adapters.vector_index.codes import Codes, decode_blobs, encode
from ai_memory.adapters.vector_index.directory import PARTIAL_SUFFIX
from ai_memory.adapters.vector_index.footer import Footer, pack_footer
from ai_memory.adapters.vector_index.graph import new_graph
from ai_memory.adapters.vector_index.segment import rest_crc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from usearch.index import Index

    from ai_memory.adapters.vector_index.fold import Fold
    from ai_memory.ports import EmbeddingModel, VectorRows

ALIGNMENT: Final = 64
USEARCH_CODES_AT: Final = 8  # behind the two sizes with which usearch begins its file


class Pressed(NamedTuple):
    """A segment in memory.

    Attributes:
        parts: The codes, in the order of the graph.
        high: Where the range ends.
        rows_read: How many rows came from the store.
    """

    graph: Index
    parts: list[Codes]
    high: int
    rows_read: int


def press(
    rows: VectorRows,
    fold: Fold,
    model: EmbeddingModel,
    chunk_rows: int,
    is_stopped: Callable[[], bool],
) -> Pressed | None:
    """Read the rows of a fold and insert them; None when stopped."""
    graph = new_graph(model.dim) if fold.seed is None else fold.seed.growing_graph()
    parts = [] if fold.seed is None else [fold.seed.codes]
    last = rows.last_window_key()  # before the rows, so that none is between them
    at, read, ended = fold.reads_after, 0, False
    while read < fold.rows_max and not ended:
        if is_stopped():
            return None
        limit = min(chunk_rows, fold.rows_max - read)
        keys, blobs = rows.window_vectors_after(at, limit)
        inside = len(keys) if fold.high is None else bisect_right(keys, fold.high)
        ended = inside < limit
        if inside:
            vectors = decode_blobs(blobs, model.dim)[:inside]
            parts.append(encode(np.array(keys[:inside], np.int64), vectors))
            graph.add(parts[-1].keys.astype(np.uint64), parts[-1].vectors, threads=1)
            at, read = keys[inside - 1], read + inside
    if fold.high is not None:
        at = fold.high
    elif ended:
        at = max(at, last)
    return Pressed(graph, parts, at, read)


def write_segment(path: Path, pressed: Pressed, model: EmbeddingModel, low: int) -> None:
    """Write a segment so that it is whole or absent, whatever happens meanwhile.

    Raises:
        OSError: The disk is full, or the folder cannot be written.
    """
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    try:
        graph_bytes = _write_graph(partial, pressed.graph)
        with partial.open("r+b") as file:
            file.seek(0, os.SEEK_END)
            footer = _append_arrays(file, pressed, model, low, graph_bytes)
            file.write(pack_footer(footer))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _write_graph(path: Path, graph: Index) -> int:
    """Write the graph; its length in bytes, 0 for none."""
    path.unlink(missing_ok=True)  # left by a process that died
    make_file(path)
    if not len(graph):
        return 0
    try:
        graph.save(path)
    except RuntimeError as error:
        free = shutil.disk_usage(path.parent).free  # usearch does not say why
        raise OSError(f"usearch: {error} ({len(graph):,} rows, {free:,} bytes are free)") from error
    written = new_graph(graph.ndim)
    try:
        written.view(path)  # maps it; a graph that was cut short is not taken
    except RuntimeError as error:
        raise OSError(f"usearch wrote no whole graph: {error}") from error
    if len(written) != len(graph):
        raise OSError(f"{len(written)} of {len(graph)} rows were written")
    return path.stat().st_size


def _append_arrays(
    file: BinaryIO, pressed: Pressed, model: EmbeddingModel, low: int, graph_bytes: int
) -> Footer:
    parts, count = pressed.parts, sum(len(part.keys) for part in pressed.parts)
    keys_at = _append(file, [part.keys.astype("<i8", copy=False) for part in parts])
    scales_at = _append(file, [part.scales.astype("<f4", copy=False) for part in parts])
    codes_at = USEARCH_CODES_AT
    if not _has_codes(file, parts, graph_bytes):
        codes_at = _append(file, [part.vectors for part in parts])
    codes_crc = 0
    for part in parts:
        codes_crc = zlib.crc32(part.vectors.data, codes_crc)
    return Footer(
        model=model.id,
        dim=model.dim,
        low=low,
        high=pressed.high,
        count=count,
        graph_bytes=graph_bytes,
        keys_at=keys_at,
        scales_at=scales_at,
        codes_at=codes_at if count else 0,
        codes_crc=codes_crc,
        rest_crc=_rest_crc(file, codes_at, codes_at + count * model.dim) if count else 0,
    )


def _append(file: BinaryIO, arrays: Sequence[npt.NDArray[np.generic]]) -> int:
    """Write arrays one after the other, aligned; where they begin."""
    file.write(b"\0" * (-file.tell() % ALIGNMENT))
    start = file.tell()
    file.writelines(array.data for array in arrays)
    return start


def _has_codes(file: BinaryIO, parts: Sequence[Codes], graph_bytes: int) -> bool:
    """Whether usearch wrote the codes as one block, in our order, where we expect them."""
    file.flush()
    if not graph_bytes:
        return True
    with mmap.mmap(file.fileno(), graph_bytes, access=mmap.ACCESS_READ) as written:
        at = USEARCH_CODES_AT
        for part in parts:
            end = at + part.vectors.size
            if end > graph_bytes or written[at:end] != part.vectors.tobytes():
                return False
            at = end
    return True


def _rest_crc(file: BinaryIO, codes_at: int, codes_end: int) -> int:
    file.flush()
    with (
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as written,
        memoryview(written) as all_,
    ):
        return rest_crc(all_, codes_at, codes_end)
