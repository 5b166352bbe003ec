from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from tests.support import spent

import ai_memory.measure
from ai_memory.retrieval.change import changed, replacements
from ai_memory.retrieval.claim import claims

FILE = Path(__file__).parents[1] / "data" / "changes.json"
SET = Path(ai_memory.measure.__file__).parent / "sets" / "changed.json"
PAIRS: dict[str, list[dict[str, Any]]] = {
    name: pairs
    for name, pairs in json.loads(FILE.read_text(encoding="utf-8")).items()
    if name != "about"
}


def says_otherwise(one: str, other: str) -> bool:
    return changed(("", one), ("", other))


def share(name: str) -> float:
    pairs = PAIRS[name]
    return sum(says_otherwise(pair["one"], pair["other"]) for pair in pairs) / len(pairs)


def test_changes_are_seen_and_what_is_only_alike_is_not() -> None:
    assert share("changed") > 0.71
    assert share("alike") < 0.02


def test_no_two_texts_of_different_changes_replace_each_other() -> None:
    texts = [pair[side] for pair in PAIRS["changed"] for side in ("one", "other")]
    found = replacements([("", text) for text in texts], lambda number: number)
    wrong = [pair for pair in found if pair[0] // 2 != pair[1] // 2]
    assert len(wrong) <= 10  # of some 64,000; several are about the same subject


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada lives in Paris.", "Ada has moved to Lisbon."),
        ("The release is on 3 March.", "The release was postponed to 17 March."),
        ("We use Redis for caching.", "Caching was switched from Redis to Memcached."),
        ("The linter is flake8.", "We replaced flake8 with ruff."),
        ("The API listens on port 8080.", "The API listens on port 9443."),
        ("Bob owns the deploy pipeline.", "Carol has taken over the deploy pipeline."),
        ("Notion is where the internal docs are.", "Internal docs live in Confluence."),
        ("The plan costs $29 a month.", "The plan costs $35 a month."),
        ("Two-factor login is enabled for all users.", "Two-factor login is disabled for all."),
        ("Katrin wohnt in Hamburg.", "Katrin ist nach Leipzig gezogen."),
        ("Наш врач — Смирнова.", "Наш врач — Галиева."),
        ("我们家订的是晨光牛奶。", "我们家订的是三岛牛奶。"),
    ],
)
def test_a_changed_value_is_seen_in_either_order(one: str, other: str) -> None:
    assert says_otherwise(one, other)
    assert says_otherwise(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada lives in Paris.", "Bob has moved to Lisbon."),  # somebody else
        ("Ada works at Bosch.", "Ada's brother works at Siemens."),
        ("The Pro plan costs 29 euros.", "The Team plan costs 59 euros."),  # something else
        ("The wifi password is plum-19.", "The guest wifi password is mint-7."),
        ("My phone number ends in 4471.", "My mobile number ends in 7250."),
        ("I like jazz.", "I also like bossa nova."),  # one more
        ("Ada likes dinosaurs.", "Ada likes trains."),
        ("The standup is at 9:30.", "The standup is in the big room."),  # another question
        ("I met Ada on Monday.", "I met Ada on Thursday."),  # events
        ("Called the plumber on Monday.", "Called the plumber again on Thursday."),
        ("Ticket 412: the login button is grey.", "Ticket 418: the logout button is red."),
        ("In 2021 we spent the summer in Galicia.", "In 2022 we spent the summer in Madeira."),
        ("Ada lives in Porto.", "Ada used to live in Lisbon."),  # what was
        ("Ada lives in Porto.", "Ada might move to Lisbon."),  # what may be
        ("Ada lives in Porto.", "Does Ada live in Lisbon?"),
        ("Ada lives in Porto.", "Ada's home is in Porto."),  # the same
        ("田中さんは大阪に住んでいます。", "山田さんは名古屋に住んでいます。"),
        ("小李喜欢喝茶。", "小李喜欢喝咖啡。"),
        ("", "Ada lives in Porto."),
        ("?!", "…"),
    ],
)
def test_what_may_both_be_true_is_no_change(one: str, other: str) -> None:
    assert not says_otherwise(one, other)
    assert not says_otherwise(other, one)


def test_what_was_is_no_newer_word() -> None:
    assert not says_otherwise("Our tracker is Linear.", "Before Linear our tracker was Jira.")


def test_a_title_names_whom_the_text_leaves_out() -> None:
    assert changed(("Ada's city", "Lives in Paris."), ("Ada's city now", "Lives in Rome."))
    assert not changed(("Ada", "Lives in Paris."), ("Bob", "Lives in Rome."))


def test_a_long_text_is_no_single_claim() -> None:
    assert not claims("Ada lives in Porto. " * 40)


def test_texts_said_at_the_same_time_replace_nothing() -> None:
    texts = [("", "Ada lives in Paris."), ("", "Ada lives in Rome.")]
    assert replacements(texts, lambda number: 7) == []
    assert replacements(texts, lambda number: -number) == [(1, 0)]


def test_pairs_written_by_somebody_else() -> None:
    """The set of changed facts of the evaluation, both halves."""
    memories = json.loads(SET.read_text(encoding="utf-8"))["memories"]
    texts = {one["unit"]: one["content"] for one in memories if one["namespace"] == "forward"}
    units = sorted({unit[:-2] for unit in texts})
    seen = {unit for unit in units if says_otherwise(texts[f"{unit}-a"], texts[f"{unit}-b"])}
    changes = [unit for unit in units if unit.startswith("c")]
    assert sum(unit in seen for unit in changes) >= 0.8 * len(changes)
    assert len(seen.difference(changes)) <= 0.03 * (len(units) - len(changes))


def test_the_worst_text_takes_no_long_time() -> None:
    texts = [("", ("a b c not now " * 20)[:300] + f"{number}") for number in range(12)]
    worst = spent(lambda: replacements(texts, lambda number: number))
    plain = spent(lambda: [claims.__wrapped__(text) for _title, text in texts])
    assert len(list(combinations(texts, 2))) == 66
    assert worst < 50 * max(plain, 0.001)


def test_a_series_is_no_change() -> None:
    """Items of a log differ in a value each, and the one asked for is not the newest."""
    log = [
        ("", f"Build number {number} took {10 + number} minutes on the runner")
        for number in range(6)
    ]
    assert replacements(log, lambda number: number) == []
