"""One evaluation: fill a temporary store once, ask the same questions at each feature level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ai_memory.adapters.formats import Dataset, Question
from ai_memory.compose import OpenNode, open_node
from ai_memory.config import LEVELS, load_config
from ai_memory.errors import EmbedderUnavailable
from ai_memory.measure.eval.ablation import ablate
from ai_memory.measure.eval.asking import Answers, ask
from ai_memory.measure.eval.filling import Filled, fill
from ai_memory.measure.eval.unanswerable import Floors, ask_elsewhere
from ai_memory.measure.progress import Preparation


class Trial(NamedTuple):
    """What was asked, and what each level answered.

    Attributes:
        skipped: Questions of the data set without usable evidence.
        answers: One per level, the configured level first.
        floors: What the relevance floor does at the configured level; None if the data set has one
            namespace only.
        ablation: What the configured level answered without each ingredient, if that was asked.
    """

    dataset: str
    unit: str
    questions: Sequence[Question]
    skipped: int
    filled: Filled
    answers: Sequence[Answers]
    floors: Floors | None = None
    ablation: Mapping[str, Answers] | None = None


def levels_of(configured: str, *, every: bool) -> list[str]:
    """The levels to run, the configured one first; `every`: with and without vectors."""
    found = [configured]
    if every:
        found += [level for level in ("keyword", "semantic") if level != configured]
    return found


def run(
    name: str,
    dataset: Dataset,
    questions: Sequence[Question],
    levels: Sequence[str],
    *,
    ingredients: bool = False,
) -> Trial:
    """Evaluate at each level.

    Args:
        name: Of the data set, for the report.
        dataset: Its memories are stored, all of them.
        questions: Those of it that are asked.
        levels: The configured one first.
        ingredients: Also ask without each ingredient of the ranking, at the configured level.

    Raises:
        EmbedderUnavailable: A level needs vectors, and there is no embedder.
    """
    filled: Filled | None = None
    floors: Floors | None = None
    ablation: Mapping[str, Answers] | None = None
    answers: dict[str, Answers] = {}
    with TemporaryDirectory(prefix="ai-memory-eval-") as folder:
        db = Path(folder) / "eval.db"
        # The highest first: it stores all that any level needs, and a lower one leaves it alone.
        for level in sorted(levels, key=LEVELS.index, reverse=True):
            opened = _open(db, level)
            try:
                if filled is None:
                    filled = fill(opened, dataset)
                answers[level] = ask(opened, questions)
                if level == levels[0]:
                    floors = ask_elsewhere(opened, questions)
                    ablation = ablate(opened, questions) if ingredients else None
            finally:
                opened.close()
    assert filled is not None  # There is a level.
    return Trial(
        dataset=name,
        unit=dataset.unit,
        questions=questions,
        skipped=dataset.skipped,
        filled=filled,
        answers=[answers[level] for level in levels],
        floors=floors,
        ablation=ablation,
    )


def _open(db: Path, level: str) -> OpenNode:
    """A node without a janitor's thread, so that nothing happens between two questions."""
    config = load_config({"db": str(db), "tier": level})
    opened = open_node(config, background=False, progress=Preparation())
    facts = opened.node.facts
    if level != "keyword" and facts.embedder is None:
        opened.close()
        raise EmbedderUnavailable(
            f"level {level} cannot be measured: {facts.embedder_problem}",
            hint="Mend the embedder (`ai-memory doctor`), or measure with --tier keyword.",
        )
    return opened
