"""Occurrence: where the words of a question stand in the texts of a pool.

All texts are searched at once, end to end, with one `str.find` after another and no tokenizing: per
text and word a call would cost more than the search. Fifty texts of a sentence take 0.2 ms.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple, TypeAlias

from ai_memory import late
from ai_memory.retrieval.compound import HUMP
from ai_memory.retrieval.exact import boundaries, is_exact
from ai_memory.retrieval.script import UNSPACED, is_unspaced
from ai_memory.retrieval.words import Searched, root, searched

BUCKET_CHARS: Final = 85  # the unit in which a word's frequency over the pool is counted
OCCURRENCES_MAX: Final = 64  # of one word in one text
_TEXT_CHARS_MAX: Final = 65_536
_POOL_CHARS_MAX: Final = 400_000  # some 4 ms
_JOINED: Final = r"[^\w\n]?_?"  # what may stand between the parts of a joined name
_BETWEEN: Final = "\n"  # no word goes on behind it

_ASCII_WORD_END: Final = late.pattern("[a-z0-9]*")
_WORD_END: Final = late.pattern(rf"[^\x00-/:-`{{-\x7f{UNSPACED}]*")
_BESIDE_UNSPACED: Final = late.pattern(f"[{UNSPACED}]")

Event: TypeAlias = tuple[int, int, int]
"""Start, term, end; characters of the text. Terms are counted from 0."""


class Standing(NamedTuple):
    """Where the words of a question stand in one text, to be told again of a part of it.

    Attributes:
        probes: What was searched for.
        events: Places of the text as it was searched.
        humps: See `words.Searched`.
        chars: Of the text.
    """

    probes: Sequence[str]
    events: Sequence[Event]
    humps: Sequence[int]
    chars: int

    def in_last(self, chars: int) -> tuple[list[tuple[int, int]], set[int]]:
        """Where the words stand in the end of the text.

        Args:
            chars: How long that is.

        Returns:
            Place in it and term, in order; and the terms that may stand elsewhere in it, too.
        """
        begin = self.chars - chars
        blanks = [at + nth for nth, at in enumerate(self.humps)]
        places: list[tuple[int, int]] = []
        counts = [0] * len(self.probes)
        elsewhere: set[int] = set()
        for start, term, _end in self.events:
            counts[term] += 1
            at = start - bisect_left(blanks, start) - begin if blanks else start - begin
            if at >= chars:  # a joined name as a whole, which is searched behind the text
                elsewhere.add(term)
            elif at >= 0:
                places.append((at, term))
        elsewhere.update(term for term, n in enumerate(counts) if n >= OCCURRENCES_MAX)
        return places, elsewhere


class Occurrences(NamedTuple):
    """What a pool holds of a question's words.

    Attributes:
        texts: As they were searched (`words.searchable`); empty where a text was not read.
        events: Of each text, by position; none of a text that was not read.
        terms: Of each text, those that occur.
        buckets: How many stretches of `BUCKET_CHARS` were read; a text's last may be shorter.
        in_buckets: Of each term, in how many of them it begins.
        in_texts: Of each term, in how many texts it occurs.
        humps: Of each text, see `words.Searched`; None also where it was not read whole.
    """

    texts: list[str]
    events: list[list[Event]]
    terms: list[set[int]]
    buckets: int
    in_buckets: list[int]
    in_texts: list[int]
    humps: list[Sequence[int] | None]


def probes(words: Sequence[str]) -> list[str]:
    """What is searched for, without repeats: roots of words; what is no plain word as it is."""
    return list(dict.fromkeys(map(_probe, words)))


def spellings(probes: Sequence[str], names: Sequence[str]) -> dict[int, set[str]]:
    """Term → how it is written, for those that are proper names."""
    found: dict[int, set[str]] = {}
    for word in names:
        probe = _probe(word)
        if probe in probes:
            forms = found.setdefault(probes.index(probe), set())
            forms |= {word, f"{word}s", word.removesuffix("s")}
    return found


def occurrences(
    probes: Sequence[str], named: Mapping[int, set[str]], texts: Sequence[str]
) -> Occurrences:
    """Find the probes at the beginnings of words.

    A word counts if its root is the probe; a name has no root, or Tim would be found in any time.

    Args:
        probes: See `probes`.
        named: See `spellings`.
        texts: The most promising first: beyond `_POOL_CHARS_MAX` characters in all, the rest is
            not read.
    """
    read = _read(texts)
    bared = [one.text for one in read]
    begins = list(accumulate((len(text) + 1 for text in bared), initial=0))
    events: list[list[Event]] = [[] for _ in texts]
    terms: list[set[int]] = [set() for _ in texts]
    in_buckets, in_texts = [0] * len(probes), [0] * len(probes)
    pool = _BETWEEN.join(bared)
    find, end_of_word = pool.find, (_ASCII_WORD_END if pool.isascii() else _WORD_END).match
    for term, probe in enumerate(probes):
        foreign, forms, length = is_unspaced(probe), named.get(term), len(probe)
        special = _special(probe)
        text, begin, until, count, bucket, at = 0, 0, 0, 0, -1, 0
        while True:
            if special is None:
                start = find(probe, at)
                end = start + length
            else:
                found = special.search(pool, at)
                start, end = found.span() if found else (-1, -1)
            if start < 0:
                break
            if start >= until:
                text = bisect_right(begins, start) - 1
                begin, until, count, bucket = begins[text], begins[text + 1], 0, -1
            if not foreign and special is None:
                before = pool[start - 1] if start else _BETWEEN
                if before.isalnum() if before < "\x80" else _goes_on(before):
                    at = end
                    continue
                match = end_of_word(pool, end)
                assert match is not None  # The pattern matches the empty string.
                word = pool[start : match.end()]
                if not (word in forms if forms else word == probe or root(word) == probe):
                    at = end
                    continue
                end = match.end()
            events[text].append((start - begin, term, end - begin))
            if not count:
                in_texts[term] += 1
                terms[text].add(term)
            count += 1
            here = (start - begin) // BUCKET_CHARS
            if here != bucket:
                in_buckets[term] += 1
                bucket = here
            at = end if count < OCCURRENCES_MAX else until
    for some in events:
        some.sort()
    buckets = sum(len(text) // BUCKET_CHARS + 1 for text in bared)
    bared += [""] * (len(texts) - len(bared))
    return Occurrences(bared, events, terms, buckets, in_buckets, in_texts, _humps(read, texts))


def _read(texts: Sequence[str]) -> list[Searched]:
    """The texts that are read, as they are searched."""
    read: list[Searched] = []
    spent = 0
    for text in texts:
        if spent > _POOL_CHARS_MAX:
            break
        read.append(searched(text[:_TEXT_CHARS_MAX]))
        spent += len(read[-1].text)
    return read


def _humps(read: Sequence[Searched], texts: Sequence[str]) -> list[Sequence[int] | None]:
    """See `Occurrences`."""
    whole = zip(read, texts, strict=False)
    humps = [one.humps if len(text) <= _TEXT_CHARS_MAX else None for one, text in whole]
    return humps + [None] * (len(texts) - len(read))


def _probe(word: str) -> str:
    return word if HUMP in word or is_unspaced(word) or is_exact(word) else root(word)


@lru_cache(maxsize=256)
def _special(probe: str) -> re.Pattern[str] | None:
    """What finds a joined name, however its parts are joined, or an exact thing."""
    if HUMP in probe:
        return re.compile(
            rf"(?<![^\W_]){_JOINED.join(map(re.escape, probe.split(HUMP)))}s?(?![^\W_])"
        )
    return re.compile(boundaries(probe)) if is_exact(probe) else None


def _goes_on(before: str) -> bool:
    """Whether what follows a character outside ASCII belongs to its word."""
    return _BESIDE_UNSPACED.match(before) is None
