"""One evaluation: fill a store once, ask the same questions at each feature level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ai_memory.adapters.formats import Dataset, Question
from ai_memory.compose import OpenNode, configured_embedder, open_node
from ai_memory.config import LEVELS, load_config
from ai_memory.errors import EmbedderUnavailable
from ai_memory.measure.eval.ablation import ablate
from ai_memory.measure.eval.asking import Answers, ask
from ai_memory.measure.eval.baseline import Baseline, by_vectors, by_words, made_of
from ai_memory.measure.eval.filling import Filled, fill
from ai_memory.measure.eval.keeping import DATABASE, kept, remembered
from ai_memory.measure.eval.unanswerable import Floors, try_floors
from ai_memory.measure.progress import Preparation
from ai_memory.ports import EmbeddingModel


class Trial(NamedTuple):
    """What was asked, and what each level answered.

    Attributes:
        skipped: Questions of the data set without usable evidence.
        answers: One per level, the configured level first.
        floors: What the relevance floor does at the configured level; None if the data set has
            nothing that cannot be answered.
        ablation: What the configured level answered without each ingredient, if that was asked.
        baselines: What its parts answer alone: words, and vectors if a level has them.
    """

    dataset: str
    unit: str
    questions: Sequence[Question]
    skipped: int
    filled: Filled
    answers: Sequence[Answers]
    floors: Floors | None = None
    ablation: Mapping[str, Answers] | None = None
    baselines: Sequence[Baseline] = ()


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
    unanswerable: Sequence[Question] = (),
    *,
    ingredients: bool = False,
    keep: Path | None = None,
) -> Trial:
    """Evaluate at each level.

    Args:
        name: Of the data set, for the report.
        dataset: Its memories are stored, all of them.
        questions: Those of it that are asked.
        levels: The configured one first.
        unanswerable: Questions that nothing answers.
        ingredients: Also ask without each ingredient of the ranking, at the configured level.
        keep: Where filled stores are found and left; None: a temporary one is filled.

    Raises:
        EmbedderUnavailable: A level needs vectors, and there is no embedder.
    """
    floors: Floors | None = None
    ablation: Mapping[str, Answers] | None = None
    answers: dict[str, Answers] = {}
    # The highest first: it stores all that any level needs, and a lower one leaves it alone.
    falling = sorted(levels, key=LEVELS.index, reverse=True)
    with TemporaryDirectory(prefix="ai-memory-eval-") as folder:

        def make(db: Path) -> Filled:
            with closing(_open(db, falling[0])) as opened:
                return fill(opened, dataset)

        if keep is None:
            db = Path(folder) / DATABASE
            filled = make(db)
        else:
            db, filled = kept(keep, dataset, _model(falling[0]), make)
        for level in falling:
            with closing(_open(db, level)) as opened:
                answers[level] = ask(opened, questions, unanswerable)
                if level == levels[0]:
                    floors = try_floors(
                        opened, questions, unanswerable, elsewhere=dataset.format != "cases"
                    )
                    ablation = ablate(opened, questions) if ingredients else None

        def parts() -> list[Baseline]:
            found = by_words(dataset, questions)
            if falling[0] != "keyword":
                found.append(_vectors(db, questions, falling[0]))
            return found

        if keep is None:
            baselines = parts()
        else:
            baselines = remembered(db, made_of(questions, str(falling[0] != "keyword")), parts)
    return Trial(
        dataset=name,
        unit=dataset.unit,
        questions=questions,
        skipped=dataset.skipped,
        filled=filled,
        answers=[answers[level] for level in levels],
        floors=floors,
        ablation=ablation,
        baselines=baselines,
    )


def _model(level: str) -> EmbeddingModel | None:
    """Whose vectors the level searches; None: nobody's, or `_open` says why not."""
    config = load_config({"tier": level})
    if level == "keyword" or config.embedder == "none":
        return None
    with closing(configured_embedder(config, Preparation())) as embedder:
        return embedder.model


def _vectors(db: Path, questions: Sequence[Question], level: str) -> Baseline:
    """What the vectors of a filled store answer; a node of the level above has let go of it."""
    with (
        closing(_open(db, "keyword")) as opened,
        closing(configured_embedder(load_config({"tier": level}), Preparation())) as embedder,
    ):
        return by_vectors(opened, embedder, questions)


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
