"""The words of the keyword index, read from the index itself: nothing is kept of them elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ai_memory.adapters.sqlite.filter import compile_filter
from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.statement import Statements, json_text
from ai_memory.model.query import Filter

_any = msgspec.json.Decoder()


class VocabularyReader(Statements):
    """The Vocabulary port."""

    def unknown_words(self, words: Sequence[str]) -> set[str]:
        """See ports.Vocabulary."""
        self._flush()
        asked = json_text([f'"{word}"' for word in words])
        return {
            words[at] for at in _any.decode(self._one(query("unknown_words"), {"asked": asked}))
        }

    def indexed_words(self, stretches: Sequence[tuple[str, str]], limit: int) -> list[str]:
        """See ports.Vocabulary."""
        self._flush()
        sql = query("indexed_words")
        found: dict[str, None] = {}
        for first, end in stretches:
            words = self._one(sql, {"first": first, "end": end, "limit": limit})
            found |= dict.fromkeys(_any.decode(words))
        return list(found)

    def keys_with(self, indexed: Sequence[str], where: Filter, limit: int) -> list[int]:
        """See ports.Vocabulary."""
        self._flush()
        compiled = compile_filter(where)
        sql = query("keys_with_term", version_join=compiled.version_join, where=compiled.sql)
        found: dict[int, None] = {}
        for term in indexed:
            keys = self._one(sql, {**compiled.bindings, "term": term, "limit": limit})
            found |= dict.fromkeys(_any.decode(keys))
        return list(found)
