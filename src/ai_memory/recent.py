"""Recent: the vectors of the questions asked last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ai_memory.ports import Matrix, Vector

TEXTS_MAX: Final = 512  # 1.5 kB each, with 384 dimensions
CHARS_MAX: Final = 2_000  # a longer one is hardly asked twice


class RecentVectors:
    """Remembers vectors by their text, of one model; safe to use from many threads.

    Programs ask the same thing again: at each start, in each round of a loop, after a failure.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._vectors: OrderedDict[str, Vector] = OrderedDict()  # the longest unused first

    def embed(self, texts: Sequence[str], embed: Callable[[Sequence[str]], Matrix]) -> Matrix:
        """The vectors of texts, in order.

        Args:
            texts: At least one.
            embed: Makes those that are not remembered, in one call.

        Returns:
            Shape (len(texts), dim), float32. Not to be written to.
        """
        found: dict[str, Vector] = {}
        with self._lock:
            for text in texts:
                if (vector := self._vectors.get(text)) is not None:
                    self._vectors.move_to_end(text)
                    found[text] = vector
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if len(missing) == len(texts):
            made = embed(missing)
            self._keep(missing, made)
            return made
        import numpy as np  # who embeds has loaded it

        if missing:
            made = embed(missing)
            self._keep(missing, made)
            found.update(zip(missing, made, strict=True))
        return np.stack([found[text] for text in texts])

    def _keep(self, texts: Sequence[str], vectors: Matrix) -> None:
        with self._lock:
            for text, vector in zip(texts, vectors, strict=True):
                if len(text) <= CHARS_MAX:
                    self._vectors[text] = vector
            while len(self._vectors) > TEXTS_MAX:
                self._vectors.popitem(last=False)
