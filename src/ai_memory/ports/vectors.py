"""What the core asks of the vectors: of a snapshot's rows, and of the index made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from ai_memory.model.query import Filter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vector: TypeAlias = npt.NDArray[np.float32]
    """One embedding. Shape (dim,), unit L2 norm."""

    Matrix: TypeAlias = npt.NDArray[np.float32]
    """Embeddings. Shape (n, dim), rows of unit L2 norm."""

    Keys: TypeAlias = npt.NDArray[np.int64]
    """Window keys. Shape (n,)."""


class VectorRows(Protocol):
    """The stored vectors of one consistent snapshot. A window key is positive and never reused."""

    def last_window_key(self) -> int:
        """The greatest key ever given; 0 when there is none."""

    def window_count(self) -> int:
        """How many windows have a vector."""

    def window_vectors_after(self, key: int, limit: int) -> tuple[list[int], bytes]:
        """Keys greater than `key`, ascending, at most `limit`, and their blobs end to end."""

    def window_vectors(
        self, keys: Sequence[int], where: Filter | None = None
    ) -> tuple[list[int], bytes]:
        """Those of `keys` that exist and whose memory matches, in any order; their blobs in it."""

    def window_keys(self, where: Filter, limit: int) -> list[int] | None:
        """The keys of windows whose memory matches, or None when there are more than `limit`."""


class VectorIndex(Protocol):
    """Finds the nearest stored vectors; derived from the rows and disposable."""

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
        """The (window key, cosine) of the nearest windows matching `where`, best first.

        Cosines mean the same, whatever the model: an index brings those of another to MiniLM's
        scale, to which all that reads them was fitted.

        Sees every row of the snapshot, whoever wrote it; exact where the filter leaves few rows.
        Cosines below `least` may be missing; where nothing reaches it, no row is read. A `hint` is
        found among the nearest few of all: quick, and where many are as near, some may be missing.
        """

    @property
    def tail_rows(self) -> int:
        """Rows read since the last save that no file covers."""

    def save(self, rows: VectorRows) -> bool:
        """Persist a bounded step, if one is due and no other process is at it.

        Returns:
            Whether there may be more: call again, with a new snapshot.
        """

    def forget(self) -> None:
        """Let go of every row in memory; the files and the rows are read anew."""

    def close(self) -> None:
        """Release memory and locks."""


class IndexPurge(NamedTuple):
    """What a purge of index files did.

    Attributes:
        files: How many were removed: they held vectors of rows that are gone.
        is_complete: False if another process was writing one and did not end in time.
    """

    files: int
    is_complete: bool
