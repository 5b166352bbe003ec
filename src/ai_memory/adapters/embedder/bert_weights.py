"""The weights of a BERT encoder as its graph takes them: 8-bit codes, or 4 bits for a large table.

Names are those of the published checkpoints; a dense layer's matrix is transposed, to multiply
rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


class Coded(NamedTuple):
    """A matrix as signed 8-bit codes, and the scales to multiply them with."""

    codes: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    """One per column, shape (1, m); of a table, one per row, shape (n, 1)."""

    def decoded(self) -> npt.NDArray[np.float32]:
        """The matrix."""
        decoded: npt.NDArray[np.float32] = self.codes * self.scales
        return decoded

    @staticmethod
    def of(matrix: npt.NDArray[np.float32]) -> Coded:
        """Code a matrix of shape (n, m), with a scale per column."""
        peaks = np.abs(matrix).max(axis=0, keepdims=True)
        scales = (np.maximum(peaks, np.finfo(np.float32).tiny) / CODE_MAX).astype(np.float32)
        return Coded(np.rint(matrix / scales).astype(np.int8), scales)

    @staticmethod
    def beside(parts: Sequence[Coded]) -> Coded:
        """Matrices of equal height as one."""
        codes, scales = zip(*parts, strict=True)
        return Coded(np.concatenate(codes, axis=1), np.concatenate(scales, axis=1))


CODE_MAX = 127


class Nibbles(NamedTuple):
    """A table as 4-bit codes around 8, in blocks of a row that share a scale.

    Byte j of a block's half holds number j in its low four bits and number j + half in its high.
    """

    codes: npt.NDArray[np.uint8]
    """Shape (n, m / 2)."""
    scales: npt.NDArray[np.float16]
    """Shape (n, blocks)."""

    def decoded(self) -> npt.NDArray[np.float32]:
        """The table, shape (n, m)."""
        rows, blocks = self.scales.shape
        halves = self.codes.reshape(rows, blocks, -1)
        codes = np.concatenate([halves & 15, halves >> 4], axis=2).astype(np.float32) - NIBBLE_ZERO
        decoded = codes * self.scales.astype(np.float32)[:, :, None]
        return decoded.reshape(rows, -1)


NIBBLE_ZERO = 8


class Weights(NamedTuple):
    """By their names in the checkpoint."""

    coded: dict[str, Coded]
    plain: dict[str, npt.NDArray[np.float32]]
    words: Coded | Nibbles
    """The table of word pieces."""
