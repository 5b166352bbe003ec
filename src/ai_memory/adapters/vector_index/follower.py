"""Keeps a snapshot in step with the rows, whoever writes them, and with the files."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ai_memory.adapters.vector_index.codes import decode_blobs, encode
from ai_memory.adapters.vector_index.snapshot import Snapshot
from ai_memory.adapters.vector_index.tail import Tail
from ai_memory.errors import NodeClosed

if TYPE_CHECKING:
    from ai_memory.adapters.vector_index.bounds import Bounds
    from ai_memory.adapters.vector_index.directory import Directory
    from ai_memory.ports import EmbeddingModel, VectorRows

CHANGED = "was changed while it was in use"
FOREIGN = "describes other rows than the database holds"


class Follower:
    """Owns the current snapshot; replaces it, never changes it.

    Attributes:
        snapshot: What is known now.
        rows_read: Vectors read from the store to learn of new rows, since opening.
    """

    def __init__(self, directory: Directory, model: EmbeddingModel, bounds: Bounds) -> None:
        """Map the files, and read no row."""
        self.rows_read = 0
        self._directory = directory
        self._model = model
        self._bounds = bounds
        self._replacing = Lock()
        self._closed = False
        segments = directory.chain(())
        high = segments[-1].high if segments else 0
        self._doubted_high = high  # until rows are seen that reach as far
        self.snapshot = Snapshot(segments, Tail.empty(high, model.dim))

    def follow(self, rows: VectorRows) -> Snapshot:
        """A snapshot that knows every one of the rows.

        Raises:
            NodeClosed: The index was closed.
        """
        last = rows.last_window_key()
        snapshot = self.snapshot
        is_known = not self._doubted_high and last <= snapshot.high
        if is_known and not self._closed and not snapshot.is_changed():
            return snapshot
        with self._replacing:
            if self._closed:
                raise NodeClosed("The vector index is closed.")
            self._drop_changed()
            self._settle_doubt(last)
            if not self._doubted_high:
                self._look_again(last)
            while self.snapshot.high < last:
                self._extend(rows, last)
            return self.snapshot

    def catch_up(self, rows: VectorRows) -> Snapshot:
        """A snapshot of the files; `rows` must be newer than the opening, and are not read."""
        last = rows.last_window_key()
        with self._replacing:
            self._drop_changed()
            if last < self._doubted_high:
                self._remap()
                self._forget()
            self._settle_doubt(last)
            self._look_again(last)
            return self.snapshot

    def remap(self) -> Snapshot:
        """A snapshot of the files as they are now."""
        with self._replacing:
            self._drop_changed()
            self._remap()
            return self.snapshot

    def distrust(self, snapshot: Snapshot) -> Snapshot:
        """Begin again from the rows: what the snapshot says is about others."""
        with self._replacing:
            if self.snapshot.segments is snapshot.segments:  # else another thread already has
                self._forget()
            return self.snapshot

    def restart(self) -> None:
        """Begin anew from the files."""
        with self._replacing:
            if self._closed:
                return
            segments = self._directory.chain(())
            high = segments[-1].high if segments else 0
            self._doubted_high = high
            self.snapshot = Snapshot(segments, Tail.empty(high, self._model.dim))

    def close(self) -> None:
        """Let go of memory and files."""
        with self._replacing:
            self._closed = True
            self.snapshot = self._nothing()

    def _settle_doubt(self, last: int) -> None:
        """Set the files aside while they know more than the rows.

        Either another process has saved since the rows' snapshot was taken, or the database is an
        older one than the files were made from, and will give their keys again.
        """
        if self._doubted_high and last >= self._doubted_high:
            self._doubted_high = 0
            if not self.snapshot.segments:
                self._remap()
        elif self._doubted_high and self.snapshot.segments:
            self.snapshot = self._nothing()

    def _drop_changed(self) -> None:
        """Let go of files that were changed in place; what is whole of them is taken in again."""
        changed = [segment for segment in self.snapshot.segments if segment.is_changed()]
        if changed:
            self._directory.distrust(changed, CHANGED)
            segments = self._directory.chain(self.snapshot.segments)
            high = segments[-1].high if segments else 0
            self.snapshot = Snapshot(segments, Tail.empty(high, self._model.dim))

    def _look_again(self, last: int) -> None:
        """Map what was saved meanwhile, by whomever, once it pays."""
        unsaved = last - self.snapshot.tail.low
        if unsaved >= self._bounds.tail_rows_min and self._directory.has_changed():
            self._remap()

    def _remap(self) -> None:
        """Take the files as they are; the tail loses what is in them."""
        segments = self._directory.chain(self.snapshot.segments)
        high = segments[-1].high if segments else 0
        self.snapshot = Snapshot(segments, self.snapshot.tail.after(high))

    def _extend(self, rows: VectorRows, last: int) -> None:
        """Read a chunk of the rows behind the snapshot."""
        tail = self.snapshot.tail
        limit = self._bounds.chunk_rows
        keys, blobs = rows.window_vectors_after(tail.high, limit)
        self.rows_read += len(keys)
        codes = encode(np.array(keys, np.int64), decode_blobs(blobs, self._model.dim))
        high = keys[-1] if len(keys) == limit else max([last, *keys[-1:]])
        self.snapshot = Snapshot(self.snapshot.segments, tail.extended(codes, high))

    def _forget(self) -> None:
        self._directory.distrust(self.snapshot.segments, FOREIGN)
        self._doubted_high = 0
        self.snapshot = self._nothing()

    def _nothing(self) -> Snapshot:
        return Snapshot((), Tail.empty(0, self._model.dim))
