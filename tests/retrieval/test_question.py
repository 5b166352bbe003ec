import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.question import nameless, names


@pytest.mark.parametrize(
    ("query", "without", "found"),
    [
        ("What is Anna afraid of?", "What is afraid of?", ["anna"]),
        ("When did Zoë's cat meet Jean-Luc?", "When did cat meet ?", ["zoe", "jean", "luc"]),
        ("What did she plan for May?", None, []),
        ("Where is the kayak?", None, []),
        ("Who is Anna?", None, ["anna"]),
        ("绿茶在哪里", None, []),
        ("", None, []),
    ],
)
def test_names_are_taken_out(query: str, without: str | None, found: list[str]) -> None:
    assert nameless(query) == without
    assert names(query) == found


@given(st.text())
def test_no_text_fails(query: str) -> None:
    assert nameless(query) != ""
    assert all(names(query))
