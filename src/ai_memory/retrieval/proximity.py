"""Proximity: namespaces are a hierarchy, and near ones count more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias, TypeVar

Origin: TypeAlias = Literal["own", "ancestor", "global", "elsewhere"]

_DECAY: Final = 0.3  # per level; the reference's figure, which existing clients rely on

# Both are meanings, not fits (docs/adr/0027).
OWN_RELEVANCE: Final = 0.5
"""From here on, a memory is more likely than not about what was asked."""
OWN_BEFORE: Final = 2
"""So many own memories may stand before one from elsewhere that fits better."""

T = TypeVar("T")


def lineage(namespace: str) -> tuple[str, ...]:
    """The namespace and its ancestors, nearest first: `a/b/c` → `a/b/c`, `a/b`, `a`."""
    parts = namespace.split("/")
    return tuple("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))


def proximity(asked: str, found: str) -> float:
    """How much a memory of namespace `found` counts for a question asked in `asked`.

    Applied to the score before the limit, so that a near memory is never cut off by a far one.

    Returns:
        1 in the same namespace, 1/(1 + 0.3 d) for an ancestor d levels up, 0 for any other.
    """
    if asked == found:
        return 1.0
    if not asked.startswith(found + "/"):
        return 0.0
    distance = asked.count("/") - found.count("/")
    return 1.0 / (1.0 + _DECAY * distance)


def nearness(home: str, found: str) -> float:
    """How much a memory of namespace `found` counts for a caller at `home` who looks everywhere.

    An ancestor counts as in `proximity`; what is elsewhere counts in full: `own_first` puts it in
    its place.
    """
    return proximity(home, found) or 1.0


def origin(home: str, found: str) -> Origin:
    """Where a memory of namespace `found` comes from, seen from `home`."""
    if found == home:
        return "own"
    if home.startswith(found + "/"):
        return "ancestor"
    return "global" if found == "global" else "elsewhere"


def own_first(
    hits: Sequence[T],
    is_own: Callable[[T], bool],
    relevance: Callable[[T], float],
    score: Callable[[T], float],
) -> list[T]:
    """Put what is the caller's own first, without burying the one answer that is elsewhere.

    Of two projects that both have a database, each is asked about its own, whichever of the texts
    has more words of the question. So own memories that are about what was asked come first; the
    others stay among the rest. And as "about" is a guess, the best of the rest that fits better
    than the own ones stands third at the latest.

    Args:
        hits: Best first.
        is_own: Whether it is of the caller's project or an ancestor of it.
        relevance: How likely it is to be about what was asked, 0 to 1.
        score: How well it fits.

    Returns:
        The same hits.
    """
    first: list[T] = []
    rest: list[T] = []
    best: T | None = None
    for hit in hits:
        own = is_own(hit)
        (first if own and relevance(hit) >= OWN_RELEVANCE else rest).append(hit)
        if best is None and not own:
            best = hit
    if best is not None and len(first) > OWN_BEFORE and score(best) > score(first[OWN_BEFORE]):
        rest.remove(best)
        first.insert(OWN_BEFORE, best)
    return [*first, *rest]
