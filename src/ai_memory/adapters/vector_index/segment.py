"""One immutable file of rows that will not grow any more: codes, and a graph over them."""

from __future__ import annotations

import mmap
import os
import zlib
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from weakref import finalize

import numpy as np

from ai_memory import limits
from ai_memory.adapters.vector_index.codes import Candidates, Codes, encode
from ai_memory.adapters.vector_index.footer import Footer, SegmentUnusable, unpack_footer
from ai_memory.adapters.vector_index.graph import EXPANSION, HINT_EXPANSION, new_graph

if TYPE_CHECKING:
    from pathlib import Path

    from usearch.index import Index

    from ai_memory.ports import EmbeddingModel, Vector


class Identity(NamedTuple):
    """Which file was mapped: a name may come to mean another."""

    name: str
    inode: int
    modified_ns: int
    size: int

    @classmethod
    def of(cls, path: Path, opened: int | None = None) -> Identity:
        """The file that has the name now, or the one that was opened by it."""
        stat = path.stat() if opened is None else os.fstat(opened)
        return cls(path.name, stat.st_ino, stat.st_mtime_ns, stat.st_size)


class Segment:
    """A segment file in memory: copied if it is small, else mapped. Many threads may search it.

    Whoever cuts a mapped file or writes into it ends or misleads the process that looks at it. A
    copy is checked and then nobody else's; whether a mapped file has changed is to be asked before
    each search (docs/adr/0039).
    """

    def __init__(self, path: Path, model: EmbeddingModel) -> None:
        """Take a file in, and check everything that could mislead a search but the codes.

        Raises:
            FileNotFoundError: It is gone.
            SegmentUnusable: It cannot be used.
        """
        self.path = path
        self.identity, self._file, self._state = _taken_in(path)
        self.footer, footer_at = unpack_footer(self._file)
        _check(self.footer, self._file, footer_at, model)
        self.codes = _codes(self.footer, self._file)
        self._graph = self._viewed_graph() if self.footer.count else None

    def __len__(self) -> int:
        return self.footer.count

    @property
    def low(self) -> int:
        """Every key is greater."""
        return self.footer.low

    @property
    def high(self) -> int:
        """No key is greater."""
        return self.footer.high

    def nearest(self, query: Vector, count: int, *, hint: bool = False) -> Candidates:
        """About `count` of the nearest rows; for a hint the very near ones, sooner."""
        if self._graph is None or count * 4 >= len(self):
            return self.codes.scan(query).best(count)
        code = encode(np.zeros(1, np.int64), query[np.newaxis]).vectors[0]
        found = (self._hint_graph if hint else self._graph).search(code, count, threads=1)
        return Candidates(found.keys.astype(np.int64), 1 - found.distances)

    def is_changed(self) -> bool:
        """Whether a mapped file is not what was mapped: it must not be looked at any more."""
        return self._state is not None and self._state.is_changed()

    def growing_graph(self) -> Index:
        """A copy of the graph, in memory, that takes further rows."""
        graph = new_graph(self.footer.dim)
        if self.footer.count:
            graph.load(self._file[: self.footer.graph_bytes])
        return graph

    def is_intact(self) -> bool:
        """Whether the codes are what was written; reads the file, not the map."""
        crc, left = 0, self.footer.codes_end - self.footer.codes_at
        with self.path.open("rb") as file:
            file.seek(self.footer.codes_at)
            while left > 0 and (block := file.read(min(left, 1 << 20))):
                crc, left = zlib.crc32(block, crc), left - len(block)
        return crc == self.footer.codes_crc

    @cached_property
    def _hint_graph(self) -> Index:
        """The same graph once more: a search cannot say how far it goes, only a graph can."""
        return self._viewed_graph(HINT_EXPANSION)

    def _viewed_graph(self, expansion: int = EXPANSION) -> Index:
        graph = new_graph(self.footer.dim, expansion)
        try:
            graph.view(self._file[: self.footer.graph_bytes])
        except (RuntimeError, ValueError) as error:
            raise SegmentUnusable(f"usearch: {error}") from error
        if len(graph) != self.footer.count or graph.ndim != self.footer.dim:
            raise SegmentUnusable("the graph is not the one the footer describes")
        return graph


class _State:
    """What a mapped file was like.

    It is watched by a descriptor, not by its name: a fold removes the name and leaves the file.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = os.dup(descriptor)
        finalize(self, os.close, self._descriptor)
        self._was = self._now()

    def is_changed(self) -> bool:
        return self._now() != self._was

    def _now(self) -> tuple[int, int]:
        stat = os.fstat(self._descriptor)
        return stat.st_size, stat.st_mtime_ns


def _taken_in(path: Path) -> tuple[Identity, memoryview, _State | None]:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        identity = Identity.of(path, descriptor)
        if not identity.size:
            raise SegmentUnusable("empty")
        if identity.size > limits.INDEX_COPY_BYTES_MAX:
            state = _State(descriptor)
            return identity, memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)), state
        file = memoryview(mmap.mmap(-1, identity.size))  # of pages, as usearch likes it
        with open(descriptor, "rb", buffering=0, closefd=False) as source:
            at = 0
            while at < identity.size and (count := source.readinto(file[at:])):
                at += count
        return identity, file.toreadonly(), None  # cut meanwhile, it ends in no footer
    finally:
        os.close(descriptor)


def _check(footer: Footer, file: memoryview, footer_at: int, model: EmbeddingModel) -> None:
    if (footer.model, footer.dim) != model:
        raise SegmentUnusable(f"made for the model {footer.model}, {footer.dim} dimensions")
    ends = (footer.graph_bytes, footer.keys_at, footer.scales_at, footer.codes_end)
    if min(ends) < 0 or max(ends) > footer_at:
        raise SegmentUnusable("truncated")
    if rest_crc(file[:footer_at], footer.codes_at, footer.codes_end) != footer.rest_crc:
        raise SegmentUnusable("damaged")


def rest_crc(file: memoryview, codes_at: int, codes_end: int) -> int:
    """The checksum of everything but the codes."""
    return zlib.crc32(file[codes_end:], zlib.crc32(file[:codes_at]))


def _codes(footer: Footer, file: memoryview) -> Codes:
    count, dim = footer.count, footer.dim
    return Codes(
        np.frombuffer(file, "<i8", count, footer.keys_at),
        np.frombuffer(file, np.int8, count * dim, footer.codes_at).reshape(count, dim),
        np.frombuffer(file, "<f4", count, footer.scales_at),
    )
