"""What the vectors of a model have in common, to be taken from each: it tells none from another.

E5's vectors lie in a narrow cone: two texts about nothing alike have a cosine of 0.75. Without
their mean they spread out as other models' do. What is left in common is the language: a German
question is nearer to any German text than to the English one that answers it. Vectors of the same
sentences in twenty languages show the directions that tell languages apart and nothing else;
without those, a question finds what answers it in whichever language that stands (docs/adr/0038).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ai_memory.adapters.embedder.pooling import unit_rows

if TYPE_CHECKING:
    from ai_memory.ports import Matrix, Vector

E5_FILE: Final = Path(__file__).with_name("e5_common_part.npy")
"""Written by scripts/common_part.py."""


class CommonPart(NamedTuple):
    """A mean, and directions that say nothing about what a text means."""

    mean: Vector
    """Shape (dim,)."""
    directions: Matrix
    """Shape (n, dim), orthonormal."""

    def taken_from(self, rows: Matrix) -> Matrix:
        """Unit rows without it, at unit norm again. Both of shape (texts, dim)."""
        rows = rows - self.mean
        return unit_rows(rows - (rows @ self.directions.T) @ self.directions)


def found_in(parallel: Matrix) -> CommonPart:
    """The common part of vectors of the same sentences in several languages.

    Args:
        parallel: Unit vectors, shape (languages, sentences, dim).
    """
    mean = parallel.mean(axis=(0, 1))
    of_languages = parallel.mean(axis=1) - mean
    # Their mean is zero, so they span a space of one dimension less than there are languages.
    _left, _sizes, directions = np.linalg.svd(of_languages, full_matrices=False)
    return CommonPart(mean, directions[: len(parallel) - 1])


def save(part: CommonPart, file: Path) -> None:
    """Write it as float16: the mean, then a row for each direction."""
    np.save(file, np.vstack([part.mean, part.directions]).astype("<f2"))


def load(file: Path) -> CommonPart:
    """Read what `save` wrote."""
    rows = np.load(file, allow_pickle=False).astype(np.float32)
    return CommonPart(rows[0], rows[1:])
