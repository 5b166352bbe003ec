from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.fusion import Candidate, rank
from ai_memory.retrieval.lexical import Evidence, read
from ai_memory.retrieval.relevance import MIN_RELEVANCE, relevance

SHARES = st.floats(0, 1)
OTHERS = ["We went to the cinema on Sunday.", "The car needs new tyres.", "Bread, milk, two eggs."]


def fits(query: str, text: str, *, cosine: float = 0.0) -> float:
    found = read(query, [text, *OTHERS])
    return relevance(found[0], cosine)


def test_an_exact_hit_is_certain() -> None:
    assert fits("Where is the blue kayak?", "The blue kayak is in the shed.") == 1.0
    far = "filler without any of it " * 40
    assert fits("Where is the blue kayak?", f"blue {far} kayak") < 1.0


def test_what_shares_nothing_is_not_relevant() -> None:
    assert fits("What is Rosalind's thesis about?", "We had soup for lunch.") < MIN_RELEVANCE


def test_somebody_else_is_not_who_was_asked_about() -> None:
    text = "Gina: I am afraid of deep water."
    assert fits("What is Gina afraid of?", text) == 1.0
    assert fits("What is Anna afraid of?", text) < fits("What is she afraid of at sea?", text)


def test_a_paraphrase_needs_the_vectors() -> None:
    query, text = "what does she drink at breakfast", "Coffee, black, every morning."
    assert fits(query, text, cosine=0.6) > max(MIN_RELEVANCE, fits(query, text))


@given(st.builds(Evidence, SHARES, SHARES, SHARES, SHARES, SHARES, SHARES, st.booleans()), SHARES)
def test_relevance_is_a_share_and_vectors_never_lower_it(found: Evidence, cosine: float) -> None:
    assert 0 <= relevance(found, 0.0) <= relevance(found, cosine) <= 1


def test_every_hit_has_its_relevance() -> None:
    hits = rank("green tea", [Candidate(1, "green tea", words=2.0), Candidate(2, "coffee")])
    assert [hit.key for hit in hits] == [1, 2]
    assert hits[0].relevance == 1.0
    assert hits[1].relevance < 0.5
