"""The graph against the simplest model of it: a list of what was said and when.

Random links, invalidations and retractions at random clocks; then every question with each of the
three time parameters, at every instant around anything that happened.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import NOON, Harness, ManualClock, harness

from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import SECOND, to_rfc3339
from ai_memory.operations.delete_link import DeleteLink
from ai_memory.operations.get_links import GetLinks
from ai_memory.operations.invalidate_link import InvalidateLink
from ai_memory.operations.link_memories import LinkMemories
from ai_memory.operations.list_timeline import ListTimeline
from ai_memory.operations.query_graph import QueryGraph
from ai_memory.operations.store_memory import StoreMemory

RELATIONS = ("related_to", "contradicts")  # supersession never leads back: test_ring
SPAN = 12  # seconds in which everything happens

moments = st.integers(0, SPAN)
triples = st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from(RELATIONS)).filter(
    lambda triple: triple[0] != triple[1]
)
steps = st.one_of(
    st.tuples(st.just("link"), triples, st.none() | moments, st.none() | st.integers(1, 5)),
    st.tuples(st.just("link"), triples, st.none(), st.none()),
    st.tuples(st.just("invalidate"), triples, st.none() | moments),
    st.tuples(st.just("unlink"), triples),
    st.tuples(st.just("wait"), st.integers(0, 2)),
)


class Said(NamedTuple):
    """From `at` on, these are the intervals (start, end) of a triple, in seconds."""

    at: int
    triple: tuple[int, int, str]
    intervals: tuple[tuple[int, int | None], ...]


class Model:
    """What is believed, as whole states; the last one said at an instant counts."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def believed(self, triple: tuple[int, int, str], at: int) -> tuple[tuple[int, int | None], ...]:
        states = [one.intervals for one in self.said if one.triple == triple and one.at <= at]
        return states[-1] if states else ()

    def link(self, triple: tuple[int, int, str], now: int, start: int, end: int | None) -> None:
        """Every second of [start, end) that is not covered becomes covered."""
        old = self.believed(triple, now)
        horizon = 10 * SPAN if end is None else end
        free = [s for s in range(start, horizon) if not any(holds(one, s) for one in old)]
        fresh: list[tuple[int, int | None]] = []
        for second in free:
            if fresh and fresh[-1][1] == second:
                fresh[-1] = (fresh[-1][0], second + 1)
            else:
                fresh.append((second, second + 1))
        if end is None and fresh and fresh[-1][1] == horizon:
            fresh[-1] = (fresh[-1][0], None)
        kept = [one for one in old if one[0] not in {start for start, _end in fresh}]
        self.said.append(Said(now, triple, tuple(sorted([*kept, *fresh], key=first))))

    def invalidate(self, triple: tuple[int, int, str], now: int, until: int | None) -> None:
        old = self.believed(triple, now)
        if not old:
            return
        last = max(old, key=first)
        until = self.end_of(last, now, until)
        new = [
            (start, until if (start, end) == last or end is None or end > until else end)
            for start, end in old
        ]
        self.said.append(Said(now, triple, tuple(new)))

    def end_of(self, last: tuple[int, int | None], now: int, until: int | None) -> int:
        """Where an invalidation ends the last interval."""
        if until is not None:
            return until
        return last[1] if last[1] is not None and last[1] <= now else now

    def unlink(self, triple: tuple[int, int, str], now: int) -> None:
        self.said.append(Said(now, triple, ()))


def first(interval: tuple[int, int | None]) -> int:
    return interval[0]


def holds(interval: tuple[int, int | None], second: int) -> bool:
    return interval[0] <= second and (interval[1] is None or second < interval[1])


def text(second: int) -> str:
    return to_rfc3339(NOON + second * SECOND)


def seconds_of(view: Any) -> tuple[int, int | None]:
    from datetime import datetime

    def parsed(value: str) -> int:
        return round(datetime.fromisoformat(value).timestamp()) - NOON // SECOND

    end = view.valid_until
    return parsed(view.valid_from), parsed(end) if isinstance(end, str) else None


def perform(open_: Harness, ids: list[str], step: tuple[Any, ...], model: Model, now: int) -> None:
    if step[0] == "wait":
        open_.clock.advance(step[1])
        return
    source, target, relation = triple = step[1]
    ends = {"source_id": ids[source], "target_id": ids[target], "relation": relation}
    if step[0] == "link":
        start = now if step[2] is None else step[2]
        end = None if step[3] is None else start + step[3]
        before = model.believed(triple, now)
        linked = open_.run(
            LinkMemories(
                **ends,
                valid_from=None if step[2] is None else text(start),
                valid_until=None if end is None else text(end),
            )
        )
        model.link(triple, now, start, end)
        assert (linked.duplicate is True) == (model.believed(triple, now) == before)
    elif step[0] == "invalidate":
        last = max(model.believed(triple, now), key=first, default=None)
        until = None if step[2] is None else text(step[2])
        if last is not None and model.end_of(last, now, step[2]) <= last[0]:
            with pytest.raises(ValidationFailed, match="the link begins at"):
                open_.run(InvalidateLink(**ends, valid_until=until))
            return
        ended = open_.run(InvalidateLink(**ends, valid_until=until))
        assert ended.found == (last is not None)
        if last is not None:
            before_end = None if last[1] is None else text(last[1])
            assert ended.previous_valid_until == before_end
        model.invalidate(triple, now, step[2])
    else:
        there = bool(model.believed(triple, now))
        assert open_.run(DeleteLink(**ends)).deleted == there
        model.unlink(triple, now)


@settings(max_examples=80, deadline=None)
@given(st.lists(steps, min_size=1, max_size=14), st.lists(st.tuples(moments, moments), max_size=6))
def test_the_graph_is_what_was_said(
    script: list[tuple[Any, ...]], questions: list[tuple[int, int]]
) -> None:
    clock = ManualClock()
    with harness(clock=clock) as open_:
        ids = [open_.run(StoreMemory(title=f"m{n}", content="c", tier="long")).id for n in range(3)]
        model = Model()
        for step in script:
            perform(open_, ids, step, model, (clock.now() - NOON) // SECOND)
        now = (clock.now() - NOON) // SECOND
        triples_said = {one.triple for one in model.said}
        for known, valid in [(now, now), *questions]:
            for asked in (
                {},
                {"valid_at": text(valid)},
                {"as_of": text(valid), "include_invalidated": True},
                {"as_recorded_at": text(known)},
                {"as_recorded_at": text(known), "valid_at": text(valid)},
            ):
                at = known if "as_recorded_at" in asked else now
                instant = valid if {"valid_at", "as_of"} & asked.keys() else at
                old = "include_invalidated" in asked
                expected = {
                    (triple, interval)
                    for triple in triples_said
                    for interval in model.believed(triple, at)
                    if holds(interval, instant) or (old and interval[0] <= instant)
                }
                assert answers(open_, ids, asked) == expected
            assert timelines(open_, ids, known) == {
                (triple, interval)
                for triple in triples_said
                for interval in model.believed(triple, known)
            }


def answers(open_: Harness, ids: list[str], asked: dict[str, Any]) -> set[Any]:
    """What links and hops say, seen from both ends; they must agree."""
    links = set()
    hops = set()
    for number, memory_id in enumerate(ids):
        named = {"valid_at" if name == "as_of" else name: value for name, value in asked.items()}
        page = open_.run(GetLinks(id=memory_id, **named))
        assert page.total == page.count == len(page.links)
        for link in page.links:
            triple = (ids.index(link.source_id), ids.index(link.target_id), link.relation)
            links.add((triple, seconds_of(link)))
        found = open_.run(QueryGraph(source_id=memory_id, direction="both", **asked))
        assert not found.truncated
        for row in found.memories:
            other = ids.index(row.target_id)
            ends = (number, other) if row.direction == "outbound" else (other, number)
            hops.add(((*ends, row.relation), seconds_of(row)))
    assert links == hops
    return links


def timelines(open_: Harness, ids: list[str], known: int) -> set[Any]:
    events = set()
    for number, memory_id in enumerate(ids):
        page = open_.run(ListTimeline(source_id=memory_id, as_recorded_at=text(known)))
        starts = [seconds_of(event)[0] for event in page.events]
        assert starts == sorted(starts)
        for event in page.events:
            events.add(((number, ids.index(event.target_id), event.relation), seconds_of(event)))
    return events
