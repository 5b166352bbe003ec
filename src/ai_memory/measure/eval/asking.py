"""Asking the questions of a data set and judging what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from ai_memory import limits
from ai_memory.adapters.formats import Question
from ai_memory.adapters.system import SystemClock
from ai_memory.adapters.tokens import count_cl100k
from ai_memory.compose import OpenNode
from ai_memory.measure.eval.mark import Mark, read_mark, unit_of
from ai_memory.measure.interval import Scores
from ai_memory.measure.metric import judge
from ai_memory.measure.progress import Progress
from ai_memory.operations.recall_memories import RecalledView, RecallMemories, RecallResult

TOKENS_OF: Final = limits.RECALL_LIMIT_DEFAULT
"""Tokens are counted over so many memories of each answer."""


class Answers(NamedTuple):
    """What one feature level answered.

    Attributes:
        scores: Shape (questions, metrics), in the order of METRICS.
        seconds: Of each recall, one caller at a time, in the order of the questions.
        tokens: cl100k tokens of the first `TOKENS_OF` memories of an answer, on average.
        marks: What each answer says of itself.
        nothing: The same of the answers to questions that nothing answers, by their kind.
    """

    level: str
    scores: Scores
    seconds: list[float]
    tokens: float
    marks: Sequence[Mark]
    nothing: Mapping[str, Sequence[Mark]]


def ask(
    opened: OpenNode,
    questions: Sequence[Question],
    unanswerable: Sequence[Question] = (),
    *,
    without: str = "",
) -> Answers:
    """Ask every question within its namespace.

    Args:
        opened: A filled store.
        questions: At least one.
        unanswerable: Those that nothing answers.
        without: What has been taken out of the ranking, for the title of the progress bar.

    Raises:
        ValidationFailed: A question is no text that can be asked.
    """
    level = opened.config.tier
    clock = SystemClock()
    caller = opened.caller("python")
    opened.node.execute(caller, _recall(questions[0]))  # the first one pays for the opening
    scores: list[list[float]] = []
    seconds: list[float] = []
    marks: list[Mark] = []
    nothing: dict[str, list[Mark]] = {}
    tokens = _TokenCounts()
    title = f"Asking without {without}" if without else f"Asking at level {level}"
    with Progress(title, len(questions) + len(unanswerable), unit="question") as progress:
        for question in questions:
            command = _recall(question)
            began = clock.monotonic()
            result: RecallResult = opened.node.execute(caller, command)
            seconds.append(clock.monotonic() - began)
            scores.append(judge((unit_of(m, question.key) for m in result.memories), question.gold))
            marks.append(read_mark(result, question))
            tokens.add(result.memories[:TOKENS_OF])
            progress.advance()
        for question in unanswerable:
            result = opened.node.execute(caller, _recall(question))
            nothing.setdefault(question.category, []).append(read_mark(result, question))
            progress.advance()
    # Written touches would raise priorities, and so change what the next level is asked.
    opened.node.drain_touches()
    found = np.array(scores)
    return Answers(level, found, seconds, tokens.total / len(questions), marks, nothing)


def _recall(question: Question) -> RecallMemories:
    return RecallMemories(
        context=question.text, namespace=question.namespace, limit=limits.RECALL_LIMIT_MAX
    )


class _TokenCounts:
    """Counts each memory once: the same ones come up again and again."""

    def __init__(self) -> None:
        self.total = 0
        self._known: dict[str, int] = {}

    def add(self, memories: Sequence[RecalledView]) -> None:
        new = {memory.id: memory.content for memory in memories if memory.id not in self._known}
        self._known.update(zip(new, count_cl100k(new.values()), strict=True))
        self.total += sum(self._known[memory.id] for memory in memories)
