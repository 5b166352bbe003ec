"""Texts to token ids by a unigram vocabulary: the tokenizer of XLM-R, without its library.

`tokenizers` takes 1.4 s and 280 MB to read a vocabulary of 250,000 pieces, at each start; this
takes a third and a quarter. Texts are cut at white space, each word into the pieces whose scores
add up to the most (SentencePiece's unigram model, by Viterbi). Words are remembered: prose repeats
them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from ai_memory.adapters.embedder.token_batch import CHARS_PER_TOKEN_MAX, Tokens, padded

WORD_START: Final = "\u2581"
_WORDS_KEPT: Final = 20_000
_WORD_CHARS_MAX: Final = 1_000
"""A longer run without white space is cut there: Viterbi then takes no more than that at a time."""

_UNKNOWN_PENALTY: Final = 10.0  # below the least likely piece, as SentencePiece has it


class Vocabulary(NamedTuple):
    """Pieces, and what a text is brought to before it is looked for in them."""

    pieces: Mapping[str, int]
    """Piece → id; none is empty, and none a special token."""
    scores: Sequence[float]
    """By id: the logarithm of how likely the piece is."""
    characters: Mapping[int, str]
    """Code point → what stands for it."""
    begin: int
    end: int
    pad: int
    unknown: int


class UnigramTokenizer:
    """A vocabulary at work; safe to use from many threads.

    Args:
        vocabulary: Of the model.
        prefix: Stands before each text, and counts as its first words.
        tokens_max: Where a text is cut, the two tokens around it included.
    """

    def __init__(self, vocabulary: Vocabulary, *, prefix: str, tokens_max: int) -> None:
        self._vocabulary = vocabulary
        self._prefix = prefix
        self._tokens_max = tokens_max
        self._chars_max = tokens_max * CHARS_PER_TOKEN_MAX
        self._piece_chars_max = max(map(len, vocabulary.pieces))
        self._unknown_score = min(vocabulary.scores) - _UNKNOWN_PENALTY
        self._cut_word = lru_cache(_WORDS_KEPT)(self._cut)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Tokenise one batch, in order."""
        return padded([self.encode(text) for text in texts], self._vocabulary.pad)

    def encode(self, text: str) -> list[int]:
        """The ids of one text, with its beginning and its end."""
        vocabulary = self._vocabulary
        ids = [vocabulary.begin]
        room = self._tokens_max - 1
        text = unicodedata.normalize("NFC", self._prefix + text[: self._chars_max])
        for word in text.translate(vocabulary.characters).split():
            for start in range(0, len(word), _WORD_CHARS_MAX):
                piece = word[start : start + _WORD_CHARS_MAX]
                ids += self._cut_word(piece if start else WORD_START + piece)
            if len(ids) >= room:
                del ids[room:]
                break
        ids.append(vocabulary.end)
        return ids

    def _cut(self, word: str) -> tuple[int, ...]:
        """The most likely pieces of a word."""
        vocabulary = self._vocabulary
        find, scores = vocabulary.pieces.get, vocabulary.scores
        size = len(word)
        best = [0.0] + [float("-inf")] * size
        steps = [(0, vocabulary.unknown)] * (size + 1)  # where the last piece begins, and its id
        for start in range(size):
            so_far = best[start]
            unknown = so_far + self._unknown_score
            if unknown > best[start + 1]:
                best[start + 1], steps[start + 1] = unknown, (start, vocabulary.unknown)
            for end in range(start + 1, min(size, start + self._piece_chars_max) + 1):
                found = find(word[start:end])
                if found is not None and so_far + scores[found] > best[end]:
                    best[end], steps[end] = so_far + scores[found], (start, found)
        ids = []
        end = size
        while end:
            end, found = steps[end]
            ids.append(found)
        return tuple(reversed(ids))
