"""The graph: its operations over one store of fixed size, whatever sizes the others have.

Every memory has as many links, to random others, so that depth five reaches a thousand memories;
and the namespaces are many, so that the tree is large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import msgspec

from ai_memory import limits
from ai_memory.compose import OpenNode
from ai_memory.measure.bench.duel import Act, Contest
from ai_memory.measure.bench.filling import open_at
from ai_memory.measure.floor.links import BareLinks
from ai_memory.model.command import Command
from ai_memory.model.link import Link
from ai_memory.model.memory import Memory, payload_of
from ai_memory.operations.apply import words_of
from ai_memory.operations.find_paths import FindPaths
from ai_memory.operations.get_taxonomy import GetTaxonomy
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.list_timeline import ListTimeline
from ai_memory.operations.query_graph import QueryGraph
from ai_memory.ports import Transaction

_BEGIN: Final = 1_600_000_000_000_000  # microseconds; the first link's instant
_AREAS: Final = 20
_PROJECTS: Final = 400
_DEPTHS: Final = (1, 3, 5)
_json: Final = msgspec.json.Encoder()


class Shape(NamedTuple):
    """How large the graph is."""

    memories: int = 25_000
    fan_out: int = 4
    namespaces: int = 10_000

    @property
    def links(self) -> int:
        """All of them."""
        return self.memories * self.fan_out


class GraphStand:
    """A store with a graph, and the same graph in plain tables.

    Args:
        folder: Empty; for the files.
        shape: How much there shall be.
    """

    def __init__(self, folder: Path, shape: Shape) -> None:
        self._random = Random(5)  # noqa: S311 - the same graph each time
        self.ids = [
            f"{number:08x}-9c5e-4b1a-8f00-{number:012x}" for number in range(shape.memories)
        ]
        self._db = folder / "graph.db"
        named = [
            (memory_id, _namespace(number % shape.namespaces), f"Memory number {number}")
            for number, memory_id in enumerate(self.ids)
        ]
        links = [
            (memory_id, self.ids[(number + step) % shape.memories], _BEGIN + number)
            for number, memory_id in enumerate(self.ids)
            for step in self._random.sample(range(1, shape.memories), shape.fan_out)
        ]
        with closing(open_at(self._db, "keyword", background=False)) as opened:
            opened.node.store.submit(lambda rows: _fill(rows, named, links)).result()
        self.bare = BareLinks(folder / "links.db", named, links)
        self.asked = self._random.sample(self.ids, min(1_000, shape.memories))

    def open(self) -> OpenNode:
        """The store; nothing of the graph needs a model."""
        return open_at(self._db, "keyword")

    def close(self) -> None:
        """Close the floor's file."""
        self.bare.close()


def contests(stand: GraphStand, opened: OpenNode) -> Iterator[Contest]:
    """The graph's operations; what they answer is encoded, too, for answers can be large."""
    node, caller, asked, bare = opened.node, opened.caller("python"), stand.asked, stand.bare

    def one(turn: int) -> str:
        return asked[turn % len(asked)]

    def other(turn: int) -> str:
        return asked[(turn + len(asked) // 2) % len(asked)]

    def ask(command: Callable[[int], Command]) -> Act:
        return lambda turn: _json.encode(node.execute(caller, command(turn)))

    def walk(depth: int) -> Act:
        return lambda turn: bare.walk(one(turn), depth, limits.GRAPH_LIMIT_DEFAULT)

    for depth in _DEPTHS:
        yield Contest(
            f"kg_query depth {depth}",
            ask(lambda turn, depth=depth: QueryGraph(source_id=one(turn), max_depth=depth)),  # type: ignore[misc]
            walk(depth),
        )
    yield Contest(
        "kg_query depth 5, both ways",
        ask(lambda turn: QueryGraph(source_id=one(turn), max_depth=5, direction="both")),
        None,
    )
    yield Contest(
        "find_paths",
        ask(lambda turn: FindPaths(source_id=one(turn), target_id=other(turn))),
        None,
    )
    yield Contest(
        "kg_timeline",
        ask(lambda turn: ListTimeline(source_id=one(turn))),
        lambda turn: bare.timeline(one(turn), limits.GRAPH_LIMIT_DEFAULT),
    )
    yield Contest(
        "taxonomy",
        ask(lambda _turn: GetTaxonomy()),
        lambda _turn: bare.namespaces(limits.TAXONOMY_LIMIT_DEFAULT),
    )
    yield Contest(
        "taxonomy, whole",
        ask(lambda _turn: GetTaxonomy(limit=limits.TAXONOMY_LIMIT_MAX)),
        lambda _turn: bare.namespaces(limits.TAXONOMY_LIMIT_MAX),
    )
    yield Contest(
        "link",
        ask(lambda turn: LinkMemories(source_id=one(turn), target_id=other(turn))),
        lambda turn: bare.link(one(turn), other(turn), turn),
    )


def _namespace(number: int) -> str:
    return f"area-{number % _AREAS:02}/project-{number % _PROJECTS:03}/topic-{number:05}"


def _fill(
    rows: Transaction, named: list[tuple[str, str, str]], links: list[tuple[str, str, int]]
) -> Any:
    for memory_id, namespace, title in named:
        memory = Memory(
            id=memory_id,
            namespace=namespace,
            title=title,
            content=f"What is to be known of {title.lower()}.",
            created_at=_BEGIN,
            updated_at=_BEGIN,
            tier="long",
        )
        payload = payload_of(memory)
        rows.put_memory(memory, payload.hash(), words_of(payload))
    for source, target, at in links:
        rows.put_link(
            Link(
                source_id=source,
                target_id=target,
                relation="related_to",
                valid_from=at,
                recorded_at=at,
                created_at=at,
                observed_by="bench",
            )
        )
