"""Walks and paths against brute force on random graphs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ai_memory.graph.path import find_paths
from ai_memory.graph.traverse import Neighbours, walk
from ai_memory.model.link import Direction, Link

DIRECTIONS = st.sampled_from(("outbound", "inbound", "both"))
graphs = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1]),
    max_size=24,
    unique=True,
)


def link(source: int, target: int, at: int = 0) -> Link:
    return Link(
        source_id=str(source),
        target_id=str(target),
        relation="related_to",
        valid_from=at,
        recorded_at=at,
        created_at=at,
    )


class Rows:
    """Links by their ends, as a store answers, and what was asked of it."""

    def __init__(self, links: Sequence[Link], direction: Direction) -> None:
        self.links = links
        self.direction = direction
        self.questions = 0

    def __call__(self, ids: Sequence[str], most: int) -> list[Link]:
        self.questions += 1
        found = []
        if self.direction != "inbound":
            found += [one for one in self.links if one.source_id in ids]
        if self.direction != "outbound":
            found += [one for one in self.links if one.target_id in ids]
        return found[:most]


def distances(links: Sequence[Link], direction: Direction, depth: int) -> dict[str, int]:
    far, rim = {"0": 0}, {"0"}
    for hop in range(1, depth + 1):
        fresh = set()
        for one in links:
            if direction != "inbound" and one.source_id in rim:
                fresh.add(one.target_id)
            if direction != "outbound" and one.target_id in rim:
                fresh.add(one.source_id)
        rim = fresh - far.keys()
        far |= dict.fromkeys(rim, hop)
    return far


@settings(max_examples=200, deadline=None)
@given(graphs, DIRECTIONS, st.integers(1, 5))
def test_a_walk_reaches_each_memory_once_on_a_shortest_path(
    pairs: list[tuple[int, int]], direction: Direction, depth: int
) -> None:
    links = [link(*pair, at=number) for number, pair in enumerate(pairs)]
    rows = Rows(links, direction)
    found = walk("0", rows, direction=direction, depth=depth, links_max=999)
    assert not found.truncated
    assert rows.questions <= depth
    expected = distances(links, direction, depth)
    assert {one.memory_id: one.depth for one in found.reached} == {
        memory_id: hops for memory_id, hops in expected.items() if hops
    }
    assert [one.depth for one in found.reached] == sorted(one.depth for one in found.reached)
    joined = {(one.source_id, one.target_id) for one in links}
    for one in found.reached:
        assert one.path[0] == "0"
        assert one.path[-1] == one.memory_id
        last = (one.path[-2], one.path[-1])
        ends = (one.link.source_id, one.link.target_id)
        assert ends == (last if one.outbound else last[::-1])
        for step in pairwise(one.path):
            assert step in joined or step[::-1] in joined


def test_parallel_links_stand_beside_each_other() -> None:
    links = [link(0, 1, 1), link(0, 1, 2), link(1, 2, 3), link(0, 2, 4), link(3, 2, 5)]
    reached = walk("0", Rows(links, "outbound"), direction="outbound", depth=5, links_max=9).reached
    assert [(one.memory_id, one.link.valid_from) for one in reached] == [
        ("1", 1),
        ("1", 2),
        ("2", 4),
    ]


def test_a_walk_that_meets_too_many_links_says_so() -> None:
    links = [link(0, n, n) for n in range(1, 9)]
    found = walk("0", Rows(links, "outbound"), direction="outbound", depth=2, links_max=5)
    assert found.truncated
    assert len(found.reached) == 5


def every_path(links: Sequence[Link], depth: int) -> list[tuple[str, ...]]:
    """All simple paths from 0 to 7, by trying everything."""
    joined = {(one.source_id, one.target_id) for one in links}
    joined |= {(target, source) for source, target in joined}
    found: list[tuple[str, ...]] = []
    partial: list[tuple[str, ...]] = [("0",)]
    while partial:
        path = partial.pop()
        if path[-1] == "7":
            found.append(path)
        elif len(path) <= depth:
            partial += [
                (*path, there) for here, there in joined if here == path[-1] and there not in path
            ]
    return sorted(found, key=lambda path: (len(path), path))


@settings(max_examples=200, deadline=None)
@given(graphs, st.integers(1, 7), st.integers(1, 6))
def test_paths_are_the_shortest_of_all(
    pairs: list[tuple[int, int]], depth: int, wanted: int
) -> None:
    links = [link(*pair) for pair in pairs]
    found = find_paths(
        "0",
        "7",
        Rows(links, "both"),
        depth=depth,
        results_max=wanted,
        links_max=9_999,
        steps_max=99_999,
    )
    everything = every_path(links, depth)
    assert found.paths == everything[:wanted]
    assert found.truncated or len(everything) <= wanted


def test_a_dense_graph_has_bounds() -> None:
    """Forty memories, all linked: 10^10 paths of seven links."""
    links = [link(a, b) for a in range(40) for b in range(a)]

    def search(rows: Neighbours, **bounds: int) -> tuple[int, bool]:
        limits = {"links_max": 9_999, "steps_max": 9_999, **bounds}
        found = find_paths("0", "39", rows, depth=7, results_max=50, **limits)
        return len(found.paths), found.truncated

    assert search(Rows(links, "both")) == (50, True)
    for bounds in ({"links_max": 60}, {"steps_max": 45}):
        found, truncated = search(Rows(links, "both"), **bounds)
        assert 0 < found < 50
        assert truncated


def test_a_memory_is_its_own_path() -> None:
    found = find_paths("0", "0", Rows([], "both"), depth=3, results_max=3, links_max=9, steps_max=9)
    assert found == ([("0",)], False)
