from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.adapters.embedder.unigram import UnigramTokenizer, Vocabulary

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "ab", "▁ab", "▁q:", "abab", "é"]
SCORES = [0.0, 0.0, 0.0, 0.0, -1.0, -2.0, -2.0, -2.5, -3.0, -1.0, -6.0, -2.0]
BEGIN, PAD, END, UNKNOWN = range(4)
VOCABULARY = Vocabulary(
    pieces={piece: place for place, piece in enumerate(PIECES) if place > UNKNOWN},
    scores=SCORES,
    characters={ord("Ａ"): "a", ord("\n"): " ", ord("\x07"): ""},
    begin=BEGIN,
    end=END,
    pad=PAD,
    unknown=UNKNOWN,
)


def tokenizer(tokens_max: int = 100, prefix: str = "") -> UnigramTokenizer:
    return UnigramTokenizer(VOCABULARY, prefix=prefix, tokens_max=tokens_max)


def pieces(text: str, tokens_max: int = 100, prefix: str = "") -> list[str]:
    ids = tokenizer(tokens_max, prefix).encode(text)
    assert (ids[0], ids[-1]) == (BEGIN, END)
    return [PIECES[place] for place in ids[1:-1]]


def test_a_word_is_cut_into_its_most_likely_pieces() -> None:
    assert pieces("ab") == ["▁ab"]
    # ▁ab + ab has -5.5, ▁ + abab -7.0, ▁ab + a + b -7.0
    assert pieces("abab") == ["▁ab", "ab"]
    assert pieces("ba") == ["▁", "b", "a"]


def test_characters_are_brought_to_those_of_the_vocabulary() -> None:
    assert pieces("Ａb\nA\x07") == ["▁ab", "▁", "<unk>"]
    assert pieces("e\u0301") == pieces("\xe9") == ["▁", "é"]


def test_blanks_at_either_end_and_in_rows_are_none() -> None:
    assert pieces("  ab   ab \n") == pieces("ab ab") == ["▁ab", "▁ab"]
    assert pieces("") == pieces(" \n") == []


def test_the_prefix_comes_first_and_is_not_cut_off() -> None:
    assert pieces("ab", prefix="q: ") == ["▁q:", "▁ab"]
    assert pieces("ab " * 50, tokens_max=4, prefix="q: ") == ["▁q:", "▁ab"]


def test_a_batch_is_padded_to_its_longest() -> None:
    tokens = tokenizer().tokens(["ab ab", "", "ab"])
    assert tokens.ids.tolist() == [[BEGIN, 8, 8, END], [BEGIN, END, PAD, PAD], [BEGIN, 8, END, PAD]]
    assert tokens.mask.sum(axis=1).tolist() == [4, 2, 3]


@pytest.mark.parametrize("text", ["ab" * 100_000, "ab " * 100_000, "?" * 100_000])
def test_a_text_is_cut_where_the_model_stops_reading(text: str) -> None:
    assert len(tokenizer(16).encode(text)) == 16


@given(st.text(alphabet="abé?", min_size=1, max_size=7))
def test_no_other_way_to_cut_a_word_is_more_likely(word: str) -> None:
    text = "▁" + word

    def best(start: int) -> float:
        if start == len(text):
            return 0.0
        ends = range(start + 1, len(text) + 1)
        known = [VOCABULARY.pieces.get(text[start:end]) for end in ends]
        ways = [
            SCORES[found] + best(end)
            for end, found in zip(ends, known, strict=True)
            if found is not None
        ]
        return max([*ways, min(SCORES) - 10.0 + best(start + 1)])

    ids = tokenizer().encode(word)[1:-1]
    total = sum(SCORES[place] if place != UNKNOWN else min(SCORES) - 10.0 for place in ids)
    assert math.isclose(total, best(0))
