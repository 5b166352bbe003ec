from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.fusion import Candidate, pool, rank, votes

DAY = 86_400 * 1_000_000
NOW = int(datetime(2024, 3, 10, tzinfo=UTC).timestamp()) * 1_000_000


def keys(query: str, *candidates: Candidate, **options: object) -> list[int]:
    return [hit.key for hit in rank(query, candidates, **options)]  # type: ignore[arg-type]


def test_windows_vote_for_their_memory() -> None:
    assert votes([(7, 0.9), (3, 0.8), (7, 0.5)]) == {7: [0.9, 0.5], 3: [0.8]}


def test_the_pool_takes_turns() -> None:
    assert pool([1, 2, 3], [9, 1, 8]) == [1, 9, 2, 8, 3]
    assert pool([1, 2, 3], [9, 8], depth=3) == [1, 9, 2]
    assert pool([], []) == []


@given(st.lists(st.lists(st.integers(0, 30), unique=True), max_size=4), st.integers(0, 10))
def test_the_pool_is_distinct_and_bounded(rankings: list[list[int]], depth: int) -> None:
    chosen = pool(*rankings, depth=depth)
    everything = {key for ranking in rankings for key in ranking}
    assert len(chosen) == len(set(chosen)) == min(depth, len(everything))


def test_words_decide_without_vectors() -> None:
    assert keys("tea", Candidate(1, "coffee"), Candidate(2, "tea", words=3.0)) == [2, 1]


def test_meaning_finds_what_words_miss() -> None:
    one, other = Candidate(1, "a car", cosines=[0.1]), Candidate(2, "a vehicle", cosines=[0.7])
    assert keys("automobile", one, other) == [2, 1]


def test_cosines_that_are_alike_leave_the_words_their_order() -> None:
    one = Candidate(1, "绿茶", words=4.0, cosines=[0.80])
    other = Candidate(2, "咖啡", words=0.0, cosines=[0.82])
    assert keys("绿茶", other, one) == [1, 2]


def test_words_speak_for_a_text_in_another_language() -> None:
    """Few words are shared, so they count little beside vectors; but these know English only."""
    question = "When does Grace go to the opera with her sister?"
    german = "Grace geht im März mit der Familie in die Oper nach Dresden"
    other = Candidate(2, "The sisters met when the choir was singing", cosines=[0.45])
    there = Candidate(1, german, words=4.0, cosines=[0.3])
    assert keys(question, other, there) == [1, 2]


def test_the_context_tips_the_scale() -> None:
    one = Candidate(1, "java island", words=1.0, cosines=[0.5], contexts=[0.3])
    other = Candidate(2, "java code", words=1.0, cosines=[0.5], contexts=[0.6])
    assert keys("java", one, other) == [2, 1]


def test_a_date_finds_the_day() -> None:
    may, june = (
        int(datetime(2023, month, 3, tzinfo=UTC).timestamp()) * 1_000_000 for month in (5, 6)
    )
    one = Candidate(1, "We had tea", words=1.0, created_at=may)
    other = Candidate(2, "We had tea", words=1.0, created_at=june)
    assert keys("tea on 3 June 2023", one, other) == [2, 1]
    assert keys("tea on 3 May 2023", other, one) == [1, 2]


def test_priors_order_equals_and_bury_nothing() -> None:
    low, high = (
        Candidate(1, "tea", words=1.0, priority=1),
        Candidate(2, "tea", words=1.0, priority=10),
    )
    assert keys("tea", low, high) == [2, 1]
    exact = Candidate(1, "green tea", words=2.0, priority=1, confidence=0.0)
    loose = Candidate(2, "tea for all", words=1.5, priority=10, created_at=NOW)
    assert keys("green tea", exact, loose, now=NOW) == [1, 2]


def test_recency_is_bounded_switchable_and_spares_the_durable() -> None:
    old = Candidate(1, "tea", words=1.0, created_at=NOW - 900 * DAY)
    new = Candidate(2, "tea", words=1.0, created_at=NOW)
    assert keys("tea", old, new, now=NOW) == [2, 1]
    assert keys("tea", old, new, now=NOW, recency=False) == [1, 2]
    assert keys("tea", old._replace(durable=True), new, now=NOW) == [1, 2]
    first, second = rank("tea", [old, new], now=NOW)
    assert second.score > 0.97 * first.score


def test_near_namespaces_come_first() -> None:
    far, near = Candidate(1, "tea", words=1.0, proximity=0.77), Candidate(2, "tea", words=1.0)
    assert keys("tea", far, near) == [2, 1]


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        key=st.integers(),
        text=st.text(),
        words=st.floats(0, 1e3),
        cosines=st.lists(st.floats(-1, 1), max_size=4).map(
            lambda found: sorted(found, reverse=True)
        ),
        contexts=st.lists(st.floats(-1, 1), max_size=1),
        created_at=st.integers(-(10**15), 10**16),
        durable=st.booleans(),
        priority=st.integers(1, 10),
        confidence=st.floats(0, 1),
        proximity=st.floats(0, 1),
    ),
    max_size=6,
)


@given(st.text(), CANDIDATES)
def test_scores_are_shares_and_explanations_add_up(query: str, candidates: list[Candidate]) -> None:
    hits = rank(query, candidates, now=NOW, explain=True)
    assert sorted(hit.key for hit in hits) == sorted(one.key for one in candidates)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert 0 <= hit.score <= 1
        assert hit.contributions is not None
        assert sum(hit.contributions) == pytest.approx(hit.score)
    quiet = rank(query, candidates, now=NOW)
    assert [(hit.key, hit.score) for hit in quiet] == [(hit.key, hit.score) for hit in hits]
    assert all(hit.contributions is None for hit in quiet)
