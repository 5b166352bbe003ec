from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import harness

from ai_memory.graph.taxonomy import TaxonomyNode, taxonomy
from ai_memory.operations.get_taxonomy import GetTaxonomy
from ai_memory.operations.store_memory import StoreMemory

namespaces = st.lists(
    st.lists(st.sampled_from(("a", "b", "ab", "a-b", "a0")), min_size=1, max_size=4).map("/".join),
    min_size=1,
    max_size=12,
)


def flat(node: TaxonomyNode) -> dict[str, tuple[int, int]]:
    found = {node.namespace: (node.count, node.subtree_count)}
    for child in node.children:
        found |= flat(child)
    return found


def inside(namespace: str, root: str) -> bool:
    return not root or namespace == root or namespace.startswith(root + "/")


@settings(max_examples=60, deadline=None)
@given(namespaces, st.sampled_from(("", "a", "a/b", "ab", "zz")), st.integers(0, 4))
def test_counts_are_the_counts(places: list[str], prefix: str, depth: int) -> None:
    with harness() as open_:
        for number, namespace in enumerate(places):
            open_.run(StoreMemory(title=f"t{number}", content="c", namespace=namespace))
        result = open_.run(GetTaxonomy(namespace_prefix=prefix or None, depth=depth))
    counts = Counter(namespace for namespace in places if inside(namespace, prefix))
    assert result.total_count == counts.total()
    assert not result.truncated
    for namespace, (count, subtree) in flat(result.tree).items():
        assert count == counts[namespace]
        assert subtree == sum(n for one, n in counts.items() if inside(one, namespace))
        assert namespace.removeprefix(prefix).strip("/").count("/") < max(depth, 1)


def test_children_stand_by_name_and_the_densest_stay() -> None:
    with harness() as open_:
        for number, namespace in enumerate(("b", "a", "a", "c/d", "c/d", "c/d")):
            open_.run(StoreMemory(title=f"t{number}", content="c", namespace=namespace))
        result = open_.run(GetTaxonomy(limit=2))
    assert [child.name for child in result.tree.children] == ["a", "c"]
    assert (result.total_count, result.truncated) == (6, True)


def test_a_namespace_that_is_empty_has_a_root() -> None:
    assert taxonomy([], prefix="x/y", depth=3) == TaxonomyNode(namespace="x/y", name="y")
