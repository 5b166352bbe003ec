"""The project's own sets: their form, and that each is read whole."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import ai_memory.measure
from ai_memory.adapters.formats import ImportProblem, ImportRecord, open_dataset
from ai_memory.measure.eval.collection import choose

SETS = Path(ai_memory.measure.__file__).parent / "sets"
NAMES = sorted(path.stem for path in SETS.glob("*.json"))
SIZES = {  # memories (those it includes, too), questions, of them unanswerable
    "short": (300, 400, 80),
    "changed": (640, 480, 0),
    "names": (405, 105, 0),
    "small_talk": (300, 240, 40),
    "mixed": (375, 131, 0),
    "code": (60, 63, 0),
    "preferences": (110, 62, 0),
    "cross": (300, 57, 0),
}


def test_these_are_the_sets() -> None:
    assert set(NAMES) == set(SIZES)


@pytest.mark.parametrize("name", NAMES)
def test_a_set_is_read_whole_and_each_gold_unit_is_a_memory(name: str) -> None:
    dataset = open_dataset(SETS / f"{name}.json")
    with dataset.records() as stream:
        items = list(stream)
    assert not [item for item in items if isinstance(item, ImportProblem)]
    records = [item for item in items if isinstance(item, ImportRecord)]
    asked = [*dataset.questions, *dataset.unanswerable]
    assert (len(records), len(asked), len(dataset.unanswerable)) == SIZES[name]
    held = Counter((record.namespace, record.metadata["unit"]) for record in records)
    assert set(held.values()) == {1}
    for question in asked:
        for unit in (*question.gold, *question.avoid):
            assert (question.namespace, unit) in held, question.text
    assert len({question.name for question in asked}) == len(asked)
    texts = Counter((record.namespace, record.content) for record in records)
    assert set(texts.values()) == {1}


@pytest.mark.parametrize("name", NAMES)
def test_the_halves_are_halves_and_share_no_answer(name: str) -> None:
    dataset = open_dataset(SETS / f"{name}.json")
    for questions in (dataset.questions, dataset.unanswerable):
        if questions:
            dev, rest = (choose(questions, half, None) for half in ("dev", "validation"))
            assert len(dev) + len(rest) == len(questions)
            assert 0.4 < len(dev) / len(questions) < 0.6
            units = [{(q.namespace, unit) for q in half for unit in q.gold} for half in (dev, rest)]
            assert not units[0] & units[1]


def test_what_changed_is_stored_in_both_orders() -> None:
    found: dict[str, Any] = json.loads((SETS / "changed.json").read_text(encoding="utf-8"))
    by_namespace: dict[str, dict[str, dict[str, str]]] = {}
    for memory in found["memories"]:
        by_namespace.setdefault(memory["namespace"], {})[memory["unit"]] = memory
    forward, reverse = by_namespace["forward"], by_namespace["reverse"]
    assert forward.keys() == reverse.keys()
    for unit, memory in forward.items():
        other = f"{unit[:-1]}{'b' if unit.endswith('a') else 'a'}"
        assert memory["content"] == reverse[unit]["content"]
        assert memory["created_at"] == reverse[other]["created_at"]
    for question in found["questions"]:
        if question["category"] == "changed":
            (new,), (old,) = question["gold"], question["avoid"]
            own = by_namespace[question["namespace"]]
            assert own[new]["created_at"] > own[old]["created_at"]
