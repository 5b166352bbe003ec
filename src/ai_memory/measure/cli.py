"""`ai-memory eval` and `ai-memory bench` on the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ai_memory.config import LEVELS, load_config
from ai_memory.errors import ValidationFailed
from ai_memory.measure.bench import PARTS

_EXIT_OK: Final = 0
_EXIT_MISSED: Final = 1
_COUNT_MAX: Final = 10_000_000
_SECONDS_MAX: Final = 600


def main_eval(argv: list[str]) -> int:
    """Run `ai-memory eval` with what stands behind it; 1 if `--check` is given and it fails.

    Raises:
        AiMemoryError: The data set cannot be read, a level cannot be had, or nothing can be written
            where the output shall go.
    """
    arguments = _eval_parser().parse_args(argv)
    # Before the work, not after it.
    for folder in (arguments.output, arguments.plot and arguments.plot.parent, arguments.keep):
        _require_folder(folder)
    from ai_memory.measure.eval import collection, curve, report
    from ai_memory.measure.eval.result import below_parts

    level = load_config({"tier": arguments.tier}).tier
    if arguments.dataset == "own":
        for name in ("path", "questions", "plot"):
            if getattr(arguments, name) is not None:
                raise ValidationFailed(
                    f"--dataset own takes no --{name}: it is several sets",
                    hint="Name one of them with --dataset cases --path FILE.",
                    field=name,
                )
        sets = collection.own_sets()
        results = {name: _evaluated(arguments, name, path, level) for name, path in sets.items()}
        found: dict[str, Any] = {"dataset": "own", "level": level, "sets": results}
        shown = report.summary(results)
    else:
        if arguments.path is None:
            raise ValidationFailed(
                f"--dataset {arguments.dataset} is read from a file or folder",
                hint="Say which: --path PATH.",
                field="path",
            )
        named = arguments.path.stem if arguments.dataset == "cases" else arguments.dataset
        found = _evaluated(arguments, named, arguments.path, level)
        results = {named: found}
        shown = report.text(found)
    if arguments.output is not None:
        for name, figures in results.items():
            stem = f"eval-{name}-{figures['unit']}-{level}"
            _write(arguments.output / f"{stem}.json", _json(figures))
            _write(arguments.output / f"{stem}.svg", report.plot(figures))
            trade = curve.plot(figures)
            if trade is not None:
                _write(arguments.output / f"{stem}-floor.svg", trade)
        if arguments.dataset == "own":
            _write(arguments.output / f"eval-own-{level}.md", f"{report.summary_page(results)}\n")
    if arguments.plot is not None:
        _write(arguments.plot, report.plot(found))
    sys.stdout.write(_json(found) if arguments.json else f"{shown}\n")
    missed = [where for figures in results.values() for where in below_parts(figures)]
    if arguments.check and missed:
        _say("\n".join(["ai-memory: below a part of itself:", *missed]))
        return _EXIT_MISSED
    return _EXIT_OK


def _evaluated(arguments: argparse.Namespace, name: str, path: Path, level: str) -> dict[str, Any]:
    """The figures of one data set."""
    from ai_memory.measure.eval import collection, trial
    from ai_memory.measure.eval.result import result

    format = "cases" if arguments.dataset == "own" else arguments.dataset  # noqa: A001  (as elsewhere)
    dataset = collection.open_collection(format, path, arguments.unit, arguments.questions)
    questions = collection.choose(dataset.questions, arguments.split, arguments.limit_questions)
    unanswerable = collection.choose_some(
        dataset.unanswerable, arguments.split, arguments.limit_questions
    )
    levels = trial.levels_of(level, every=arguments.levels == "all")
    done = trial.run(
        name,
        dataset,
        questions,
        levels,
        unanswerable,
        ingredients=arguments.ablate,
        keep=arguments.keep,
    )
    if done.filled.problems:
        _say(f"ai-memory: {done.filled.problems} pieces of {path} could not be stored")
    return result(done)


def main_bench(argv: list[str]) -> int:
    """Run `ai-memory bench`; 1 if `--check` is given and a target is missed.

    Raises:
        AiMemoryError: A level cannot be had, a folder cannot be made, or the store failed.
    """
    arguments = _bench_parser().parse_args(argv)
    _require_folder(arguments.output)
    _require_folder(arguments.dir)
    _require_folder(arguments.keep)
    if arguments.prepare and arguments.keep is None:
        raise ValidationFailed(
            "--prepare makes stands to keep", hint="Say where: --keep FOLDER.", field="keep"
        )
    from ai_memory.measure.bench import plot, report, trial

    level = load_config({"tier": arguments.tier}).tier
    plan = trial.Plan.quick() if arguments.quick else trial.Plan()
    given = {
        "parts": arguments.only,
        "sizes": arguments.sizes,
        "callers": arguments.callers,
        "seconds_per_op": arguments.seconds_per_op,
    }
    plan = plan._replace(
        level=level,
        folder=arguments.dir,
        keep=arguments.keep,
        given=arguments.given,
        **{name: value for name, value in given.items() if value is not None},
    )
    if arguments.prepare:
        places = [str(place) for place in trial.prepare(plan)]
        sys.stdout.write(_json({"stands": places}) if arguments.json else "\n".join(places) + "\n")
        return _EXIT_OK
    found = trial.merged(_read(file) for file in arguments.show) or trial.run(plan)
    if arguments.output is not None:
        name = f"bench-{found['level']}"
        _write(arguments.output / f"{name}.json", _json(found))
        _write(arguments.output / f"{name}.md", report.page(found))
        _write(arguments.output / f"{name}.svg", plot.plot(found))
    sys.stdout.write(_json(found) if arguments.json else f"{report.text(found)}\n")
    missed = [target["name"] for target in found["targets"] if not target["met"]]
    if arguments.check and missed:
        _say(f"ai-memory: missed: {'; '.join(missed)}")
        return _EXIT_MISSED
    return _EXIT_OK


def _eval_parser() -> argparse.ArgumentParser:
    from ai_memory.measure.eval.collection import FORMATS, SPLITS, UNITS

    parser = argparse.ArgumentParser(
        "ai-memory eval", description="Measure how good recall is.", allow_abbrev=False
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    retrieval = what.add_parser(
        "retrieval",
        help="questions with known answers",
        description="Store a data set in a temporary store, ask its questions, judge the answers.",
        allow_abbrev=False,
    )
    add = retrieval.add_argument
    add("--dataset", required=True, choices=("own", *FORMATS),
        help="what the file is; own: all sets that come with the program")  # fmt: skip
    add("--path", type=Path, help="the file, or the folder of a collection")
    add("--questions", type=Path, metavar="PATH",
        help="ask the questions of this file, such as the same in another language")  # fmt: skip
    add("--unit", choices=UNITS, help="what counts as one item (default: the data set's usual)")
    _add_level(retrieval)
    add("--levels", choices=("configured", "all"), default="configured",
        help="all: also with or without vectors, and by how much they differ")  # fmt: skip
    add("--check", action="store_true",
        help="exit 1 where recall is below FTS5, BM25 or the vectors alone")  # fmt: skip
    add("--ablate", action="store_true", help="say what each ingredient of the ranking is worth")
    add("--split", choices=SPLITS, default="all", help="tune on dev, check on validation")
    add("--limit-questions", type=_count, metavar="N", help="ask only so many, spread evenly")
    add("--keep", type=Path, metavar="FOLDER",
        help="keep the filled store here, and use the one that is here")  # fmt: skip
    _add_output(retrieval, "the JSON and the plot")
    add("--plot", type=Path, metavar="FILE.svg", help="write a bar chart here")
    return parser


def _bench_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "ai-memory bench",
        description="Measure how fast every operation is, beside the bare library calls.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--sizes", type=_counts, metavar="N,N", help="memories in the store (1000,10000)")
    add("--callers", type=_counts, metavar="N,N", help="concurrent recalls (1,16)")
    add("--seconds-per-op", type=_seconds, metavar="S", help="time for each figure (1.5)")
    add("--only", type=_parts, metavar="PART,PART",
        help=f"of {', '.join(PARTS)} (default: all)")  # fmt: skip
    add("--quick", action="store_true", help="a few samples at a tiny size, to see that it runs")
    add("--show", type=Path, metavar="FILE.json", action="append", default=[],
        help="measure nothing: show what --output wrote (several: all their sizes)")  # fmt: skip
    add("--check", action="store_true", help="exit 1 if a target is missed")
    stands = parser.add_mutually_exclusive_group()
    stands.add_argument("--keep", type=Path, metavar="FOLDER",
        help="keep the filled stores here, and use those that are here")  # fmt: skip
    stands.add_argument("--from", type=Path, metavar="FOLDER", dest="given",
        help="use filled stores kept here, make none")  # fmt: skip
    add("--prepare", action="store_true", help="fill the stores for --keep, measure nothing")
    add("--dir", type=Path, metavar="FOLDER", help="keep the temporary stores on this disk")
    _add_level(parser)
    _add_output(parser, "JSON, a page of tables and a plot")
    return parser


def _add_level(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tier", choices=LEVELS, help="feature level (default: the configured)")


def _add_output(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--output", type=Path, metavar="DIR", help=f"write {what} here")


def _number(parse: Callable[[str], Any], text: str, most: int, what: str) -> Any:
    try:
        number = parse(text)
    except ValueError:
        number = 0
    if not 0 < number <= most:
        raise argparse.ArgumentTypeError(f"'{text}' is not {what}")
    return number


def _count(text: str) -> int:
    count: int = _number(int, text, _COUNT_MAX, f"a whole number from 1 to {_COUNT_MAX:,}")
    return count


def _counts(text: str) -> tuple[int, ...]:
    return tuple(map(_count, text.split(",")))


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(text.split(",")))
    if unknown := [part for part in parts if part not in PARTS]:
        raise argparse.ArgumentTypeError(f"'{unknown[0]}' is not one of {', '.join(PARTS)}")
    return parts


def _seconds(text: str) -> float:
    seconds: float = _number(
        float, text, _SECONDS_MAX, f"a number of seconds, at most {_SECONDS_MAX}"
    )
    return seconds


def _json(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _read(file: Path) -> dict[str, Any]:
    """What an earlier run wrote."""
    try:
        found: dict[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError) as cause:
        raise ValidationFailed(
            f"{file} holds no figures: {cause}", hint="Name a file that --output wrote."
        ) from cause
    return found


def _require_folder(folder: Path | None) -> None:
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise _unwritable(folder, cause) from cause


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as cause:
        raise _unwritable(file, cause) from cause


def _unwritable(path: Path, cause: OSError) -> ValidationFailed:
    return ValidationFailed(
        f"{path} cannot be written: {cause.strerror}", hint="Name another place.", field="output"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
