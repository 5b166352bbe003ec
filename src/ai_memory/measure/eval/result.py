"""The figures of an evaluation as JSON: the configured level's on top, the rest below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ai_memory import limits
from ai_memory.adapters.formats import Question
from ai_memory.measure.duration import spread
from ai_memory.measure.eval import unanswerable
from ai_memory.measure.eval.asking import Answers
from ai_memory.measure.eval.trial import Trial
from ai_memory.measure.interval import Interval, Scores, bootstrap, paired
from ai_memory.measure.metric import METRICS

COMPARED: Final = ("r@1", "any@5")
"""The metrics in which a level is compared, question by question, with the keyword level."""

_DIGITS: Final = 4


def result(trial: Trial) -> dict[str, Any]:
    """What `ai-memory eval retrieval --json` prints.

    Returns:
        dataset, unit, level, n, skipped, one {mean, low, high} per metric, p50_ms, p95_ms,
        tokens_returned; false_recall and floor where there are several namespaces; categories; and
        under `levels` the same for each level that was run, there with the recall limit and, beside
        the keyword level, `hybrid_minus_keyword`; and `ablation` if it was asked for.
    """
    keyword = next((given for given in trial.answers if given.level == "keyword"), None)
    levels = {given.level: _level(given, trial.questions, keyword) for given in trial.answers}
    top = dict(levels[trial.answers[0].level])
    categories = top.pop("categories")
    for name in ("n", "recall_limit", "hybrid_minus_keyword"):
        top.pop(name, None)
    return {
        "dataset": trial.dataset,
        "unit": trial.unit,
        "level": trial.answers[0].level,
        "n": len(trial.questions),
        "skipped": trial.skipped,
        **top,
        **(unanswerable.shown(trial.floors) if trial.floors is not None else {}),
        "levels": levels,
        "categories": categories,
        **({} if trial.ablation is None else {"ablation": _ablation(trial)}),
    }


def _ablation(trial: Trial) -> dict[str, Any]:
    """Ingredient → by how much every metric is better with it, question by question."""
    assert trial.ablation is not None
    return {
        name: dict(
            zip(METRICS, map(_shown, paired(trial.answers[0].scores, rest.scores)), strict=True)
        )
        for name, rest in trial.ablation.items()
    }


def _level(
    given: Answers, questions: Sequence[Question], keyword: Answers | None
) -> dict[str, Any]:
    times = spread(given.seconds)
    found = {
        "n": len(questions),
        **_figures(given.scores),
        "p50_ms": round(times.p50_ms, 3),
        "p95_ms": round(times.p95_ms, 3),
        "tokens_returned": round(given.tokens, 1),
        "recall_limit": limits.RECALL_LIMIT_MAX,
        "categories": _categories(given.scores, questions),
    }
    if keyword is not None and keyword is not given:
        gains = dict(zip(METRICS, paired(given.scores, keyword.scores), strict=True))
        found["hybrid_minus_keyword"] = {name: _shown(gains[name]) for name in COMPARED}
    return found


def _figures(scores: Scores) -> dict[str, Any]:
    intervals = map(_shown, bootstrap(scores))
    return dict(zip(METRICS, intervals, strict=True))


def _categories(scores: Scores, questions: Sequence[Question]) -> dict[str, Any]:
    names = np.array([question.category for question in questions])
    return {
        str(name): {"n": int((names == name).sum()), **_figures(scores[names == name])}
        for name in sorted(set(names.tolist()) - {""})
    }


def _shown(interval: Interval) -> dict[str, float]:
    return {name: round(value, _DIGITS) for name, value in interval._asdict().items()}
