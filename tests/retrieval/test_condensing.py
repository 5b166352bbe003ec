from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.condensing import condensed

NOTES = st.lists(
    st.tuples(st.text("abc ", min_size=1, max_size=20), st.text("abc .!\n海。", max_size=400)),
    min_size=1,
    max_size=20,
)


@given(NOTES, st.integers(16, 200))
def test_it_keeps_to_its_room_and_says_the_same_again(
    notes: list[tuple[str, str]], each: int
) -> None:
    most = each * len(notes)
    text = condensed(notes, most)
    assert len(text) <= most
    assert text == condensed(notes, most)
    assert len(text.splitlines()) == len(notes)


def test_all_of_it_is_kept_where_it_fits_and_nothing_twice() -> None:
    notes = [
        ("Port", "It listens on 8080. Behind nginx."),
        ("Proxy", "Behind  Nginx. TLS ends there.\n\nCertificates renew by themselves"),
    ]
    assert condensed(notes) == (
        "- Port: It listens on 8080. Behind nginx.\n"
        "- Proxy: TLS ends there. Certificates renew by themselves"
    )


def test_short_notes_leave_their_room_to_long_ones() -> None:
    long = " ".join(f"Sentence number {n}." for n in range(40))
    text = condensed([("Short", "One."), ("Long", long)], 200)
    first, second = text.splitlines()
    assert first == "- Short: One."
    assert 150 < len(second) <= 200 - len(first) - 1
    assert second.endswith(".")


def test_a_sentence_that_does_not_fit_is_cut_and_says_so() -> None:
    text = condensed([("Title", "word " * 100)], 40)
    assert len(text) == 40
    assert text.startswith("- Title: word")
    assert text.endswith("…")
