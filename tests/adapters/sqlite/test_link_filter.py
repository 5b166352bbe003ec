"""The SQL of a LinkFilter and its Python meaning agree on random rows; pages hold each row once."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import NOON, memory, open_store

from ai_memory.model.link import RELATIONS, Link, LinkCursor, LinkFilter
from ai_memory.model.memory import payload_of
from ai_memory.model.query import Filter
from ai_memory.operations.apply import words_of
from ai_memory.ports import Transaction

INSTANTS = st.integers(0, 6)
links = st.builds(
    Link,
    source_id=st.just("memory-0"),
    target_id=st.sampled_from(("memory-1", "memory-2", "gone")),
    relation=st.sampled_from(RELATIONS),
    valid_from=INSTANTS,
    recorded_at=INSTANTS,
    created_at=INSTANTS,
    valid_until=st.none() | INSTANTS,
    observed_by=st.none() | st.sampled_from(("ann", "bob")),
    retracted_at=st.none() | INSTANTS,
)
filters = st.builds(
    LinkFilter,
    valid_at=st.none() | INSTANTS,
    invalidated=st.booleans(),
    known_at=st.none() | INSTANTS,
    relations=st.none() | st.lists(st.sampled_from(RELATIONS), max_size=2).map(tuple),
    observers=st.none() | st.lists(st.sampled_from(("ann", "bob")), max_size=2).map(tuple),
    since=st.none() | INSTANTS,
    until=st.none() | INSTANTS,
)


def row(link: Link) -> tuple[Any, ...]:
    return link.source_id, link.valid_from, link.target_id, link.relation, link.recorded_at


@settings(max_examples=80, deadline=None)
@given(st.lists(links, max_size=12, unique_by=row), st.lists(filters, min_size=1, max_size=6))
def test_sql_and_predicate_agree(rows: list[Link], wheres: list[LinkFilter]) -> None:
    store = open_store(":memory:")

    def work(transaction: Transaction) -> None:
        for number in range(3):
            one = memory(number)
            payload = payload_of(one)
            transaction.put_memory(one, payload.hash(), words_of(payload))
        for link in rows:
            transaction.put_link(link)

    store.submit(work).result()
    live = Filter(now=NOON)
    with store.read() as reader:
        # What is not said to be retracted is, by the next belief about the same interval.
        believed = [_settled(link, rows) for link in rows if link.target_id != "gone"]
        for where in wheres:
            expected = {row(link): link for link in believed if where.matches(link)}
            found = reader.links_at(["memory-0"], where, live, direction="outbound", limit=99)
            assert {row(link): link for link in found} == expected
            count = reader.count_links("memory-0", where, live, direction="outbound")
            assert count == len(expected)
        paged: list[Link] = []
        after = None
        current = LinkFilter()
        while page := reader.links(
            "memory-0", current, live, direction="both", after=after, limit=2
        ):
            paged += page
            after = LinkCursor.behind(page[-1])
        assert {row(link) for link in paged} == {
            row(link) for link in believed if current.matches(link)
        }
        assert paged == sorted(
            paged, key=lambda one: (one.valid_from, one.created_at, one.target_id, one.relation)
        )
    store.close()


def _settled(link: Link, rows: list[Link]) -> Link:
    later = [
        other.recorded_at
        for other in rows
        if row(other)[:4] == row(link)[:4] and other.recorded_at > link.recorded_at
    ]
    if link.retracted_at is not None or not later:
        return link
    fields = {name: getattr(link, name) for name in link.__struct_fields__}
    return Link(**{**fields, "retracted_at": min(later)})
