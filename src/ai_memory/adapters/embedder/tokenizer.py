"""Texts to token ids, as one padded batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from tokenizers import Tokenizer as FastTokenizer

if TYPE_CHECKING:
    import numpy.typing as npt

CHARS_PER_TOKEN_MAX: Final = 32  # what stands behind that many characters per token is never read

FEW_CHARS: Final = 1_000
"""So many are tokenised at once, in 0.3 ms. A batch wakes threads of the library and lets others
take the interpreter lock, which costs more than it saves; for more than that it pays."""


class Tokens(NamedTuple):
    """A batch. Both of shape (texts, length of the longest), int64."""

    ids: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]
    """1 where a token is, 0 where padding is."""


class Tokenizer:
    """A `tokenizer.json`, cutting texts at `tokens_max` and padding to the longest of the batch."""

    def __init__(self, file: Path, *, tokens_max: int, pad_id: int = 0) -> None:
        self._fast = FastTokenizer.from_file(str(file))
        padding = self._fast.padding
        self._pad_id: int = padding["pad_id"] if padding else pad_id
        self._fast.no_padding()
        self._fast.enable_truncation(tokens_max)
        self._chars_max = tokens_max * CHARS_PER_TOKEN_MAX

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Tokenise one batch, in order."""
        # The library tokenises the whole text before it cuts, so a long one is cut first.
        cut = [text[: self._chars_max] for text in texts]
        if sum(map(len, cut)) <= FEW_CHARS:
            rows = [self._fast.encode(text).ids for text in cut]
        else:
            rows = [encoding.ids for encoding in self._fast.encode_batch_fast(cut)]
        length = max(map(len, rows))
        ids = np.full((len(rows), length), self._pad_id, np.int64)
        mask = np.zeros((len(rows), length), np.int64)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = row
            mask[index, : len(row)] = 1
        return Tokens(ids, mask)
