"""The current above the superseded: what a newer memory replaces never stands above it.

A link says for certain what supersedes what; where there is none, the words may show it
(`change`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from ai_memory import late

T = TypeVar("T")

_FORMER: Final = late.pattern(
    r"\b(?:before|previous(?:ly)?|former(?:ly)?|originally|earlier|used to|in the past|back then"
    r"|until|früher|fruher|vorher|ehemals|damals|antes|anteriormente|avant|auparavant|autrefois"
    r"|prima|precedentemente|раньше|vroeger|dawniej)\b|以前|之前|原来|前に|예전"
)


def asks_what_was(question: str) -> bool:
    """Whether a question wants to know how something was, and not how it is."""
    return _FORMER.search(question.lower()) is not None


def current_first(
    ranked: Sequence[T], name: Callable[[T], str], successors: Mapping[str, Sequence[str]]
) -> list[T]:
    """Lift each successor to the place right above what it supersedes.

    The old memory matched the question; its successor is the answer that holds now. What
    supersedes each other in a circle stays in the order it came in.

    Args:
        ranked: Best first.
        name: The id of an item.
        successors: Id → ids of what supersedes it; those that are not ranked change nothing.
    """
    if not successors:
        return list(ranked)
    places = {name(item): item for item in ranked}
    placed: dict[str, T] = {}
    begun: set[str] = set()
    for item in ranked:
        below = [name(item)]
        while below:
            current = below[-1]
            begun.add(current)
            above = [
                other
                for other in successors.get(current, ())
                if other in places and other not in begun
            ]
            if above:
                below.append(above[0])
                continue
            below.pop()
            placed.setdefault(current, places[current])
    return list(placed.values())
