"""Asking what cannot be answered: each question of one dialogue in the namespace of the next.

Every question is also asked where it can be answered, both times with the floor off; the relevance
of each hit then tells what any floor would have let through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ai_memory import limits
from ai_memory.adapters.formats import Question
from ai_memory.compose import OpenNode
from ai_memory.measure.interval import Interval, bootstrap
from ai_memory.measure.metric import any_at, distinct
from ai_memory.measure.progress import Progress
from ai_memory.operations.recall_memories import RecallMemories, RecallResult
from ai_memory.retrieval.relevance import MIN_RELEVANCE

_FLOORS: Final = tuple(step / 20 for step in range(20))
_DIGITS: Final = 4


class Floors(NamedTuple):
    """What each floor of `_FLOORS`, and the default, does to a level.

    Attributes:
        answered: Whether a gold unit is among the first five. Shape (questions, floors).
        fooled: Whether the question got anything in the other namespace. Same shape.
    """

    level: str
    answered: npt.NDArray[np.float64]
    fooled: npt.NDArray[np.float64]


def ask_elsewhere(opened: OpenNode, questions: Sequence[Question]) -> Floors | None:
    """Ask every question within its namespace and within the next; None if there is one only."""
    namespaces = list(dict.fromkeys(question.namespace for question in questions))
    if len(namespaces) < 2:
        return None
    following = dict(zip(namespaces, [*namespaces[1:], namespaces[0]], strict=True))
    caller = opened.caller("python")
    floors = (*_FLOORS, MIN_RELEVANCE)
    answered = np.zeros((len(questions), len(floors)))
    fooled = np.zeros_like(answered)
    title = f"Asking what cannot be answered at level {opened.config.tier}"
    with Progress(title, len(questions), unit="question") as progress:
        for row, question in enumerate(questions):
            here: RecallResult = opened.node.execute(caller, _recall(question, question.namespace))
            there: RecallResult = opened.node.execute(
                caller, _recall(question, following[question.namespace])
            )
            found = [(str(m.metadata.get(question.key)), m.relevance) for m in here.memories]
            for column, floor in enumerate(floors):
                units = distinct(unit for unit, fits in found if fits >= floor)
                answered[row, column] = any_at(5, units, question.gold)
                best = max((m.relevance for m in there.memories), default=-1.0)
                fooled[row, column] = best >= floor
            progress.advance()
    opened.node.drain_touches()
    return Floors(opened.config.tier, answered, fooled)


def _recall(question: Question, namespace: str | None) -> RecallMemories:
    return RecallMemories(
        context=question.text,
        namespace=namespace,
        limit=limits.RECALL_LIMIT_MAX,
        min_relevance=0.0,
    )


def shown(floors: Floors) -> dict[str, Any]:
    """As JSON: the false-recall rate at the default floor, what it costs, and the curve."""
    any_5, false = bootstrap(floors.answered), bootstrap(floors.fooled)
    (loss,) = bootstrap(floors.answered[:, :1] - floors.answered[:, -1:])
    return {
        "false_recall": _figure(false[-1]),
        "floor": {
            "min_relevance": MIN_RELEVANCE,
            "any@5_loss": _figure(loss),
            "curve": [
                {"min_relevance": at, "any@5": _figure(right), "false_recall": _figure(wrong)}
                for at, right, wrong in zip(_FLOORS, any_5, false, strict=False)
            ],
        },
    }


def _figure(interval: Interval) -> dict[str, float]:
    return {name: round(value, _DIGITS) for name, value in interval._asdict().items()}
