"""Window: cut long content into overlapping passages that an embedder reads whole.

No tokenizer is at hand here, so word pieces are estimated: from above for ordinary prose, within
a factor of two for code, hashes and foreign scripts. Hence windows of 128 for a model of 256.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil
from typing import Final, NamedTuple

from ai_memory import late, limits

_UNIT: Final = late.pattern(r"[A-Za-z\u00c0-\u024f]+|\d+|[^\W\d_]|[^\w\s]|_", re.UNICODE)
_SENTENCE_END: Final = late.pattern(
    # A run is tried from its first sign only and never given back: a page of dots costs one look.
    r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s)|[。！？]++|\n|\Z"
)
_SPACE: Final = late.pattern(r"\s*")
_WORD: Final = late.pattern(r"\S+")
_TITLE_PIECES_MAX: Final = 24
_CHARS_PER_LETTER_PIECE: Final = 5
_CHARS_PER_DIGIT_PIECE: Final = 2
_HANGUL_PIECES: Final = 3  # a syllable is taken apart into its letters
_LONG_WORD_CHARS: Final = 20  # no word of prose: an identifier, a hash, base64


class Window(NamedTuple):
    """One passage: characters [start, end) of the content, and the text to embed for it."""

    start: int
    end: int
    text: str


def windows(title: str, content: str) -> list[Window]:
    """Cut content at line and sentence ends into passages of about equal size.

    Each overlaps the one before, so that a thought at a cut stands whole in one of them. The title
    is embedded with the first passage only: repeated in all, it makes them alike.

    Returns:
        At least one window; together they cover the content. Each has at most
        `limits.WINDOW_PIECES_MAX` estimated word pieces (a title comes on top of that).
    """
    spans, costs = _segments(content)
    total = sum(costs)
    size = _balanced(total)
    cuts: list[tuple[int, int]] = []
    first = 0
    while first < len(spans):
        end, filled = first, 0
        while end < len(spans) and (end == first or filled + costs[end] <= size):
            filled += costs[end]
            end += 1
        cuts.append((spans[first][0], spans[end - 1][1]))
        if end == len(spans):
            break
        following, shared = end, 0
        while following - 1 > first and shared + costs[following - 1] <= _overlap():
            following -= 1
            shared += costs[following]
        first = following
    if not cuts:
        cuts = [(0, len(content))]
    head = _shorten(title)
    return [
        Window(
            start, end, f"{head}\n{content[start:end]}" if at == 0 and head else content[start:end]
        )
        for at, (start, end) in enumerate(cuts)
    ]


def pieces(text: str) -> int:
    """Estimate how many word pieces an English WordPiece tokenizer makes of the text."""
    count = 0
    for match in _UNIT.finditer(text):
        length = match.end() - match.start()
        if length == 1:
            count += _HANGUL_PIECES if "\uac00" <= match.group() <= "\ud7a3" else 1
        elif text[match.start()].isdigit() or length > _LONG_WORD_CHARS:
            count += ceil(length / _CHARS_PER_DIGIT_PIECE)
        else:
            count += ceil(length / _CHARS_PER_LETTER_PIECE)
    return count


def _balanced(total: int) -> int:
    """The window size that cuts `total` pieces evenly, instead of leaving a crumb at the end."""
    most, overlap = limits.WINDOW_PIECES_MAX, _overlap()
    if total <= most:
        return most
    count = ceil((total - overlap) / (most - overlap))
    slack = most // 16  # segments do not fill a window exactly
    return min(most, ceil((total + (count - 1) * overlap) / count) + slack)


def _overlap() -> int:
    return limits.WINDOW_OVERLAP_PIECES


def _segments(content: str) -> tuple[list[tuple[int, int]], list[int]]:
    """Spans that are never cut further, with their pieces: sentences, or words of endless ones."""
    spans: list[tuple[int, int]] = []
    costs: list[int] = []
    for start, end in _sentences(content):
        cost = pieces(content[start:end])
        if cost <= _overlap():
            spans.append((start, end))
            costs.append(cost)
            continue
        for span in _chunks(content, start, end):
            spans.append(span)
            costs.append(pieces(content[span[0] : span[1]]))
    return spans, costs


def _sentences(content: str) -> Iterator[tuple[int, int]]:
    """Where sentences begin and end; a line's end ends one too, and none is blank."""
    start = 0
    for match in _SENTENCE_END.finditer(content):
        end = match.start() if match.group() == "\n" else match.end()
        begun = _SPACE.match(content, start, end)
        assert begun is not None  # it matches nothing, too
        if begun.end() < end:
            yield begun.end(), end
        start = match.end()


def _chunks(content: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut a long sentence between words (and inside words without end) into half overlaps."""
    most = max(1, _overlap() // 2)
    chunks: list[tuple[int, int]] = []
    begin, last, filled = start, start, 0
    for word in _WORD.finditer(content, start, end):
        for left in range(word.start(), word.end(), most):
            right = min(left + most, word.end())
            cost = pieces(content[left:right])
            if filled and filled + cost > most:
                chunks.append((begin, last))
                begin, filled = left, 0
            filled += cost
            last = right
    chunks.append((begin, end))
    return chunks


def _shorten(title: str) -> str:
    title = title.strip()
    if pieces(title) <= _TITLE_PIECES_MAX:
        return title
    return title[:_TITLE_PIECES_MAX].rstrip()
