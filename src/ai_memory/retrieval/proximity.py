"""Proximity: namespaces are a hierarchy, and near ones count more."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Origin: TypeAlias = Literal["own", "ancestor", "global", "elsewhere"]

_DECAY: Final = 0.3  # per level; the reference's figure, which existing clients rely on

FOREIGN_SHARE: Final = 0.5
"""What a memory of another project keeps of its score, for a caller who has a project."""


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
    """How much a memory of namespace `found` counts for a caller at `home` who looks everywhere."""
    return proximity(home, found) or FOREIGN_SHARE


def origin(home: str, found: str) -> Origin:
    """Where a memory of namespace `found` comes from, seen from `home`."""
    if found == home:
        return "own"
    if home.startswith(found + "/"):
        return "ancestor"
    return "global" if found == "global" else "elsewhere"
