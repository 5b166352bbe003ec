"""Room: how long an answer its caller can take, and which rows of a page fit.

A model reads an answer whole, so what does not fit is left for the next page: the cursor of a page
is that of its last row, and nothing is lost. A caller who is no model has all the room there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from ai_memory.ports import TokenCounter
from ai_memory.retrieval.budget import Filled, fill

T = TypeVar("T")

_ENVELOPE_TOKENS: Final = 500
"""What stands around the rows; small answers have a small envelope."""
_ENVELOPE_SHARE: Final = 4

_encode: Final = msgspec.json.Encoder().encode


class Room:
    """Tokens that the rows of one answer may take."""

    def __init__(self, tokens: int, count: TokenCounter) -> None:
        """Take the room for the whole answer.

        Args:
            tokens: cl100k tokens of the answer as JSON.
            count: Counts them; asked only where the bytes alone do not prove that all fits.
        """
        self._whole = tokens
        self._tokens = tokens - min(_ENVELOPE_TOKENS, tokens // _ENVELOPE_SHARE)
        self._count = count

    def counting(self, count: TokenCounter) -> Room:
        """The same room with another counter."""
        return Room(self._whole, count)

    def first(self, rows: Sequence[T]) -> list[T]:
        """The first rows, as many as fit together; at least one, if there is any."""
        costs = self._costs(rows)
        if costs is None:
            return list(rows)
        spent, kept = 0, 0
        for cost in costs:
            spent += cost
            if spent > self._tokens and kept:
                break
            kept += 1
        return list(rows[:kept])

    def best(self, rows: Sequence[T]) -> Filled[T]:
        """The rows that fit, tried in their order; what is too long is skipped."""
        costs = self._costs(rows)
        if costs is None:
            return Filled(list(rows), 0, 0, 0, overflow=False)
        return fill(rows, costs, self._tokens)

    def characters(self, text: str) -> int:
        """How many of the first characters of a text fit in half of the room."""
        most = self._tokens // 2
        if len(text) * 4 <= most or len(text.encode()) <= most:
            return len(text)
        low, high = 0, len(text)  # the first `low` fit, the first `high + 1` do not or are not
        while low < high:
            middle = (low + high + 1) // 2
            (cost,) = self._count([_text(text[:middle])])
            if cost <= most:
                low = middle
            else:
                high = middle - 1
        return low

    def _costs(self, rows: Sequence[T]) -> list[int] | None:
        """Tokens of each row as JSON; None where all are sure to fit."""
        encoded = [_encode(row) for row in rows]
        # A token is a byte or more, so this needs no counting, which takes a large table.
        if sum(map(len, encoded)) + len(rows) <= self._tokens:
            return None
        return [cost + 1 for cost in self._count([row.decode() for row in encoded])]


def _text(text: str) -> str:
    """As it stands in JSON."""
    return _encode(text).decode()


def first_that_fit(room: Room | None, rows: Sequence[T]) -> list[T]:
    """The first rows that fit where the room is bounded; else all."""
    return list(rows) if room is None else room.first(rows)
