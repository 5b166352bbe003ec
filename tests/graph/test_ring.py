"""Supersession never leads back: against every instant of a small world, link by link."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import CALLER, NOON, Harness, harness

from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import SECOND, to_rfc3339
from ai_memory.operations.archive_memories import ArchiveMemories
from ai_memory.operations.export_memories import ExportMemories
from ai_memory.operations.get_links import GetLinks
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.invalidate_link import InvalidateLink
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.list_timeline import ListTimeline
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.resolve_contradiction import ResolveContradiction
from ai_memory.operations.restore_archived import RestoreArchived
from ai_memory.operations.store_memory import StoreMemory

SPAN = 8  # seconds in which everything happens
COUNT = 4

moments = st.integers(0, SPAN)
pairs = st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)).filter(
    lambda pair: pair[0] != pair[1]
)
steps = st.one_of(
    st.tuples(st.just("link"), pairs, moments, st.none() | st.integers(1, SPAN)),
    st.tuples(st.just("resolve"), pairs, st.just(0), st.none()),
    st.tuples(st.just("invalidate"), pairs, moments, st.none()),
    st.tuples(st.just("import"), pairs, moments, st.none() | st.integers(1, SPAN)),
)


def text(second: int) -> str:
    return to_rfc3339(NOON + second * SECOND)


def stored(open_: Harness, count: int = COUNT) -> list[str]:
    return [
        open_.run(StoreMemory(title=f"r{n}", content=f"r{n} ring fact", tier="long")).id
        for n in range(count)
    ]


def edges(open_: Harness, ids: list[str], second: int) -> set[tuple[int, int]]:
    """Who supersedes whom at an instant."""
    return {
        (ids.index(link.source_id), ids.index(link.target_id))
        for memory_id in ids
        for link in open_.run(
            GetLinks(id=memory_id, direction="outbound", valid_at=text(second))
        ).links
        if link.relation == "supersedes"
    }


def leads_back(links: set[tuple[int, int]]) -> bool:
    """Whether any of them lies on a ring: what nothing leads to is taken away until all is."""
    while links:
        ends = {target for _source, target in links}
        kept = {(source, target) for source, target in links if source in ends}
        if kept == links:
            return True
        links = kept
    return False


@settings(max_examples=30, deadline=None)
@given(st.lists(steps, min_size=2, max_size=12))
def test_no_instant_has_a_ring_and_no_interval_ends_before_it_begins(
    script: list[tuple[str, tuple[int, int], int, int | None]],
) -> None:
    with harness() as open_:
        ids = stored(open_)
        for door, (source, target), start, length in script:
            ends: dict[str, Any] = {"source_id": ids[source], "target_id": ids[target]}
            span: dict[str, Any] = {"valid_from": text(start)}
            if length is not None:
                span["valid_until"] = text(start + length)
            said: set[int] = set()
            if door == "link":
                open_.run(LinkMemories(**ends, relation="supersedes", **span))
                said = set(range(start, SPAN + 2 if length is None else start + length))
            elif door == "resolve":
                open_.run(ResolveContradiction(winner=ids[source], loser=ids[target]))
                said = set(range(SPAN + 2))
            elif door == "invalidate":
                try:
                    open_.run(
                        InvalidateLink(**ends, relation="supersedes", valid_until=text(start))
                    )
                except ValidationFailed as refused:
                    assert refused.details["field"] == "valid_until"  # noqa: PT017
            else:
                record = {**ends, "relation": "supersedes", **span}
                open_.run(ImportMemories(links=(record,)))
            for second in range(SPAN + 2):
                links = edges(open_, ids, second)
                assert not leads_back(links), (second, links)
                assert second not in said or (source, target) in links  # the newest word counts
            for memory_id in ids:
                for event in open_.run(ListTimeline(source_id=memory_id)).events:
                    assert event.valid_until is None or event.valid_until > event.valid_from


def test_the_newest_word_ends_the_older_one_and_says_so() -> None:
    with harness() as open_:
        one, two = stored(open_, 2)
        first = open_.run(LinkMemories(source_id=one, target_id=two, relation="supersedes"))
        open_.clock.advance(1)
        second = open_.run(LinkMemories(source_id=two, target_id=one, relation="supersedes"))
        assert (first.ended, second.ended) == (first.duplicate, 1)
        (event,) = open_.run(ListTimeline(source_id=one)).events
        assert event.valid_until == to_rfc3339(open_.clock.now())


def test_a_historic_word_ends_only_what_it_is_about() -> None:
    """Between 2020 and 2021 it was the other way round: before and after it stays as it was."""
    with harness() as open_:
        one, two = stored(open_, 2)
        old: dict[str, Any] = {"source_id": one, "target_id": two, "relation": "supersedes"}
        new: dict[str, Any] = {"source_id": two, "target_id": one, "relation": "supersedes"}
        open_.run(LinkMemories(**old, valid_from="2019-01-01"))
        open_.run(LinkMemories(**new, valid_from="2020", valid_until="2020"))
        spans = [
            (event.valid_from[:4], event.valid_until and event.valid_until[:4])
            for memory_id in (one, two)
            for event in open_.run(ListTimeline(source_id=memory_id)).events
        ]
        assert spans == [("2019", "2020"), ("2021", None), ("2020", "2021")]


def test_what_is_archived_closes_no_ring_when_it_comes_back() -> None:
    with harness() as open_:
        ids = stored(open_, 3)
        for source, target in ((0, 1), (1, 2)):
            open_.run(
                LinkMemories(source_id=ids[source], target_id=ids[target], relation="supersedes")
            )
        open_.run(ArchiveMemories(ids=(ids[1],)))
        open_.clock.advance(1)
        open_.run(LinkMemories(source_id=ids[2], target_id=ids[0], relation="supersedes"))
        open_.run(RestoreArchived(id=ids[1]))
        marked = [
            memory.title
            for memory in open_.run(RecallMemories(context="ring fact")).memories
            if memory.superseded_by
        ]
        assert sorted(marked) == ["r0", "r1"]


def test_an_import_refuses_what_contradicts_and_says_which() -> None:
    with harness() as open_:
        ids = stored(open_, 3)
        ring = [
            {"source_id": ids[n], "target_id": ids[(n + 1) % 3], "relation": "supersedes"}
            for n in range(3)
        ]
        backwards = {"source_id": ids[0], "target_id": ids[2], "valid_from": "2026-01-01"}
        backwards["valid_until"] = "2020-01-01"
        done = open_.run(ImportMemories(links=(*ring, backwards)))
        assert done.linked == 2
        assert [error.index for error in done.errors] == [2, 3]
        assert "ring" in done.errors[0].message
        assert "before it begins" in done.errors[1].message


def test_an_export_that_holds_a_ring_is_taken_in_without_it() -> None:
    with harness() as source, harness() as target:
        ids = stored(source, 2)
        source.run(LinkMemories(source_id=ids[0], target_id=ids[1], relation="supersedes"))
        lines = b"".join(source.node.stream(CALLER, ExportMemories())).decode().splitlines()
        (line,) = [line for line in lines if '"source_id"' in line]
        swapped = line.replace(ids[0], "#").replace(ids[1], ids[0]).replace("#", ids[1])
        done = target.run(ImportMemories(records=(*lines[:-1], swapped)))
        assert (done.linked, [error.index for error in done.errors]) == (1, [len(lines) - 1])
