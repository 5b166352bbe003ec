"""Floors of a ranking: FTS5 as anybody would ask it, and BM25 by its formula, nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import apsw
import numpy as np
import numpy.typing as npt

_STOP_WORDS = (
    "a about all also am an and any are as at be been being but by can could did do does doing for "
    "from get had has have he her hers him his how i if in into is it its just me my no not of on "
    "or our ours she should so some such than that the their them then there these they this those "
    "to too was we were what when where which who whom whose why will with would you your"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())

_WORD = re.compile(r"\w+")
# Han, kana, Thai, Lao, Burmese, Khmer: written without blanks, so asked for by pairs.
_UNSPACED = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)


class BareWords:
    """FTS5: porter stems, stop words cut, any word of the question; its own BM25.

    Args:
        documents: Pairs (namespace, text); a document is known by its place.
    """

    def __init__(self, documents: Sequence[tuple[str, str]]) -> None:
        self._connection = apsw.Connection(":memory:")
        self._connection.execute(
            "CREATE VIRTUAL TABLE document USING fts5"
            "(text, namespace UNINDEXED, tokenize = 'porter unicode61')"
        )
        self._connection.executemany(
            "INSERT INTO document (rowid, namespace, text) VALUES (?, ?, ?)",
            (
                (place, namespace, _paired(text))
                for place, (namespace, text) in enumerate(documents)
            ),
        )

    def rank(self, question: str, namespace: str, count: int) -> list[int]:
        """The places of the documents that match best, best first."""
        words = dict.fromkeys(_WORD.findall(_paired(question).lower()))
        asked = [word for word in words if word not in STOP_WORDS] or list(words)
        if not asked:
            return []
        expression = " OR ".join(f'"{word}"' for word in asked)
        found = self._connection.execute(
            "SELECT rowid FROM document WHERE document MATCH ? AND namespace = ? "
            "ORDER BY rank LIMIT ?",
            (expression, namespace, count),
        )
        return [int(place) for (place,) in found]

    def close(self) -> None:
        """Let go of the table."""
        self._connection.close()


class BareBm25:
    """BM25 over documents that are lists of words."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        counts = [Counter(words) for words in documents]
        lengths = np.array([len(words) for words in documents], np.float64)
        self._lengths = lengths / max(1.0, float(lengths.mean()))
        self._postings: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]] = {}
        held: dict[str, list[tuple[int, int]]] = {}
        for place, count in enumerate(counts):
            for word, times in count.items():
                held.setdefault(word, []).append((place, times))
        for word, entries in held.items():
            pairs = np.array(entries)
            self._postings[word] = pairs[:, 0], pairs[:, 1].astype(np.float64)

    def scores(self, words: Sequence[str], k1: float, b: float) -> npt.NDArray[np.float64]:
        """How well each document matches. Shape (documents,); 0 where no word is in it."""
        total = np.zeros(len(self._lengths))
        for word in words:
            if word in self._postings:
                places, times = self._postings[word]
                rarity = np.log(1 + (len(total) - len(places) + 0.5) / (len(places) + 0.5))
                norm = k1 * (1 - b + b * self._lengths[places])
                total[places] += rarity * times * (k1 + 1) / (times + norm)
        return total


def _paired(text: str) -> str:
    """The text with what is written without blanks as overlapping pairs."""

    def pairs(run: re.Match[str]) -> str:
        letters = run.group()
        return f" {' '.join(letters[at : at + 2] for at in range(max(1, len(letters) - 1)))} "

    return _UNSPACED.sub(pairs, text)
