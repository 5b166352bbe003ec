"""The words of recent questions, kept in memory: BM25 without asking FTS5 about every match again.

FTS5 takes about a microsecond per matching memory and question; half of it is spent on finding
the memory's length, again each time. Here a word is read once, its shares of BM25 are computed
once, and a question adds up arrays. FTS5 stays the truth: whatever is here can be thrown away,
and a snapshot that is ahead of it is followed, word by word, when the word is asked for.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

import apsw
import msgspec
import numpy as np
import numpy.typing as npt

from ai_memory.adapters.sqlite.posting import (
    COLUMN_BITS,
    SHARE_UNIT,
    Keys,
    Lengths,
    Posting,
    numbers,
    rarity,
    weighed,
    word_counts,
)
from ai_memory.adapters.sqlite.query import query
from ai_memory.ports import WordHit
from ai_memory.retrieval.script import is_beginning
from ai_memory.retrieval.words import index_words

Ask: TypeAlias = Callable[[str, Mapping[str, Any]], Any]
"""Runs one statement on the caller's snapshot; the value of its one row."""

_POSTINGS_MAX: Final = 16_000_000  # in all words, 6 bytes each
_BUDGET: Final = 1_000_000  # added up per question, rarest words first: 5 to 10 ms
_COUNTED_MIN: Final = 1_000  # counts of rarer words are not worth keeping
_COUNTS_MAX: Final = 10_000
_TAIL_SHARE: Final = 50  # a word is read anew when the store has grown by one part in so many
_TAIL_MIN: Final = 1_000
_VERSIONS_MAX: Final = 20_000  # written since the last question; beyond, all is read anew
_CHANGES_MAX: Final = 1_000  # remembered; words not asked for since then are read anew
_LOOKUP_COST: Final = 100  # reading a whole word costs per posting a hundredth of looking one up
_HIGHEST: Final = "\U0010ffff"
_TOKENIZER: Final = ("porter", ["ascii"])  # of the table `words`
_GROWTH: Final = 8  # of batches
_FLOORS: Final = 2  # so many words, the rarest, are tried for a lower bound of the best scores

_any = msgspec.json.Decoder()


class Word(NamedTuple):
    """A word of a question.

    Attributes:
        text: As FTS5 takes it, unquoted.
        stem: As the index holds it.
        beginning: It stands for all words that begin so.
    """

    text: str
    stem: str
    beginning: bool

    @property
    def expression(self) -> str:
        """The word as an FTS5 query."""
        return f'"{self.text}" *' if self.beginning else f'"{self.text}"'

    @property
    def bounds(self) -> dict[str, str]:
        """The stems it stands for, as bindings."""
        return {"first": self.stem, "last": self.stem + _HIGHEST if self.beginning else self.stem}


class _Known(NamedTuple):
    """What is known of the store at some moment; replaced as a whole.

    Attributes:
        covered: The last memory key, and `version`: the last version key looked at.
        lengths: Indexed words by memory key.
        memories: How many have a length; `words`: the sum of lengths.
        changes: (version key, memory key) of memories that changed their text.
        since: `changes` lacks those of this version key and before.
    """

    covered: int
    version: int
    lengths: Lengths
    memories: int
    words: float
    changes: tuple[tuple[int, int], ...]
    since: int

    @property
    def mean(self) -> float:
        return self.words / max(self.memories, 1)


class WordCache:
    """Shared by the threads of a process; each passes its own snapshot."""

    def __init__(self, weights: tuple[float, float, float]) -> None:
        self._weights = weights
        self._lock = threading.Lock()
        self._known = _EMPTY
        self._room = _EMPTY.lengths  # lengths live at its beginning
        self._postings: OrderedDict[tuple[str, bool], Posting] = OrderedDict()
        self._size = 0
        self._counts: dict[tuple[str, bool], tuple[int, int]] = {}  # of words not held: (n, when)

    def ranked(
        self, ask: Ask, words: Sequence[Word], among: Keys | None, first: int
    ) -> Iterator[list[WordHit]]:
        """The memories with any of the words, best first, in batches that grow.

        Where the words are too common to add up all, the most common ones do not count.

        Args:
            ask: The snapshot.
            words: Of the question (`analysed`).
            among: Only these memories; None: all.
            first: Size of the first batch.
        """
        postings, memories = self._current(ask, words)
        last = max((int(posting.keys[-1]) for posting in postings), default=0)
        scores = np.zeros(last + 1, np.float32)
        for posting in postings:
            weight = np.float32(rarity(memories, len(posting.keys)) * SHARE_UNIT)
            scores[posting.keys] += posting.shares * weight
        return _best_first(scores, postings, among, first)

    # -- following the store -------------------------------------------------------------------

    def _current(self, ask: Ask, words: Sequence[Word]) -> tuple[list[Posting], int]:
        """The words' postings, the rarest first, as many as one question may add up."""
        last, version = _any.decode(ask(query("newest_keys"), {}))
        known = self._follow(ask, last, version)
        with self._lock:
            held = {
                word: self._postings[word.stem, word.beginning]
                for word in words
                if (word.stem, word.beginning) in self._postings
            }
            for word in held:
                self._postings.move_to_end((word.stem, word.beginning))
        counts = {word: len(posting.keys) for word, posting in held.items()}
        if missing := [word for word in words if word not in held]:
            counts |= self._frequencies(ask, missing, last)
        chosen: list[Word] = []
        spent = 0
        for word in sorted((word for word in counts if counts[word]), key=counts.__getitem__):
            spent += counts[word]
            if chosen and spent > _BUDGET:
                break
            chosen.append(word)
        held = self._refreshed(
            ask, {word: held[word] for word in chosen if word in held}, known, last, version
        )
        for word in chosen:
            if word not in held:
                held[word] = self._load(ask, word, known, last, version)
        with self._lock:
            for word in chosen:
                self._keep((word.stem, word.beginning), held[word])
        return [held[word] for word in chosen if len(held[word].keys)], known.memories

    def _follow(self, ask: Ask, last: int, version: int) -> _Known:
        """Learn the lengths of new memories, and which older ones changed their text."""
        with self._lock:
            known = self._known
            if last <= known.covered and version <= known.version:
                return known
            changed: list[tuple[int, int]] = []
            if version - known.version <= _VERSIONS_MAX:
                bindings = {"version": known.version, "covered": known.covered}
                changed = [(at, key) for at, key in _any.decode(ask(_CHANGED, bindings))]
            else:
                known = _EMPTY._replace(since=version)
            memories, words = known.memories, known.words
            if last >= len(self._room):
                room = np.zeros(2 * last + 2, np.float32)
                room[: len(known.lengths)] = known.lengths
                self._room = room
            found, lengths = self._lengths(ask, query("word_sizes_after"), after=known.covered)
            found, lengths = found[found <= last], lengths[found <= last]
            self._room[found] = lengths
            memories, words = memories + len(found), words + float(lengths.sum())
            if changed:
                keys = msgspec.json.encode([key for _at, key in changed]).decode()
                found, lengths = self._lengths(ask, query("word_sizes"), keys=keys)
                words += float(lengths.sum() - self._room[found].sum())
                self._room[found] = lengths
            changes, since = (*known.changes, *changed), known.since
            if len(changes) > _CHANGES_MAX:
                since = changes[-_CHANGES_MAX // 2 - 1][0]
                changes = changes[-_CHANGES_MAX // 2 :]
            self._known = _Known(
                last, version, self._room[: last + 1], memories, words, changes, since
            )
            return self._known

    def _lengths(self, ask: Ask, sql: str, **bindings: Any) -> tuple[Keys, Lengths]:
        keys, sizes = ask(sql, bindings)
        return numbers(keys), word_counts(sizes)

    def _refreshed(
        self, ask: Ask, held: Mapping[Word, Posting], known: _Known, last: int, version: int
    ) -> dict[Word, Posting]:
        """Bring postings up to the snapshot; those that are cheaper to read anew are left out."""
        current: dict[Word, Posting] = {}
        behind: list[Word] = []
        for word, posting in held.items():
            changed: list[int] = []
            if posting.version < version:
                if posting.version < known.since:
                    continue
                changed = [
                    key
                    for at, key in known.changes
                    if at > posting.version and key <= posting.covered
                ]
            grown = last - posting.loaded
            if grown > max(_TAIL_MIN, posting.loaded // _TAIL_SHARE):
                continue
            if len(changed) * _LOOKUP_COST > max(len(posting.keys), _LOOKUP_COST):
                continue
            if changed:
                keys = np.unique(np.asarray(changed, np.int64))
                text = msgspec.json.encode(keys.tolist()).decode()
                bindings = {"keys": text, "expression": word.expression}
                present = numbers(ask(query("keys_with_word"), bindings))
                current[word] = posting.corrected(keys, present, version)
            else:
                current[word] = posting._replace(version=max(version, posting.version))
            if posting.covered < last:
                behind.append(word)
        if behind:
            asked = [(word.expression, current[word].covered) for word in behind]
            text = ask(query("keys_after"), {"asked": msgspec.json.encode(asked).decode()})
            for word, keys in zip(behind, _any.decode(text), strict=True):
                current[word] = current[word].joined(np.asarray(keys, np.int64), last)
        return current

    def _frequencies(self, ask: Ask, words: Sequence[Word], last: int) -> dict[Word, int]:
        """In how many memories each word occurs, counted as far as it matters."""
        counts: dict[Word, int] = {}
        unknown: list[Word] = []
        for word in words:
            count, when = self._counts.get((word.stem, word.beginning), (0, 0))
            if count > _COUNTED_MIN and last - when <= when // _TAIL_SHARE:
                counts[word] = count
            else:
                unknown.append(word)
        if unknown:
            asked = msgspec.json.encode([word.expression for word in unknown]).decode()
            text = ask(query("word_frequencies"), {"asked": asked, "limit": _BUDGET})
            counts |= zip(unknown, _any.decode(text), strict=True)
            with self._lock:
                if len(self._counts) > _COUNTS_MAX:
                    self._counts.clear()
                for word in unknown:
                    if counts[word] > _COUNTED_MIN:
                        self._counts[word.stem, word.beginning] = (counts[word], last)
        return counts

    def _load(self, ask: Ask, word: Word, known: _Known, last: int, version: int) -> Posting:
        """Read a whole word."""
        instances = numbers(ask(query("word_instances"), word.bounds))
        if word.beginning:
            instances.sort()
        # Another thread's snapshot may have been ahead of this one, or behind it.
        instances = instances[: np.searchsorted(instances, len(known.lengths) << COLUMN_BITS)]
        keys, shares = weighed(instances, known.lengths, known.mean, self._weights)
        return Posting(keys, shares, last, version, last)

    def _keep(self, name: tuple[str, bool], posting: Posting) -> None:
        """Hold on to a word; the words longest unused make room. The lock is held."""
        before = self._postings.pop(name, None)
        if before is not None:
            self._size -= len(before.keys)
        self._postings[name] = posting
        self._size += len(posting.keys)
        while self._size > _POSTINGS_MAX and len(self._postings) > 1:
            _name, oldest = self._postings.popitem(last=False)
            self._size -= len(oldest.keys)


def _best_first(
    scores: npt.NDArray[np.float32],
    postings: Sequence[Posting],
    among: Keys | None,
    size: int,
) -> Iterator[list[WordHit]]:
    """Batches of hits, best first, equal ones by key; a hit's score becomes 0."""
    if among is not None:
        found = among[among < len(scores)]
        found = found[scores[found] > 0]
    else:
        # What scores below the n-th best of one word is not among the n best of all, so the first
        # batch need not look at every memory that has a word.
        enough = (posting.keys for posting in postings if len(posting.keys) >= size)
        floors = (_nth_best(scores[keys], size) for keys in islice(enough, _FLOORS))
        floor = max(floors, default=np.float32(0))
        found = np.flatnonzero(scores >= floor if floor > 0 else scores)
        if floor > 0:
            yield _cut(scores, found, size)
            found, size = np.flatnonzero(scores), size * _GROWTH
    while len(found):
        yield _cut(scores, found, size)
        found, size = found[scores[found] > 0], size * _GROWTH


def _cut(scores: npt.NDArray[np.float32], found: Keys, size: int) -> list[WordHit]:
    """Take the best out of the scores."""
    if len(found) > size:
        found = found[scores[found] >= _nth_best(scores[found], size)]
    best = found[np.lexsort((found, -scores[found]))][:size]
    hits = zip(best.tolist(), scores[best].tolist(), strict=True)
    scores[best] = 0
    return [WordHit(key, score) for key, score in hits]


def _nth_best(values: npt.NDArray[np.float32], count: int) -> np.float32:
    """The count-th greatest value; 0 if there are fewer."""
    if len(values) < count:
        return np.float32(0)
    best: np.float32 = np.partition(values, len(values) - count)[len(values) - count]
    return best


def analysed(connection: apsw.Connection, words: Sequence[str]) -> list[Word]:
    """Plain words as the index holds them; two with one stem count twice, as in FTS5.

    Args:
        connection: Any; for its tokenizer.
        words: Of `retrieval.words.terms`.
    """
    tokenizer = connection.fts5_tokenizer(*_TOKENIZER)
    found: list[Word] = []
    for word in index_words(words):
        source = word.encode()
        tokens: Any = tokenizer(source, apsw.FTS5_TOKENIZE_QUERY, None)
        for start, end, stem, *_others in tokens:
            found.append(Word(source[start:end].decode(), stem, is_beginning(word)))
    return found


_EMPTY: Final = _Known(0, 0, np.zeros(1, np.float32), 0, 0.0, (), 0)
_CHANGED: Final = query("changed_memories")
