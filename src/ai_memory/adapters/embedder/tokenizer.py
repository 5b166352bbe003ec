"""Texts to token ids, as one padded batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tokenizers import Tokenizer as FastTokenizer

from ai_memory.adapters.embedder.token_batch import CHARS_PER_TOKEN_MAX, Tokens, padded

FEW_CHARS: Final = 1_000
"""So many are tokenised at once, in 0.3 ms. A batch wakes threads of the library and lets others
take the interpreter lock, which costs more than it saves; for more than that it pays."""


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
        return padded(rows, self._pad_id)
