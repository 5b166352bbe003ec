"""The SQL of a Filter and its Python meaning agree on random rows."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import NOON, memory, open_store

from ai_memory.model.memory import Memory, payload_of
from ai_memory.model.query import Filter, ScopeRule
from ai_memory.operations.apply import words_of
from ai_memory.policy.visibility import visible_from
from ai_memory.ports import Transaction

NAMESPACES = ("global", "a", "a/b", "a/b/c", "a/bc", "a_", "A", "a%", "x/y/z/w")
TAGS = ("t", "u", 'q"', "é")
SCOPES = ("private", "team", "unit", "org", "collective")
INSTANTS = st.integers(NOON - 3, NOON + 3)

memories = st.builds(
    lambda **fields: fields,
    namespace=st.sampled_from(NAMESPACES),
    tier=st.sampled_from(("short", "mid", "long")),
    tags=st.lists(st.sampled_from(TAGS), max_size=2, unique=True).map(tuple),
    priority=st.integers(1, 10),
    created_at=INSTANTS,
    expires_at=st.none() | INSTANTS,
    metadata=st.fixed_dictionaries(
        {},
        optional={
            "agent_id": st.sampled_from(("ann", "bob")),
            "scope": st.sampled_from(SCOPES),
            "family": st.sampled_from(("graph", "core", 7)),
            "topic": st.sampled_from(("graph", "core", 7)),
        },
    ),
)
rules = st.builds(
    ScopeRule,
    scope=st.sampled_from(SCOPES),
    within=st.none() | st.sampled_from(NAMESPACES),
    below=st.booleans(),
)
filters = st.builds(
    Filter,
    now=INSTANTS,
    namespaces=st.none() | st.lists(st.sampled_from(NAMESPACES), max_size=3).map(tuple),
    tier=st.none() | st.sampled_from(("short", "mid", "long")),
    tag=st.none() | st.sampled_from(TAGS),
    agent_id=st.none() | st.sampled_from(("ann", "bob")),
    min_priority=st.none() | st.integers(1, 10),
    since=st.none() | INSTANTS,
    until=st.none() | INSTANTS,
    family=st.none() | st.sampled_from(("graph", "core")),
    topic=st.none() | st.sampled_from(("graph", "core")),
    visible=st.none()
    | st.lists(rules, max_size=3).map(tuple)
    | st.sampled_from(NAMESPACES).map(visible_from),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(memories, max_size=12), st.lists(filters, min_size=1, max_size=8))
def test_sql_and_predicate_agree(rows: list[dict[str, object]], wheres: list[Filter]) -> None:
    store = open_store(":memory:")
    stored = [memory(number, updated_at=NOON, **fields) for number, fields in enumerate(rows)]

    def work(transaction: Transaction) -> None:
        for one in stored:
            payload = payload_of(one)
            transaction.put_memory(one, payload.hash(), words_of(payload))

    store.submit(work).result()
    with store.read() as reader:
        for where in wheres:
            expected = {one.id for one in stored if where.matches(one)}
            listed = reader.list_memories(where, after=None, offset=0, limit=99)
            assert {one.id for one in listed} == expected
            assert reader.count_memories(where).value == len(expected)
            hits = reader.match_words('"content"', where, offset=0, limit=99)
            found: dict[int, Memory] = reader.memories_by_key([hit.key for hit in hits])
            assert {one.id for one in found.values()} == expected
            assert reader.count_words('"content"', where).value == len(expected)
    store.close()
