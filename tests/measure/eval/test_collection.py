from __future__ import annotations

import msgspec
import pytest

from ai_memory.adapters.formats import Question
from ai_memory.errors import ValidationFailed
from ai_memory.measure.eval.collection import choose


def ask(namespace: str, gold: str) -> Question:
    return Question(namespace=namespace, text=f"Where is {gold}?", key="session", gold=(gold,))


DIALOGUES = [ask(f"dialogue-{number}", str(unit)) for number in range(5) for unit in range(4)]
PARAGRAPHS = [ask("one", str(unit // 2)) for unit in range(400)]


@pytest.mark.parametrize("questions", [DIALOGUES, PARAGRAPHS], ids=["several", "single"])
def test_each_question_is_on_one_side(questions: list[Question]) -> None:
    dev, validation = choose(questions, "dev", None), choose(questions, "validation", None)
    assert len(dev) + len(validation) == len(questions)
    assert [question for question in questions if question in dev] == dev
    assert 0.5 < len(dev) / len(questions) < 0.7


def test_dialogues_stay_whole_the_first_three_fifths_for_tuning() -> None:
    assert {question.namespace for question in choose(DIALOGUES, "dev", None)} == {
        "dialogue-0", "dialogue-1", "dialogue-2",
    }  # fmt: skip


def test_questions_about_the_same_unit_stay_together() -> None:
    dev = {question.gold for question in choose(PARAGRAPHS, "dev", None)}
    validation = {question.gold for question in choose(PARAGRAPHS, "validation", None)}
    assert dev & validation == set()


def test_a_data_set_that_says_its_halves_is_believed() -> None:
    said = [
        msgspec.structs.replace(question, half="validation" if at % 4 else "dev")
        for at, question in enumerate(PARAGRAPHS)
    ]
    assert choose(said, "dev", None) == said[::4]
    assert len(choose(said, "validation", None)) == 300


def test_a_limit_takes_questions_from_everywhere() -> None:
    assert choose(DIALOGUES, "all", 5) == DIALOGUES[::4]
    assert choose(DIALOGUES, "all", 99) == DIALOGUES


def test_a_side_without_questions_is_an_error() -> None:
    with pytest.raises(ValidationFailed, match="validation side"):
        choose(DIALOGUES[:1], "validation", None) or choose(DIALOGUES[:1], "dev", None)
