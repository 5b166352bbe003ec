from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.condensing import condensed

NOTES = st.lists(
    st.tuples(st.text("abc ", min_size=1, max_size=20), st.text("abc .!\n海。", max_size=400)),
    min_size=1,
    max_size=20,
)


@given(NOTES)
def test_no_word_of_any_note_is_lost_and_it_says_the_same_again(
    notes: list[tuple[str, str]],
) -> None:
    text = condensed(notes)
    for title, content in notes:
        assert " ".join(title.split()) in text
        assert all(line.strip() in text for line in content.splitlines())
    assert text == condensed(notes)


def test_each_note_stands_under_its_title() -> None:
    notes = [
        ("Port", "It listens on 8080. Behind nginx."),
        ("Proxy", "Behind nginx.\n\nTLS:\n  ends: there"),
    ]
    assert condensed(notes) == (
        "- Port: It listens on 8080. Behind nginx.\n"
        "- Proxy:\n  Behind nginx.\n\n  TLS:\n    ends: there"
    )


def test_a_sentence_that_two_notes_share_means_another_thing_in_each() -> None:
    notes = [("alpha", "Runs in Rome. It listens on 80."), ("beta", "It listens on 80.")]
    assert condensed(notes).splitlines() == [
        "- alpha: Runs in Rome. It listens on 80.",
        "- beta: It listens on 80.",
    ]


def test_only_what_is_the_same_from_end_to_end_is_said_once() -> None:
    notes = [("one", "Polish it."), ("two", "Polish it.\n"), ("three", "polish it.")]
    assert condensed(notes) == "- one; two: Polish it.\n- three: polish it."
