"""The words of the keyword index: which are there, and which stand beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ai_memory.model.query import Filter


class Vocabulary(Protocol):
    """Of all memories, whoever may see them: what is read here is nobody's answer yet."""

    def unknown_words(self, words: Sequence[str]) -> set[str]:
        """Those of the words that no memory has, in no form that the index takes for the same.

        Args:
            words: Letters only, in their normal form (`retrieval.words.searchable`).
        """

    def indexed_words(self, stretches: Sequence[tuple[str, str]], limit: int) -> list[str]:
        """The words of the index, as it holds them, of each stretch [first, end).

        Args:
            stretches: Of the index's order, that of code points.
            limit: So many occurrences of each stretch are looked at.
        """

    def keys_with(self, indexed: Sequence[str], where: Filter, limit: int) -> list[int]:
        """Row keys of some matching memories that have a word, `limit` occurrences of each.

        Args:
            indexed: Words as the index holds them.
            where: Which memories.
            limit: Of occurrences, for each word.
        """
