from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.diversity import distinct_first

TEXT = "Melanie paints a sunrise over the lake every summer and gives it to her mother"
TEXTS = st.lists(st.text(max_size=40), max_size=8)


def chosen(texts: list[str], limit: int = 10) -> list[int]:
    return distinct_first(range(len(texts)), lambda at: texts[at], limit)


def test_a_near_duplicate_makes_room_and_comes_back() -> None:
    texts = [TEXT, TEXT + ".", "Something else entirely, about cars.", "And a third thing: tea."]
    assert chosen(texts) == [0, 2, 3, 1]
    assert chosen(texts, limit=3) == [0, 2, 3]


def test_other_numbers_are_other_facts() -> None:
    assert chosen([f"{TEXT} in room 12", f"{TEXT} in room 13", "tea"]) == [0, 1, 2]


def test_another_length_or_order_is_no_duplicate() -> None:
    assert chosen([TEXT, f"{TEXT} {TEXT.upper()} and more of it all", "tea"]) == [0, 1, 2]
    backwards = " ".join(reversed(TEXT.split()))
    assert chosen([TEXT, backwards, "tea"]) == [0, 1, 2]


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    assert chosen(["我们每天早上在公园里喝绿茶", "我们每天早上在公园里喝绿茶。", "咖啡"]) == [
        0,
        2,
        1,
    ]


def test_nothing_is_read_behind_the_limit() -> None:
    read: list[int] = []

    def text(at: int) -> str:
        read.append(at)
        return f"text number {at}"

    assert distinct_first(range(50), text, 3) == [0, 1, 2]
    assert read == [0, 1, 2]


@given(TEXTS, st.integers(0, 9))
def test_nothing_is_lost_or_made_up(texts: list[str], limit: int) -> None:
    found = chosen(texts, limit)
    assert len(found) == len(set(found)) == min(limit, len(texts))
    assert sorted(chosen(texts, len(texts))) == list(range(len(texts)))
