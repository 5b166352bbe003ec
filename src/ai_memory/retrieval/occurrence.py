"""Occurrence: where the words of a question stand in the texts of a pool.

All texts are searched at once, end to end, with one `str.find` after another and no tokenizing: per
text and word a call would cost more than the search. Fifty texts of a sentence take 0.2 ms.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final, NamedTuple, TypeAlias

from ai_memory import late
from ai_memory.retrieval.words import bare, is_cjk, root

BUCKET_CHARS: Final = 85  # the unit in which a word's frequency over the pool is counted
OCCURRENCES_MAX: Final = 64  # of one word in one text
_TEXT_CHARS_MAX: Final = 65_536
_POOL_CHARS_MAX: Final = 400_000  # some 4 ms
_BETWEEN: Final = "\n"  # no word goes on behind it

_WORD_END: Final = late.pattern(r"[^\W_]*")

Event: TypeAlias = tuple[int, int, int]
"""Start, term, end; characters of the text. Terms are counted from 0."""


class Occurrences(NamedTuple):
    """What a pool holds of a question's words.

    Attributes:
        texts: As they were searched (`words.bare`); empty where a text was not read.
        events: Of each text, by position; none of a text that was not read.
        terms: Of each text, those that occur.
        buckets: How many stretches of `BUCKET_CHARS` were read; a text's last may be shorter.
        in_buckets: Of each term, in how many of them it begins.
        in_texts: Of each term, in how many texts it occurs.
    """

    texts: list[str]
    events: list[list[Event]]
    terms: list[set[int]]
    buckets: int
    in_buckets: list[int]
    in_texts: list[int]


def probes(words: Sequence[str]) -> list[str]:
    """What is searched for: the roots of words, without repeats; CJK bigrams as they are."""
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
    bared = _bared(texts)
    begins = list(accumulate((len(text) + 1 for text in bared), initial=0))
    events: list[list[Event]] = [[] for _ in texts]
    terms: list[set[int]] = [set() for _ in texts]
    in_buckets, in_texts = [0] * len(probes), [0] * len(probes)
    pool = _BETWEEN.join(bared)
    find, end_of_word = pool.find, _WORD_END.match
    for term, probe in enumerate(probes):
        foreign, forms, length = is_cjk(probe), named.get(term), len(probe)
        text, begin, until, count, bucket = 0, 0, 0, 0, -1
        start = find(probe)
        while start >= 0:
            if start >= until:
                text = bisect_right(begins, start) - 1
                begin, until, count, bucket = begins[text], begins[text + 1], 0, -1
            end = start + length
            if not foreign:
                if start and pool[start - 1].isalnum():
                    start = find(probe, end)
                    continue
                match = end_of_word(pool, end)
                assert match is not None  # The pattern matches the empty string.
                word = pool[start : match.end()]
                if not (word in forms if forms else word == probe or root(word) == probe):
                    start = find(probe, end)
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
            start = find(probe, end if count < OCCURRENCES_MAX else until)
    for some in events:
        some.sort()
    buckets = sum(len(text) // BUCKET_CHARS + 1 for text in bared)
    bared += [""] * (len(texts) - len(bared))
    return Occurrences(bared, events, terms, buckets, in_buckets, in_texts)


def _bared(texts: Sequence[str]) -> list[str]:
    """The texts that are read, as they are searched."""
    bared: list[str] = []
    spent = 0
    for text in texts:
        if spent > _POOL_CHARS_MAX:
            break
        bared.append(bare(text[:_TEXT_CHARS_MAX]))
        spent += len(bared[-1])
    return bared


def _probe(word: str) -> str:
    return word if is_cjk(word) else root(word)
