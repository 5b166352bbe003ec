"""Dialogues in the LoCoMo schema: sessions, turns, dates and questions."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ai_memory.adapters.formats import ImportRecord, open_dataset, open_records
from ai_memory.adapters.formats.locomo import session_date
from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import to_rfc3339

DIALOGUE = Path(__file__).parents[2] / "data" / "dialogue.json"
REAL = Path(os.environ.get("DATA", Path(__file__).parents[4] / "shared" / "data"))


def read(path: Path, **how: str) -> list[ImportRecord]:
    with open_records(path, **how) as stream:
        return [item for item in stream if isinstance(item, ImportRecord)]


def written(folder: Path, sample: object) -> Path:
    path = folder / "chat.json"
    path.write_text(json.dumps(sample))
    return path


def test_one_memory_per_session() -> None:
    records = read(DIALOGUE)
    assert Counter(record.namespace for record in records) == {
        "locomo/small-1": 6,
        "locomo/dialogue-1": 2,
    }
    second = records[1]
    assert second.title == "Session 2 · 19 March 2024"
    assert second.metadata == {"session": "2"}
    assert second.content.splitlines()[0].startswith("Tobias: The vet called about Pepper.")
    assert second.content.endswith("offended. [a grey cat sitting with its back to the camera]")
    assert to_rfc3339(second.created_at or 0) == "2024-03-19T12:40:00+00:00"


def test_one_memory_per_turn() -> None:
    records = read(DIALOGUE, unit="turn")
    assert len(records) == 39
    assert records[1].title == "Session 1, turn 2 · 4 March 2024"
    assert records[1].metadata == {"session": "1", "dia_id": "D1:2"}
    assert (
        records[1].content
        == "Tobias: Congratulations! Is that the old bakery with the blue shutters?"
    )
    assert len({record.id for record in records}) == len(records)


def test_questions_name_the_sessions_that_answer_them() -> None:
    dataset = open_dataset(DIALOGUE)
    assert (dataset.format, dataset.unit) == ("locomo", "session")
    assert (len(dataset.questions), dataset.skipped) == (15, 2)
    by_text = {question.text: question for question in dataset.questions}
    asked = by_text["What has Tobias done for a living?"]
    assert (asked.gold, asked.key, asked.category) == (("4", "6"), "session", "1")
    assert asked.namespace == "locomo/small-1"
    assert by_text["What did Mara plant behind the shed?"].namespace == "locomo/dialogue-1"
    assert Counter(question.category for question in dataset.questions)["5"] == 1


@pytest.mark.parametrize("unit", ["session", "turn"])
def test_each_gold_unit_is_a_memory_of_the_namespace(unit: str) -> None:
    dataset = open_dataset(DIALOGUE, unit=unit)
    with dataset.records() as stream:
        records = [item for item in stream if isinstance(item, ImportRecord)]
    for question in dataset.questions:
        held = {r.metadata[question.key] for r in records if r.namespace == question.namespace}
        assert held.issuperset(question.gold)


@pytest.mark.parametrize(
    ("evidence", "sessions", "turns"),
    [
        (["D1:1"], ("1",), ("D1:1",)),
        (["D1:1; D2:1"], ("1", "2"), ("D1:1", "D2:1")),
        (["D1:1 D1:2"], ("1",), ("D1:1", "D1:2")),
        (["D:2:1"], ("2",), ("D2:1",)),
        (["D2:01", "D2:1"], ("2",), ("D2:1",)),
        (["D", "D1:2"], ("1",), ("D1:2",)),
        ("D2:1", ("2",), ("D2:1",)),
        (["D1:99"], ("1",), None),
        (["D7:1"], None, None),
        (["D"], None, None),
        ([], None, None),
        (None, None, None),
        ([17, {"a": 1}], None, None),
    ],
)
def test_evidence_is_read_leniently(
    tmp_path: Path,
    evidence: object,
    sessions: tuple[str, ...] | None,
    turns: tuple[str, ...] | None,
) -> None:
    turn = {"speaker": "A", "text": "hello"}
    sample = {
        "session_1": [turn, turn],
        "session_2": [{**turn, "dia_id": "D2:1"}],
        "qa": [{"question": "who?", "evidence": evidence, "category": 1}],
    }
    for unit, expected in (("session", sessions), ("turn", turns)):
        path = written(tmp_path, [sample])
        if expected is None:
            with pytest.raises(ValidationFailed, match="no question with usable evidence"):
                open_dataset(path, unit=unit)
        else:
            dataset = open_dataset(path, unit=unit)
            assert (dataset.questions[0].gold, dataset.skipped) == (expected, 0)


def test_a_turn_is_known_by_its_own_id_whatever_number_is_in_it(tmp_path: Path) -> None:
    def turn(dia_id: str, text: str = "hello") -> dict[str, str]:
        return {"speaker": "A", "clean_text": text, "dia_id": dia_id}

    asked = [["D1:1"], ["D2:1", "D9:9"], ["D1:2"], ["D7:1"], ["x-9"], ["D1:7"]]
    sample = {
        "session_1": [turn("D2:1"), turn("D2:2", "")],
        "session_2": [turn("D1:1"), turn("D1:2", "")],
        "session_7": [turn("D3:1"), turn("x-9")],
        "qa": [{"question": str(evidence), "evidence": evidence} for evidence in asked],
    }
    path = written(tmp_path, sample)
    sessions, turns = open_dataset(path), open_dataset(path, unit="turn")
    assert {q.text: q.gold for q in sessions.questions} == {
        "['D1:1']": ("2",),
        "['D2:1', 'D9:9']": ("1",),
        "['D1:2']": ("2",),  # a picture without words is shown in a session, and is no turn to find
        "['x-9']": ("7",),
    }
    assert {q.text: q.gold for q in turns.questions} == {
        "['D1:1']": ("D1:1",),
        "['D2:1', 'D9:9']": ("D2:1",),
        "['x-9']": ("x-9",),
    }
    assert (sessions.skipped, turns.skipped) == (2, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1:56 pm on 8 May, 2023", "2023-05-08T13:56:00+00:00"),
        ("12:10 am on 1 February, 2023", "2023-02-01T00:10:00+00:00"),
        ("12:48 PM on 29 Feb 2024", "2024-02-29T12:48:00+00:00"),
        ("29.12.2023, 23:30:07", "2023-12-29T23:30:07+00:00"),
        ("2023-05-08T13:56:00Z", "2023-05-08T13:56:00+00:00"),
        ("12:10 am on 31 February, 2023", None),
        ("25:61 am on 1 March, 2023", None),
        ("1:00 pm on 1 Mayhem, 2023", "2023-05-01T13:00:00+00:00"),
        ("1:00 pm on 1 Smarch, 2023", None),
        ("soon", None),
        (None, None),
        ({}, None),
    ],
)
def test_dates_of_sessions(text: object, expected: str | None) -> None:
    instant = session_date(text)
    assert (to_rfc3339(instant) if instant is not None else None) == expected


def test_a_file_of_one_flat_dialogue_is_named_by_its_file(tmp_path: Path) -> None:
    chat: dict[str, Any] = {
        "name": {"speaker_1": "A", "speaker_2": "B"},
        "session_10_date_time": "29.12.2023, 23:30:07",
        "session_10": [
            {
                "speaker": "A",
                "clean_text": "late",
                "date_time": "30.12.2023, 00:01:02",
                "dia_id": "D10:1",
            }
        ],
        "session_9": [{"speaker": "B", "clean_text": "early"}, {"speaker": "B", "text": ""}, None],
        "events_session_9": {},
        "qa": [],
    }
    early, late = read(written(tmp_path, chat), unit="turn")
    assert early.namespace == "locomo/chat"
    assert (early.title, early.created_at) == ("Session 9, turn 1", None)
    assert early.metadata["dia_id"] == "D9:1"
    assert to_rfc3339(late.created_at or 0) == "2023-12-30T00:01:02+00:00"


def test_a_long_session_is_split_and_keeps_its_unit(tmp_path: Path) -> None:
    turns = [{"speaker": "A", "text": f"{n} " + "z" * 10_000} for n in range(20)]
    records = read(written(tmp_path, [{"session_1": turns}]))
    assert [record.title for record in records] == [f"Session 1 ({n}/4)" for n in range(1, 5)]
    assert {record.metadata["session"] for record in records} == {"1"}


def test_an_object_without_sessions_loses_no_dialogue(tmp_path: Path) -> None:
    good = {"session_1": [{"speaker": "A", "text": "hello"}]}
    items = list(open_records(written(tmp_path, [good, {"qa": []}, good])))
    assert [isinstance(item, ImportRecord) for item in items] == [True, False, True]


def test_the_real_dialogues(capsys: pytest.CaptureFixture[str]) -> None:
    path = REAL / "locomo_dev.json"
    if not path.is_file():
        pytest.skip(f"{path} is missing: set DATA to the folder of locomo_dev.json")
    dataset = open_dataset(path)
    sessions = read(path)
    turns = read(path, unit="turn")
    assert Counter(record.namespace for record in sessions) == {
        "locomo/conv-26": 19,
        "locomo/conv-30": 19,
        "locomo/conv-41": 32,
        "locomo/conv-42": 29,
        "locomo/conv-43": 29,
    }
    assert len(turns) == 2760
    assert all(record.created_at is not None for record in sessions)
    assert len({record.id for record in (*sessions, *turns)}) == 128 + 2760
    assert (len(dataset.questions), dataset.skipped) == (997, 2)
    assert len(open_dataset(path, unit="turn").questions) == 997
    with capsys.disabled():
        sys.stdout.write(
            f"\nlocomo_dev.json: {len(sessions)} sessions, {len(turns)} turns, "
            f"{len(dataset.questions)} questions, {dataset.skipped} skipped\n"
        )
