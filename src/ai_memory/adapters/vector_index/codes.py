"""Vectors as int8 codes: half the size of the stored float16, and near enough to choose by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ai_memory.ports import Keys, Matrix, Vector

CODE_MAX: Final = 127
SCAN_ROWS: Final = 256  # a block of float32 rows that stays in the cache, too small to be threaded
TINY: Final = np.float32(1e-30)  # keeps a vector of zeros from dividing by zero


class Candidates(NamedTuple):
    """Keys with approximate cosines, in any order."""

    keys: Keys
    scores: npt.NDArray[np.float32]

    def best(self, count: int) -> Candidates:
        """The `count` with the greatest scores, best first."""
        scores = self.scores
        if count < len(scores):
            top = np.argpartition(scores, len(scores) - count)[len(scores) - count :]
            top = top[np.argsort(-scores[top], kind="stable")]
        else:
            top = np.argsort(-scores, kind="stable")
        return Candidates(self.keys[top], scores[top])


def join(parts: list[Candidates]) -> Candidates:
    """All candidates of several disjoint sources."""
    if len(parts) == 1:
        return parts[0]
    return Candidates(
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


class Codes(NamedTuple):
    """Encoded rows.

    A code is its vector scaled so that the greatest component is 127, which errs six times less
    than the same scale for all; `scales` has the inverse norm of each code, so that a cosine is
    `code @ query * scale`.

    Attributes:
        keys: Ascending. Shape (n,).
        vectors: Shape (n, dim), int8.
        scales: Shape (n,), float32.
    """

    keys: Keys
    vectors: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]

    def scan(self, query: Vector) -> Candidates:
        """The approximate cosine of every row."""
        scores = np.empty(len(self.keys), np.float32)
        for start in range(0, len(scores), SCAN_ROWS):
            block = slice(start, start + SCAN_ROWS)
            np.dot(self.vectors[block].astype(np.float32), query, out=scores[block])
        scores *= self.scales
        return Candidates(self.keys, scores)

    def scan_among(self, query: Vector, keys: Keys) -> Candidates:
        """The approximate cosine of those of `keys` that are here; `keys` ascend."""
        at = np.searchsorted(self.keys, keys)
        at = at[at < len(self.keys)]
        at = at[self.keys[at] == keys[: len(at)]]
        scores = np.empty(len(at), np.float32)
        for start in range(0, len(at), SCAN_ROWS):
            block = slice(start, start + SCAN_ROWS)
            np.dot(self.vectors[at[block]].astype(np.float32), query, out=scores[block])
        scores *= self.scales[at]
        return Candidates(self.keys[at], scores)


def encode(keys: Keys, vectors: Matrix) -> Codes:
    """Encode vectors of unit norm."""
    greatest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0), TINY)
    codes = np.rint(vectors * (CODE_MAX / greatest))
    norms = np.maximum(np.sqrt(np.einsum("ij,ij->i", codes, codes)), 1)
    return Codes(keys, codes.astype(np.int8), (1 / norms).astype(np.float32))


def decode_blobs(blobs: bytes, dim: int) -> Matrix:
    """Stored vectors laid end to end."""
    return np.frombuffer(blobs, "<f2").reshape(-1, dim).astype(np.float32)
