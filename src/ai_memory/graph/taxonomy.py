"""Namespaces with their counts as one tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final

import msgspec

_name: Final = attrgetter("name")
_subtree_count: Final = attrgetter("subtree_count")


class TaxonomyNode(msgspec.Struct, kw_only=True, gc=False):
    """One namespace.

    Attributes:
        name: Its last segment.
        count: Memories of exactly this namespace.
        subtree_count: Those and all below, also where the tree shows no children.
        children: By name.
    """

    namespace: str
    name: str
    count: int = 0
    subtree_count: int = 0
    children: Sequence[TaxonomyNode] = ()  # a leaf, as most are, has no list of its own


def taxonomy(places: Iterable[tuple[str, int]], *, prefix: str, depth: int) -> TaxonomyNode:
    """Build the tree at and below a namespace.

    Args:
        places: (namespace, memories), all of them at or below the root.
        prefix: The root; empty: what is above everything.
        depth: Levels below the root; what lies deeper counts where the tree ends.

    Returns:
        The root.
    """
    nodes = {prefix: TaxonomyNode(namespace=prefix, name=prefix.rsplit("/", 1)[-1])}
    below: dict[str, list[TaxonomyNode]] = {}
    begin = len(prefix) + 1 if prefix else 0
    for namespace, count in places:
        node = nodes.get(namespace)
        if node is None:
            above, _slash, name = namespace.rpartition("/")
            siblings = below.get(above)
            if siblings is not None:  # as for most: the tree is built for thousands of them
                node = TaxonomyNode(
                    namespace=namespace, name=name, count=count, subtree_count=count
                )
                nodes[namespace] = node
                siblings.append(node)
                continue
            path = _shown(namespace, begin, depth)
            node = nodes.get(path) or _grow(path, nodes, below)
            if path != namespace:
                node.subtree_count += count
                continue
        node.count += count
        node.subtree_count += count
    # Who has children got the first before these had any: in reverse, all below is counted.
    for path, children in reversed(below.items()):
        children.sort(key=_name)
        node = nodes[path]
        node.children = children
        node.subtree_count += sum(map(_subtree_count, children))
    return nodes[prefix]


def _grow(
    path: str, nodes: dict[str, TaxonomyNode], below: dict[str, list[TaxonomyNode]]
) -> TaxonomyNode:
    """A new node, and those above it that are missing."""
    above, _slash, name = path.rpartition("/")
    siblings = below.get(above)
    if siblings is None:
        if above not in nodes:
            _grow(above, nodes, below)
        siblings = below[above] = []
    node = nodes[path] = TaxonomyNode(namespace=path, name=name)
    siblings.append(node)
    return node


def _shown(namespace: str, begin: int, depth: int) -> str:
    """Where the tree counts it: at most `depth` levels below a root that ends before `begin`."""
    segments = namespace[begin:].split("/")[:depth]
    return namespace[:begin] + "/".join(segments) if segments else namespace[: max(begin - 1, 0)]
