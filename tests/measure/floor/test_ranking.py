from __future__ import annotations

from math import log

import pytest

from ai_memory.measure.floor.ranking import BareBm25, BareWords


def test_fts5_stems_cuts_stop_words_and_stays_in_its_namespace() -> None:
    index = BareWords(
        [("a", "She hikes in the hills"), ("b", "Hiking boots"), ("a", "Nothing of the sort")]
    )
    assert index.rank("What about the hike?", "a", 5) == [0]
    assert index.rank("hiked", "b", 5) == [1]
    assert index.rank("of the", "a", 5)[0] == 2  # stop words alone are asked for after all
    assert index.rank("?!", "a", 5) == []
    index.close()


def test_fts5_asks_for_pairs_where_there_are_no_blanks() -> None:
    index = BareWords([("a", "钥匙在抽屉里"), ("a", "明天下雨"), ("a", "กุญแจอยู่ในลิ้นชัก")])
    assert index.rank("抽屉在哪里？", "a", 5) == [0]
    assert index.rank("ลิ้นชัก", "a", 5) == [2]
    index.close()


def test_bm25_is_the_formula() -> None:
    index = BareBm25([["cat", "cat", "mat"], ["dog", "mat"], ["mat"]])
    scores = index.scores(["cat", "unheard"], 1.2, 0.5)
    rarity = log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    norm = 1.2 * (0.5 + 0.5 * 3 / 2)
    assert scores.tolist() == pytest.approx([rarity * 2 * 2.2 / (2 + norm), 0, 0])
