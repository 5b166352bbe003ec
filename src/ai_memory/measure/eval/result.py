"""The figures of an evaluation as JSON: the configured level's on top, the rest below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from ai_memory import limits
from ai_memory.adapters.formats import Question
from ai_memory.measure.duration import spread
from ai_memory.measure.eval import unanswerable
from ai_memory.measure.eval.asking import Answers
from ai_memory.measure.eval.baseline import VECTORS
from ai_memory.measure.eval.trial import Trial
from ai_memory.measure.interval import Interval, Scores, bootstrap, paired
from ai_memory.measure.metric import METRICS

COMPARED: Final = ("r@1", "any@5")
"""The metrics in which a level is compared, question by question, with the keyword level."""

TOLERATED: Final = 0.01
"""A level may be so far below one of its parts, as a share of the questions."""

_OF_A_LEVEL: Final = (
    "n",
    "recall_limit",
    "hybrid_minus_keyword",
    "minus_parts",
    "ranks",
    "confidence",
    "changes",
)
_DIGITS: Final = 4


def result(trial: Trial) -> dict[str, Any]:
    """What `ai-memory eval retrieval --json` prints.

    Returns:
        dataset, unit, level, n, skipped, one {mean, low, high} per metric, p50_ms, p95_ms,
        tokens_returned; false_recall where there are several namespaces, floor where there is
        something that nothing answers; categories; parts: the same figures of what recall is made
        of, alone; and under `levels` the same for each level that was run, there with the recall
        limit, `minus_parts` (how much better it is than each part), `ranks` (question → the rank of
        its best answer, 0 for none), `confidence` (how many answers hold something, and say that it
        is about the question, by kind), where facts have changed `changes`, and, beside the keyword
        level, `hybrid_minus_keyword`; and `ablation` if it was asked for.
    """
    baselines = {found.name: np.array(found.scores) for found in trial.baselines}
    keyword = next((given for given in trial.answers if given.level == "keyword"), None)
    levels = {given.level: _level(given, trial.questions, keyword) for given in trial.answers}
    for given in trial.answers:
        levels[given.level]["minus_parts"] = {
            name: _gains(given.scores, scores)
            for name, scores in baselines.items()
            if given.level != "keyword" or name != VECTORS
        }
    top = dict(levels[trial.answers[0].level])
    categories = top.pop("categories")
    for name in _OF_A_LEVEL:
        top.pop(name, None)
    return {
        "dataset": trial.dataset,
        "unit": trial.unit,
        "level": trial.answers[0].level,
        "n": len(trial.questions),
        "skipped": trial.skipped,
        **top,
        **_floors(trial),
        "levels": levels,
        "parts": {
            part.name: {"detail": part.detail, **_figures(baselines[part.name])}
            for part in trial.baselines
        },
        "categories": categories,
        **({} if trial.ablation is None else {"ablation": _ablation(trial)}),
    }


def _ranks(scores: Scores, questions: Sequence[Question]) -> dict[str, int]:
    """The rank of the best answer to each question, by its name or its place in the data set."""
    column = list(METRICS).index("mrr")
    return {
        question.name or str(place): round(1 / share) if share else 0
        for place, (question, share) in enumerate(
            zip(questions, scores[:, column].tolist(), strict=True), 1
        )
    }


def plainly(found: Mapping[str, Any], plain: Mapping[str, Any]) -> dict[str, Any]:
    """How much better a set is answered than another that asks some of the same more plainly.

    Args:
        found: A result.
        plain: The result of the other.

    Returns:
        Level → n and the difference in R@1, paired, where both were run; empty if no question of
        theirs bears the same name.
    """
    gains = {}
    for level, figures in found["levels"].items():
        ranks = figures["ranks"]
        others = plain["levels"].get(level, {}).get("ranks", {})
        pairs = [(ranks[name] == 1, others[name] == 1) for name in ranks if name in others]
        if pairs:
            both = np.array(pairs, np.float64)
            gains[level] = {"n": len(pairs), **_shown(paired(both[:, :1], both[:, 1:])[0])}
    return gains


def _floors(trial: Trial) -> dict[str, Any]:
    if trial.floors is None:
        return {}
    column = list(METRICS).index("any@5")
    return unanswerable.shown(trial.floors, trial.answers[0].scores[:, column : column + 1])


def _confidence(given: Answers) -> dict[str, Any]:
    """How many answers hold something, and say that it is about the question; by kind."""
    kinds = {"answerable": given.marks, **given.nothing}
    return {
        kind: {
            "n": len(marks),
            "answered": _share([mark.answered for mark in marks]),
            "confident": _share([mark.confident for mark in marks]),
        }
        for kind, marks in kinds.items()
    }


def _changes(given: Answers, questions: Sequence[Question]) -> dict[str, Any]:
    """Of questions about what has changed; empty where there are none."""
    changed = [mark for mark, asked in zip(given.marks, questions, strict=True) if asked.avoid]
    if not changed:
        return {}
    return {
        "changes": {
            "n": len(changed),
            "current_first": _share([mark.current_first for mark in changed]),
            "told": _share([mark.told for mark in changed]),
            "mistold": {"n": len(given.marks), **_share([mark.mistold for mark in given.marks])},
        }
    }


def _share(values: Sequence[bool]) -> dict[str, float]:
    (interval,) = bootstrap(np.array(values, np.float64)[:, None])
    return _shown(interval)


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
        "ranks": _ranks(given.scores, questions),
        "confidence": _confidence(given),
        **_changes(given, questions),
        "categories": _categories(given.scores, questions),
    }
    if keyword is not None and keyword is not given:
        found["hybrid_minus_keyword"] = _gains(given.scores, keyword.scores)
    return found


def below_parts(found: Mapping[str, Any]) -> list[str]:
    """Where a level is below one of its parts by more than `TOLERATED`, in words; empty: nowhere.

    Args:
        found: A result.
    """
    return [
        f"{found['dataset']}, level {level}, {metric}: {100 * gain['mean']:+.1f} "
        f"[{100 * gain['low']:+.1f} {100 * gain['high']:+.1f}] points beside {part}"
        for level, figures in found["levels"].items()
        for part, gains in figures["minus_parts"].items()
        for metric, gain in gains.items()
        if gain["mean"] < -TOLERATED
    ]


def _gains(left: Scores, right: Scores) -> dict[str, Any]:
    """How much better left is than right, question by question."""
    gains = dict(zip(METRICS, paired(left, right), strict=True))
    return {name: _shown(gains[name]) for name in COMPARED}


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
