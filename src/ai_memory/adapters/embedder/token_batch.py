"""The token ids of several texts as one padded batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

CHARS_PER_TOKEN_MAX: Final = 32  # what stands behind that many characters per token is never read


class Tokens(NamedTuple):
    """A batch. Both of shape (texts, length of the longest), int64."""

    ids: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]
    """1 where a token is, 0 where padding is."""


class TokenSource(Protocol):
    """Whatever makes token ids of texts."""

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Tokenise one batch, in order."""


def padded(rows: Sequence[Sequence[int]], pad_id: int) -> Tokens:
    """Rows of ids as one batch, as long as the longest."""
    length = max(map(len, rows))
    ids = np.full((len(rows), length), pad_id, np.int64)
    mask = np.zeros((len(rows), length), np.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return Tokens(ids, mask)
