"""Namespaces with their counts as one tree."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class TaxonomyNode(msgspec.Struct, kw_only=True):
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
    children: list[TaxonomyNode] = []


def taxonomy(places: Sequence[tuple[str, int]], *, prefix: str, depth: int) -> TaxonomyNode:
    """Build the tree at and below a namespace.

    Args:
        places: (namespace, memories), all of them at or below the root.
        prefix: The root; empty: what is above everything.
        depth: Levels below the root; what lies deeper counts where the tree ends.

    Returns:
        The root.
    """
    root = TaxonomyNode(namespace=prefix, name=prefix.rsplit("/", 1)[-1])
    nodes = {prefix: root}
    begin = len(prefix) + 1 if prefix else 0
    for namespace, count in places:
        node = root
        node.subtree_count += count
        segments = namespace[begin:].split("/") if namespace != prefix else []
        path = prefix
        for name in segments[:depth]:
            path = f"{path}/{name}" if path else name
            child = nodes.get(path)
            if child is None:
                child = nodes[path] = TaxonomyNode(namespace=path, name=name)
                node.children.append(child)
            node = child
            node.subtree_count += count
        if len(segments) <= depth:
            node.count += count
    for node in nodes.values():
        node.children.sort(key=lambda child: child.name)
    return root
