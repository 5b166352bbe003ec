"""From candidates to answers: every one is scored with its stored vector, and checked by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ai_memory.adapters.vector_index.codes import Candidates, decode_blobs
from ai_memory.adapters.vector_index.graph import HINT_EXPANSION

if TYPE_CHECKING:
    from ai_memory.adapters.vector_index.bounds import Bounds
    from ai_memory.adapters.vector_index.helper import Helper
    from ai_memory.adapters.vector_index.snapshot import Snapshot
    from ai_memory.model.query import Filter
    from ai_memory.ports import Vector, VectorRows

HINT_REACH: Final = HINT_EXPANSION  # of the nearest of all; the graphs visit as many anyway
SLICE_ROWS: Final = 256  # candidates fetched at once, so that a search stops when it has enough
ERROR_MAX: Final = 0.25  # a cosine of codes is off by 0.01, by 0.1 at worst
DOUBT: Final = 0.1  # codes that say so much less than is asked for need not be looked at


class Contradiction(Exception):
    """A stored vector is not the one that was indexed under its key."""


class Search:
    """One question to one snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        rows: VectorRows,
        query: Vector,
        count: int,
        bounds: Bounds,
        helper: Helper,
        *,
        is_checked: bool = True,
    ) -> None:
        self._snapshot = snapshot
        self._rows = rows
        self._query = query
        self._count = count
        self._bounds = bounds
        is_worth_it = snapshot.segment_rows >= bounds.split_rows_min
        self._helper = helper if is_worth_it else None
        self._is_checked = is_checked
        self._asked: set[int] = set()
        self._hits: dict[int, float] = {}

    def nearest(
        self, where: Filter, least: float, *, hint: bool = False
    ) -> list[tuple[int, float]]:
        """The nearest rows that match, best first; those below `least` may be missing.

        A namespace of few rows is answered from their keys: a graph would visit mostly rows that do
        not match. Otherwise the graphs are asked for as many as the share that matches demands; to
        find out first whether another filter leaves few rows could mean to read them all. When
        that is many, either few rows match, and their keys are listed after all, or
        those that match lie far from the query: then the graphs are asked for more and more, and
        at last everything that matches is scanned.

        Raises:
            Contradiction: The snapshot describes other rows.
        """
        if least > 0 and self._through_the_nearest(where, least, hint=hint):
            return self._best()
        most = self._bounds.reach_max
        if where.namespaces is not None and self._among(where, self._bounds.probe_rows_max):
            return self._best()
        surely = reach = int(self._count * (2.5 if where.narrows else 1.25)) + 16
        may_list = True
        while not self._through_graphs(where, min(reach, most), surely):
            demanded = 16 + 3 * self._count * len(self._asked) // (2 * max(len(self._hits), 1))
            if demanded > most and may_list:
                may_list = False
                if self._among(where, self._bounds.list_rows_max):
                    break
            if reach >= most:
                self._among(where, len(self._snapshot))
                break
            reach = max(demanded if demanded <= most else 4 * reach, 2 * reach)
        return self._best()

    def _through_the_nearest(self, where: Filter, least: float, *, hint: bool) -> bool:
        """Score what may reach `least`; False: that is more than the few nearest.

        Mostly nothing does, and then no row is asked for, whatever the filter. For a hint those few
        are enough: a text that hundreds resemble is not worth looking through all of them.
        """
        reach = HINT_REACH if hint else 2 * self._count + 16
        near = self._snapshot.nearest(self._query, reach, reach, self._helper, hint=hint)
        hopeful = near.scores >= least - DOUBT
        if not hint and hopeful.all() and len(near.keys) < len(self._snapshot):
            return False
        if hopeful.any():
            self._score(Candidates(near.keys[hopeful], near.scores[hopeful]), where)
        return True

    def _through_graphs(self, where: Filter, reach: int, surely: int) -> bool:
        """Score the nearest, best first, until enough match; whether they do, or are all."""
        enough = self._count + self._count // 8 + 8
        candidates = self._snapshot.nearest(self._query, reach, surely, self._helper)
        is_all = len(candidates.keys) >= len(self._snapshot)
        if self._asked:
            is_new = np.isin(candidates.keys, list(self._asked), invert=True)
            candidates = Candidates(candidates.keys[is_new], candidates.scores[is_new])
        for start in range(0, len(candidates.keys), SLICE_ROWS):
            block = slice(start, start + SLICE_ROWS)
            self._score(Candidates(candidates.keys[block], candidates.scores[block]), where)
            if len(self._hits) >= enough:
                return True
        return is_all or len(self._hits) >= self._count

    def _among(self, where: Filter, rows_max: int) -> bool:
        """Score the nearest of all that match; False when those are more than `rows_max`."""
        keys = self._rows.window_keys(where, rows_max)
        if keys is None:
            return False
        wanted = np.sort(np.asarray(keys, np.int64))
        candidates = self._snapshot.scan_among(self._query, wanted)
        self._score(candidates.best(2 * self._count + 64), None)
        return True

    def _score(self, candidates: Candidates, where: Filter | None) -> None:
        """Add the exact cosines of those candidates that exist and match."""
        asked = candidates.keys.tolist()
        self._asked.update(asked)
        keys, blobs = self._rows.window_vectors(asked, where)
        if not keys:
            return
        exact = decode_blobs(blobs, len(self._query)) @ self._query
        order = np.argsort(candidates.keys)
        at = order[np.searchsorted(candidates.keys, keys, sorter=order)]
        if self._is_checked and np.abs(candidates.scores[at] - exact).max() > ERROR_MAX:
            raise Contradiction
        self._hits.update(zip(keys, np.clip(exact, -1, 1).tolist(), strict=True))

    def _best(self) -> list[tuple[int, float]]:
        ranked = sorted(self._hits.items(), key=lambda hit: (-hit[1], hit[0]))
        return ranked[: self._count]
