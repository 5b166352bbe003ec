"""A failing script, cut down to the steps that matter."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.system.model.run import Run
from tests.system.model.script import Step, script

TRIES = 600


class Failure(NamedTuple):
    """What went wrong, at which step."""

    at: int
    message: str


def failure(steps: Sequence[Step], *, in_file: bool) -> Failure | None:
    """Run a script; None if the store does as the model says."""
    with tempfile.TemporaryDirectory(prefix="ai-memory-model-") as folder:
        run = Run(Path(folder) if in_file else None)
        done = 0
        try:
            for step in steps:
                run.step(step)
                done += 1
            run.verdict()
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is the finding
            return Failure(done, f"{type(problem).__name__}: {problem}")
        finally:
            run.close()
    return None


def shrunk(steps: Sequence[Step], found: Failure, *, in_file: bool) -> tuple[list[Step], Failure]:
    """The script without what can be left out, in ever smaller pieces."""
    best, tries = list(steps[: found.at + 1]), 0
    piece = max(1, len(best) // 2)
    while tries < TRIES:
        begin, shorter = 0, False
        while begin < len(best) and tries < TRIES:
            attempt = best[:begin] + best[begin + piece :]
            tries += 1
            again = failure(attempt, in_file=in_file)
            if again is None:
                begin += piece
            else:
                best, found, shorter = attempt[: again.at + 1], again, True
        if piece == 1 and not shorter:
            break
        piece = max(1, piece // 2)
    return best, found


def check(seed: int, size: int, *, in_file: bool) -> None:
    """Run the script of a seed.

    Raises:
        AssertionError: The store and the model disagree; says on what, and how to see it again.
    """
    steps = script(seed, size)
    found = failure(steps, in_file=in_file)
    if found is None:
        return
    few, last = shrunk(steps, found, in_file=in_file)
    told = "\n".join(
        f"  {number}. {step.kind} {_told(step.fields)}" for number, step in enumerate(few)
    )
    raise AssertionError(
        f"seed {seed}, {size} steps, {'file' if in_file else 'memory'}: step {found.at} of the "
        f"script, and step {last.at} of these {len(few)}:\n{told}\n  {last.message}\n"
        f"see it again: make model ARGS='--seed {seed} --size {size}'"
    )


def _told(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in fields.items())
