"""Asking what cannot be answered.

That is what a data set says nothing answers, by kind; and, of a data set of dialogues, each
question in the namespace of the next. Every question is asked as anybody would ask it, and with the
floor off; the relevance of each hit then tells what any floor would have let through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from ai_memory import limits
from ai_memory.adapters.formats import Question
from ai_memory.compose import OpenNode
from ai_memory.measure.eval.mark import unit_of
from ai_memory.measure.interval import Interval, Scores, bootstrap
from ai_memory.measure.metric import any_at, distinct
from ai_memory.measure.progress import Progress
from ai_memory.operations.recall_memories import RecallMemories, RecallResult
from ai_memory.retrieval.relevance import MIN_RELEVANCE

_FLOORS: Final = tuple(step / 20 for step in range(20))
_DIGITS: Final = 4


ELSEWHERE: Final = "elsewhere"
"""The kind of a question that is asked in another namespace than its own."""


class Floors(NamedTuple):
    """What each floor of `_FLOORS` does to a level.

    Attributes:
        answered: Whether a gold unit is among the first five. Shape (questions, floors).
        fooled: Kind of question that nothing answers → whether it got anything. Shape (questions of
            the kind, floors).
        default: The same without a floor being named. Shape (questions of the kind, 1).
    """

    level: str
    answered: npt.NDArray[np.float64]
    fooled: Mapping[str, npt.NDArray[np.float64]]
    default: Mapping[str, npt.NDArray[np.float64]]


def try_floors(
    opened: OpenNode,
    questions: Sequence[Question],
    unanswerable: Sequence[Question],
    *,
    elsewhere: bool,
) -> Floors | None:
    """Ask with every floor; None if there is nothing that cannot be answered.

    Args:
        opened: A filled store.
        questions: Those with an answer.
        unanswerable: Those that nothing answers.
        elsewhere: Whether a question has no answer in the namespace of another one.
    """
    kinds: dict[str, list[Question]] = {}
    for question in unanswerable:
        kinds.setdefault(question.category, []).append(question)
    namespaces = list(dict.fromkeys(question.namespace for question in questions))
    if elsewhere and len(namespaces) > 1:
        following = dict(zip(namespaces, [*namespaces[1:], namespaces[0]], strict=True))
        kinds[ELSEWHERE] = [
            msgspec.structs.replace(question, namespace=following[question.namespace])
            for question in questions
        ]
    if not kinds:
        return None
    caller = opened.caller("python")
    asked = len(questions) + 2 * sum(map(len, kinds.values()))
    answered = np.zeros((len(questions), len(_FLOORS)))
    fooled = {kind: np.zeros((len(some), len(_FLOORS))) for kind, some in kinds.items()}
    default = {kind: np.zeros((len(some), 1)) for kind, some in kinds.items()}
    title = f"Asking what cannot be answered at level {opened.config.tier}"
    with Progress(title, asked, unit="question") as progress:
        for row, question in enumerate(questions):
            result: RecallResult = opened.node.execute(caller, _recall(question, floor=0.0))
            found = [(unit_of(m, question.key), m.relevance) for m in result.memories]
            for column, floor in enumerate(_FLOORS):
                units = distinct(unit for unit, fits in found if fits >= floor)
                answered[row, column] = any_at(5, units, question.gold)
            progress.advance()
        for kind, some in kinds.items():
            for row, question in enumerate(some):
                result = opened.node.execute(caller, _recall(question))
                default[kind][row] = bool(result.memories)
                result = opened.node.execute(caller, _recall(question, floor=0.0))
                best = max((m.relevance for m in result.memories), default=-1.0)
                fooled[kind][row] = np.array(_FLOORS) <= best
                progress.advance(2)
    opened.node.drain_touches()
    return Floors(opened.config.tier, answered, fooled, default)


def _recall(question: Question, *, floor: float | None = None) -> RecallMemories:
    asked = RecallMemories(
        context=question.text, namespace=question.namespace, limit=limits.RECALL_LIMIT_MAX
    )
    return asked if floor is None else msgspec.structs.replace(asked, min_relevance=floor)


def shown(floors: Floors, any_5: Scores) -> dict[str, Any]:
    """As JSON: how often each kind is answered, what the default costs, and the curve.

    Args:
        floors: What was measured.
        any_5: any@5 of the questions as anybody would ask them. Shape (questions, 1).
    """
    right = bootstrap(floors.answered)
    wrong = {kind: bootstrap(some) for kind, some in floors.fooled.items()}
    (loss,) = bootstrap(floors.answered[:, :1] - any_5)
    curve = []
    for at, floor in enumerate(_FLOORS):
        point = {"min_relevance": floor, "any@5": _figure(right[at])}
        point |= {_key(kind): _figure(some[at]) for kind, some in wrong.items()}
        curve.append(point)
    default = {_key(kind): _figure(bootstrap(some)[0]) for kind, some in floors.default.items()}
    return {
        **({"false_recall": default["false_recall"]} if "false_recall" in default else {}),
        "floor": {
            "min_relevance": MIN_RELEVANCE,
            "any@5_loss": _figure(loss),
            "default": default,
            "curve": curve,
        },
    }


def _key(kind: str) -> str:
    return "false_recall" if kind == ELSEWHERE else kind


def _figure(interval: Interval) -> dict[str, float]:
    return {name: round(value, _DIGITS) for name, value in interval._asdict().items()}
