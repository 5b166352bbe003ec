"""Condensing: several notes as one text, without a model: what they say, each sentence once.

Deterministic, so that two nodes that condense the same notes write the same text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ai_memory import late

_SENTENCE: Final = late.pattern(r"(?<=[.!?])\s+|(?<=[。！？])|\s*\n+\s*")
_ELLIPSIS: Final = "…"
CHARS_MAX: Final = 16_000  # of at most 4 bytes each: fits a memory's content


def condensed(notes: Sequence[tuple[str, str]], chars_max: int = CHARS_MAX) -> str:
    """A line per note: its title and its sentences, without those that an earlier note has.

    Where not all of it fits, the notes share the room equally, and each is told from its beginning.

    Args:
        notes: (title, content) each; their order stays.
        chars_max: At least 16 for each note.
    """
    seen: set[str] = set()
    lines = []
    for title, content in notes:
        kept = [title.strip()]
        for sentence in _SENTENCE.split(content):
            mark = " ".join(sentence.casefold().split())
            if mark and mark not in seen:
                seen.add(mark)
                kept.append(sentence.strip())
        lines.append(kept)
    room = _fair([_length(kept) for kept in lines], chars_max - len(lines) + 1)
    return "\n".join(_line(kept, most) for kept, most in zip(lines, room, strict=True))


def _length(kept: Sequence[str]) -> int:
    return len(_whole(kept))


def _whole(kept: Sequence[str]) -> str:
    title, *sentences = kept
    return f"- {title}: {' '.join(sentences)}" if sentences else f"- {title}"


def _line(kept: Sequence[str], most: int) -> str:
    """As many whole sentences as fit; where not even one does, as much of it as does."""
    for count in range(len(kept), 0, -1):
        line = _whole(kept[:count])
        if len(line) <= most and (count > 1 or len(kept) == 1):
            return line
    return _whole(kept[:2])[: most - 1] + _ELLIPSIS


def _fair(lengths: Sequence[int], whole: int) -> list[int]:
    """Shares of `whole`: what short lines leave is the longer ones'."""
    shares = [0] * len(lengths)
    left = whole
    waiting = sorted(range(len(lengths)), key=lambda at: lengths[at])
    for number, at in enumerate(waiting):
        shares[at] = min(lengths[at], left // (len(waiting) - number))
        left -= shares[at]
    return shares
