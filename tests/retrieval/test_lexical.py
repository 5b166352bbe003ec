from collections import Counter
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.retrieval.lexical import NOTHING, read
from ai_memory.retrieval.occurrence import Event, occurrences

FAR = "filler words about nothing in particular and more of them " * 20


def test_words_that_stand_together_count_more() -> None:
    near, far = read(
        "green tea party", [f"Our green tea party. {FAR}", f"green {FAR} tea {FAR} party"]
    )
    assert near.narrow > far.narrow
    assert near.phrase > far.phrase == 0


def test_neighbours_may_have_stop_words_between_them_and_count_half() -> None:
    beside, apart, other = read(
        "Who walked to the beach?",
        ["walk, beach", "We're walking on a beach.", "We walk, then rest at a beach."],
    )
    assert beside.phrase > other.phrase == 0
    assert apart.phrase == pytest.approx(beside.phrase / 2)


def test_the_nearest_of_several_places_counts() -> None:
    once, twice = read("green tea", ["Green tea.", "Green is the tea. Green tea. Green, the tea."])
    assert once.phrase == twice.phrase > 0


def test_neighbours_stand_in_one_line_with_nothing_but_stop_words_between() -> None:
    texts = [
        "Jon! How is the store?",
        "It is you, Jon!\nHow is the store?",
        f"Jon {'is ' * 20}store",
    ]
    greeted, elsewhere, afar = read("How is Jon's store doing?", texts)
    assert greeted.phrase > elsewhere.phrase == afar.phrase == 0


def test_stop_words_are_those_of_the_language_of_the_question() -> None:
    text = ["Wir gingen in den Zoo."]
    (german,) = read("Wann gingen wir in den Zoo?", text)
    (english,) = read("gingen Zoo", text)
    assert german.phrase > english.phrase == 0


def test_inflections_and_accents_count() -> None:
    (found,) = read("hiking in Zurich", ["We hiked near ZÜRICH."])
    assert found.narrow == 1.0


def test_parts_of_words_do_not_count() -> None:
    assert read("art", ["a party started"]) == [NOTHING]


def test_a_name_is_no_other_word_of_its_root() -> None:
    found = read("What does Tim read?", ["Time after time.", "Tim's book", "It is Tim."])
    assert found[0] == NOTHING._replace(named=0.0)
    assert found[1].named == found[2].named == 1.0


def test_rare_words_weigh_more_than_common_ones() -> None:
    texts = [f"Anna spoke. {FAR}"] * 5 + [f"A kayak. {FAR}"]
    found = read("Anna's kayak", texts)
    assert found[5].narrow == max(one.narrow for one in found)
    assert found[5].narrow > found[0].narrow


def test_chinese_is_found_without_spaces() -> None:
    right, wrong = read("绿茶在哪里", ["我们喝绿茶。", "我们喝咖啡。"])
    assert right.narrow == 1.0
    assert wrong == NOTHING


def test_thai_words_that_stand_together_are_neighbours() -> None:
    together, apart = read("ข้าวผัดกุ้ง", ["ฉันชอบกินข้าวผัดกุ้งที่ร้าน", "กุ้งกับข้าวและผัดผัก"])
    assert together.exact
    assert together.phrase > 5 * apart.phrase


def test_words_that_touch_chinese_begin_there() -> None:
    (found,) = read("python", ["我用Python写代码"])
    assert found.exact


def test_nothing_to_look_for() -> None:
    assert read("?!", ["text"]) == [NOTHING]
    assert read("tea", []) == []
    assert read("tea", [""]) == [NOTHING]


def test_endless_texts_are_read_in_bounds() -> None:
    found = read("tea", ["tea " * 100_000] * 50)
    assert found[0].narrow == 1.0
    assert found[-1] == NOTHING


@given(st.text(), st.lists(st.text(), max_size=5))
def test_evidence_is_a_share(query: str, texts: list[str]) -> None:
    found = read(query, texts)
    assert len(found) == len(texts)
    assert all(0 <= figure <= 1 + 1e-9 for one in found for figure in one)


@given(st.lists(st.lists(st.sampled_from(("tea", "green", "-" * 60)), max_size=60), max_size=4))
def test_the_best_passage_is_the_best_of_all(texts: list[list[str]]) -> None:
    pool = [" ".join(text) for text in texts]
    found = occurrences(["green", "tea"], {}, pool)
    weights = [log(1 + (found.buckets - n + 0.5) / (n + 0.5)) for n in found.in_buckets]
    for width, figures in (
        (170, [one.narrow for one in read("green tea", pool)]),
        (510, [one.wide for one in read("green tea", pool)]),
    ):
        plain = [best_of_all(events, weights, width) for events in found.events]
        assert figures == pytest.approx([one / (max(plain) or 1.0) for one in plain])


def best_of_all(events: list[Event], weights: list[float], width: int) -> float:
    """BM25 of every stretch that begins with a word; the greatest."""
    stretches = [
        Counter(term for at, term, _ in events if start <= at < start + width)
        for start, _, _ in events
    ]
    return max(
        (sum(weights[t] * n * 2.2 / (n + 1.2) for t, n in counts.items()) for counts in stretches),
        default=0.0,
    )
