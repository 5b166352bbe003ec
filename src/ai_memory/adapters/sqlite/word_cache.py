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
from typing import Any, Final, NamedTuple, TypeAlias

import apsw
import msgspec
import numpy as np
import numpy.typing as npt

from ai_memory.adapters.sqlite.posting import (
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

Ask: TypeAlias = Callable[[str, Mapping[str, Any]], Any]
"""Runs one statement on the caller's snapshot; the value of its one row."""

_POSTINGS_MAX: Final = 16_000_000  # in all words, 6 bytes each
_BUDGET: Final = 1_000_000  # added up per question, rarest words first: 5 to 10 ms
_TAIL_SHARE: Final = 50  # a word is read anew when the store has grown by one part in so many
_TAIL_MIN: Final = 1_000
_CHANGED_MAX: Final = 1_000  # memories changed since the last question; beyond, forget it all
_LOOKUP_COST: Final = 100  # reading a whole word costs per posting a hundredth of looking one up
_HIGHEST: Final = "\U0010ffff"
_TOKENIZER: Final = ("porter", ["unicode61", "remove_diacritics", "2"])

_any = msgspec.json.Decoder()


class _Known(NamedTuple):
    """What is known of the store at some moment; replaced as a whole."""

    covered: int
    version: int
    lengths: Lengths
    memories: int
    mean: float
    changes: tuple[tuple[int, int], ...]  # (version key, memory key) of memories that changed


class WordCache:
    """Shared by the threads of a process; each passes its own snapshot."""

    def __init__(self, weights: tuple[float, float, float]) -> None:
        self._weights = weights
        self._lock = threading.Lock()
        self._known = _EMPTY
        self._words: OrderedDict[str, Posting] = OrderedDict()
        self._size = 0

    def ranked(
        self,
        connection: apsw.Connection,
        ask: Ask,
        words: Sequence[str],
        among: Keys | None,
        first: int,
    ) -> Iterator[list[WordHit]]:
        """The memories with any of the words, best first, in batches that grow.

        Args:
            connection: The snapshot's, for its tokenizer.
            ask: The snapshot.
            words: Of the question; a word ending in `*` stands for all that begin so.
            among: Only these memories; None: all.
            first: Size of the first batch.
        """
        postings = self._postings(ask, _stems(connection, words))
        scores = np.zeros(len(self._known.lengths), np.float32)
        memories = self._known.memories
        for posting in postings:
            weight = np.float32(rarity(memories, len(posting.keys)) * SHARE_UNIT)
            scores[posting.keys] += posting.shares * weight
        return _best_first(scores, [posting.keys for posting in postings], among, first)

    # -- following the store -------------------------------------------------------------------

    def _postings(self, ask: Ask, stems: Sequence[str]) -> list[Posting]:
        """The words' postings, the rarest first, as many as one question may add up."""
        last, version = _any.decode(ask(query("newest_keys"), {}))
        known = self._follow(ask, last, version)
        with self._lock:
            held = {stem: self._words[stem] for stem in stems if stem in self._words}
            for stem in held:
                self._words.move_to_end(stem)
        missing = [stem for stem in stems if stem not in held]
        counts = {stem: len(posting.keys) for stem, posting in held.items()}
        if missing:
            counts |= zip(missing, self._frequencies(ask, missing), strict=True)
        chosen, spent = [], 0
        for stem in sorted((stem for stem in stems if counts[stem]), key=counts.__getitem__):
            spent += counts[stem]
            if chosen and spent > _BUDGET:
                break
            chosen.append(stem)
        self._refresh(ask, held, chosen, known, last, version)
        for stem in chosen:
            if stem not in held:
                held[stem] = self._load(ask, stem, known, last, version)
        return [held[stem] for stem in chosen]

    def _follow(self, ask: Ask, last: int, version: int) -> _Known:
        """Learn the lengths of new memories, and which older ones changed their text."""
        with self._lock:
            known = self._known
            if last <= known.covered and version <= known.version:
                return known
            changed: list[list[int]] = []
            if known.covered:
                changed = _any.decode(
                    ask(
                        query("changed_memories"),
                        {
                            "version": known.version,
                            "covered": known.covered,
                            "limit": _CHANGED_MAX + 1,
                        },
                    )
                )
            if len(changed) + len(known.changes) > _CHANGED_MAX:
                known, changed = _EMPTY, []
                self._words.clear()
                self._size = 0
            lengths = np.zeros(max(last, known.covered) + 1, np.float32)
            lengths[: len(known.lengths)] = known.lengths
            for name, bindings in (
                ("word_sizes_after", {"after": known.covered}),
                ("word_sizes", {"keys": _json([key for _version, key in changed])}),
            ):
                if name == "word_sizes_after" or changed:
                    keys, sizes = ask(query(name), bindings)
                    found = numbers(keys)
                    inside = found < len(lengths)
                    lengths[found[inside]] = word_counts(sizes)[inside]
            memories = int(np.count_nonzero(lengths))
            self._known = _Known(
                max(last, known.covered),
                max(version, known.version),
                lengths,
                memories,
                float(lengths.sum(dtype=np.float64)) / max(memories, 1),
                (*known.changes, *((at, key) for at, key in changed)),
            )
            return self._known

    def _refresh(
        self,
        ask: Ask,
        held: dict[str, Posting],
        chosen: Sequence[str],
        known: _Known,
        last: int,
        version: int,
    ) -> None:
        """Bring held words up to the snapshot; drop from `held` what is cheaper to read anew."""
        behind: list[str] = []
        for stem in [stem for stem in chosen if stem in held]:
            posting = held[stem]
            if posting.covered >= last and posting.version >= version:
                continue
            changed = [
                key for at, key in known.changes if at > posting.version and key <= posting.covered
            ]
            grown = last - posting.loaded
            if grown > max(_TAIL_MIN, posting.loaded // _TAIL_SHARE) or (
                len(changed) * _LOOKUP_COST > len(posting.keys) and changed
            ):
                del held[stem]
                continue
            if changed:
                keys = np.unique(np.asarray(changed, np.int64))
                present = ask(query("memories_with"), {"keys": _json(keys.tolist()), **_term(stem)})
                posting = posting.corrected(keys, numbers(present), version)
            held[stem] = posting._replace(version=max(version, posting.version))
            if posting.covered < last:
                behind.append(stem)
        if behind:
            asked = [(_expression(stem), held[stem].covered) for stem in behind]
            found = _any.decode(ask(query("memories_after"), {"asked": _json(asked)}))
            for stem, keys in zip(behind, found, strict=True):
                held[stem] = held[stem].joined(numbers(keys), last)
        with self._lock:
            for stem in held:
                self._keep(stem, held[stem])

    def _frequencies(self, ask: Ask, stems: Sequence[str]) -> list[int]:
        """In how many memories each word occurs, counted as far as it matters."""
        asked = [_expression(stem) for stem in stems]
        counts: list[int] = _any.decode(
            ask(query("word_frequencies"), {"asked": _json(asked), "limit": _BUDGET})
        )
        return counts

    def _load(self, ask: Ask, stem: str, known: _Known, last: int, version: int) -> Posting:
        """Read a whole word."""
        text = ask(query("word_instances"), _term(stem))
        instances = numbers(text)
        if stem.endswith("*"):
            instances.sort()
        keys, shares = weighed(
            instances[instances >> 2 < len(known.lengths)], known.lengths, known.mean, self._weights
        )
        posting = Posting(keys, shares, last, version, last)
        with self._lock:
            self._keep(stem, posting)
        return posting

    def _keep(self, stem: str, posting: Posting) -> None:
        """Hold on to a word; the words longest unused make room. The lock is held."""
        before = self._words.pop(stem, None)
        if before is not None:
            self._size -= len(before.keys)
        self._words[stem] = posting
        self._size += len(posting.keys)
        while self._size > _POSTINGS_MAX and len(self._words) > 1:
            _stem, oldest = self._words.popitem(last=False)
            self._size -= len(oldest.keys)


def _best_first(
    scores: npt.NDArray[np.float32],
    found: Sequence[npt.NDArray[np.uint32]],
    among: Keys | None,
    first: int,
) -> Iterator[list[WordHit]]:
    """Batches of hits, best first, equal ones by key."""
    if among is not None:
        keys = among[among < len(scores)]
        keys = keys[scores[keys] > 0]
        yield _sorted(keys, scores[keys])
        return
    # The first batch: nothing that scores below the n-th best of the rarest words is among the
    # n best of all, so that few have to be sorted.
    some = np.empty(0, np.uint32)
    for keys in found:
        some = np.concatenate((some, keys))
        if len(some) >= first:
            break
    if len(some) <= first:
        floor = np.float32(0)
    else:
        some = np.unique(some)
        floor = _nth_best(scores[some], first)
    batch = np.flatnonzero(scores >= floor if floor > 0 else scores)
    if len(batch) > first:
        batch = batch[scores[batch] >= _nth_best(scores[batch], first)]
    yield _sorted(batch, scores[batch])
    rest = np.flatnonzero(scores)
    rest = rest[~np.isin(rest, batch)]
    values = scores[rest]
    order = np.lexsort((rest, -values))
    at, size = 0, first * 8
    while at < len(order):
        part = order[at : at + size]
        yield _hits(rest[part], values[part])
        at, size = at + size, size * 4


def _nth_best(values: npt.NDArray[np.float32], count: int) -> np.float32:
    if len(values) <= count:
        return np.float32(values.min(initial=0))
    best: np.float32 = np.partition(values, len(values) - count)[len(values) - count]
    return best


def _sorted(keys: Keys, values: npt.NDArray[np.float32]) -> list[WordHit]:
    order = np.lexsort((keys, -values))
    return _hits(keys[order], values[order])


def _hits(keys: Keys, values: npt.NDArray[np.float32]) -> list[WordHit]:
    return [WordHit(key, score) for key, score in zip(keys.tolist(), values.tolist(), strict=True)]


def _stems(connection: apsw.Connection, words: Sequence[str]) -> list[str]:
    """The words as the index holds them; one ending in `*` is a beginning."""
    name, arguments = _TOKENIZER
    tokenizer = connection.fts5_tokenizer(name, arguments)
    stems: dict[str, None] = {}
    for word in words:
        for token in tokenizer(
            word.rstrip("*").encode(), apsw.FTS5_TOKENIZE_QUERY, None, include_offsets=False
        ):
            stems[token[0] + ("*" if word.endswith("*") else "")] = None
    return list(stems)


def _expression(stem: str) -> str:
    return f'"{stem[:-1]}" *' if stem.endswith("*") else f'"{stem}"'


def _term(stem: str) -> dict[str, str]:
    if stem.endswith("*"):
        return {"first": stem[:-1], "last": stem[:-1] + _HIGHEST}
    return {"first": stem, "last": stem}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_EMPTY: Final = _Known(0, 0, np.zeros(1, np.float32), 0, 1.0, ())
