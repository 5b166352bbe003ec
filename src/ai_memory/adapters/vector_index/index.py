"""The VectorIndex port: searching a snapshot that follows the rows, and saving what it covers."""

from __future__ import annotations

import logging
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ai_memory.adapters.vector_index.calibration import CALIBRATIONS
from ai_memory.adapters.vector_index.fold import Fold, plan_fold, plan_renewal, stale_share
from ai_memory.adapters.vector_index.follower import Follower
from ai_memory.adapters.vector_index.helper import Helper
from ai_memory.adapters.vector_index.search import Contradiction, Search
from ai_memory.errors import DimensionMismatch

if TYPE_CHECKING:
    from ai_memory.adapters.vector_index.bounds import Bounds
    from ai_memory.adapters.vector_index.directory import Directory
    from ai_memory.adapters.vector_index.snapshot import Snapshot
    from ai_memory.model.query import Filter
    from ai_memory.ports import EmbeddingModel, Vector, VectorRows

log = logging.getLogger(__name__)


class SegmentedIndex:
    """Finds the nearest rows. Safe to use from many threads.

    It must see committed rows only: a key that is rolled back is given again.

    Attributes:
        saves: Segments written since opening.
    """

    def __init__(self, directory: Directory, model: EmbeddingModel, bounds: Bounds) -> None:
        self.saves = 0
        self._directory = directory
        self._model = model
        self._calibration = CALIBRATIONS.get(model.id)
        self._bounds = bounds
        self._follower = Follower(directory, model, bounds)
        self._helper = Helper()
        self._saving = Lock()
        self._save_problem = ""
        self._short_tail = (0, 0)  # it begins here; before that key it cannot have grown enough
        self._closed = False

    def __len__(self) -> int:
        """Rows known, removed ones included."""
        return len(self._follower.snapshot)

    @property
    def rows_read(self) -> int:
        """Vectors read from the store to learn of new rows, since opening."""
        return self._follower.rows_read

    def nearest(
        self,
        rows: VectorRows,
        query: Vector,
        count: int,
        where: Filter,
        least: float = 0.0,
        *,
        hint: bool = False,
    ) -> list[tuple[int, float]]:
        """See ports.VectorIndex.

        Raises:
            DimensionMismatch: The query comes from another model.
            NodeClosed: The index was closed.
        """
        if query.shape != (self._model.dim,):
            raise DimensionMismatch(
                f"The query has {query.size} dimensions, the index {self._model.dim}."
            )
        if count <= 0:
            return []
        if self._calibration is None:
            return self._nearest(rows, query, count, where, least, hint=hint)
        least = self._calibration.cosine(least) if least else least
        hits = self._nearest(rows, query, count, where, least, hint=hint)
        meanings = self._calibration.meaning([cosine for _key, cosine in hits])
        return [(key, meaning) for (key, _cosine), meaning in zip(hits, meanings, strict=True)]

    def _nearest(
        self,
        rows: VectorRows,
        query: Vector,
        count: int,
        where: Filter,
        least: float,
        *,
        hint: bool,
    ) -> list[tuple[int, float]]:
        query = np.ascontiguousarray(query, np.float32)
        snapshot = self._follower.follow(rows)
        try:
            search = Search(snapshot, rows, query, count, self._bounds, self._helper)
            return search.nearest(where, least, hint=hint)
        except Contradiction:
            self._follower.distrust(snapshot)
        snapshot = self._follower.follow(rows)
        search = Search(snapshot, rows, query, count, self._bounds, self._helper, is_checked=False)
        return search.nearest(where, least, hint=hint)

    def save(self, rows: VectorRows) -> bool:
        """Make one bounded step of what is due; whether there may be more.

        Call it from the background, each time with a new snapshot (never one older than the
        opening), as long as it returns True. A disk that is full or cannot be written is logged:
        searches do not depend on it.
        """
        if not self._saving.acquire(blocking=False):
            return False
        try:
            if self._closed or self._directory.path is None or not self._is_due(rows):
                return False
            with self._directory.owned() as mine:
                saved = mine and self._fold(rows)
            self._note_save_problem("")
            return saved
        except OSError as error:
            self._note_save_problem(f"not saved: {error}")
            return False
        finally:
            self._saving.release()

    def examine(self, rows: VectorRows) -> list[str]:
        """Look for what opening does not: every file is read, and compared with some rows.

        What is wrong is not used any more; the next saves make it anew. As with `save`, the rows'
        snapshot must be newer than the opening.
        """
        snapshot = self._follower.catch_up(rows)
        try:
            for segment in snapshot.segments:
                if segment.is_intact():
                    stale_share(rows, segment)
                else:
                    self._directory.distrust([segment], "its codes are damaged")
        except Contradiction:
            self._follower.distrust(snapshot)
        self._follower.remap()
        return self._problems()

    def sweep(self) -> None:
        """Remove the files that are not used, damaged ones among them."""
        with self._saving:
            if self._closed or self._directory.path is None:
                return
            # What cannot be removed stays among the problems.
            with suppress(OSError), self._directory.owned() as mine:
                if mine:
                    self._directory.sweep(self._follower.remap().segments)

    def forget(self) -> None:
        """See ports.VectorIndex."""
        self._follower.restart()

    def close(self) -> None:
        """Stop a save within seconds, and let go of memory and files."""
        self._closed = True
        self._helper.close()
        with self._saving:
            self._follower.close()

    @property
    def tail_rows(self) -> int:
        """See ports.VectorIndex."""
        return len(self._follower.snapshot.tail)

    def stats(self) -> dict[str, int | str | list[str]]:
        """Figures for doctor and metrics."""
        snapshot = self._follower.snapshot
        return {
            "mode": "memory" if self._directory.path is None else "files",
            "segments": len(snapshot.segments),
            "segment_rows": snapshot.segment_rows,
            "tail_rows": len(snapshot.tail),
            "covered_key": snapshot.high,
            "file_bytes": sum(segment.identity.size for segment in snapshot.segments),
            "rows_read": self.rows_read,
            "saves": self.saves,
            "problems": self._problems(),
        }

    def _problems(self) -> list[str]:
        problems = [f"{name}: {why}" for name, why in self._directory.problems.items()]
        return [*problems, self._save_problem] if self._save_problem else problems

    def _note_save_problem(self, problem: str) -> None:
        if problem and problem != self._save_problem:  # once, not every few seconds
            log.warning("vector index: %s", problem)
        self._save_problem = problem

    def _is_due(self, rows: VectorRows) -> bool:
        """Whether it is worth asking for the lock."""
        snapshot, last = self._follower.catch_up(rows), rows.last_window_key()
        low, enough = self._short_tail
        if snapshot.tail.low != low:
            enough = snapshot.tail.low + self._bounds.tail_rows_min
        if last >= max(enough, self._bounds.tail_rows_min):
            return True
        stale_rows = snapshot.segment_rows - rows.window_count()
        return stale_rows > self._bounds.stale_share_max * snapshot.segment_rows

    def _fold(self, rows: VectorRows) -> bool:
        """As owner: write one segment, map it, remove what it replaces."""
        fold = self._planned(rows, self._follower.remap())
        if fold is None:
            return False
        from ai_memory.adapters.vector_index.press import press, write_segment

        pressed = press(rows, fold, self._model, self._bounds.chunk_rows, lambda: self._closed)
        if pressed is None:
            return False
        path = self._directory.segment_path(fold.low, pressed.high)
        write_segment(path, pressed, self._model, fold.low)
        self.saves += 1
        snapshot = self._follower.remap()
        self._directory.sweep(snapshot.segments)
        return snapshot.tail.low >= pressed.high

    def _planned(self, rows: VectorRows, snapshot: Snapshot) -> Fold | None:
        try:
            renewal = plan_renewal(rows, snapshot.segments, self._bounds)
        except Contradiction:
            snapshot = self._follower.distrust(snapshot)
        else:
            if renewal is not None:
                return renewal
        least, low, last = self._bounds.tail_rows_min, snapshot.tail.low, rows.last_window_key()
        waiting = len(rows.window_vectors_after(low, least)[0])
        if waiting < least:
            self._short_tail = (low, last + least - waiting)
            return None
        return plan_fold(snapshot.segments, max(least, last - low), self._bounds)
