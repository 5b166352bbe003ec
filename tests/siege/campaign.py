"""What a campaign is, what it comes to, and the table of all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.siege.check import State, problems_of, state_of
from tests.siege.nursery import COUNT, FULL, IO_ERROR, KILL, Ended, Nursery

DATABASE: Final = "m.db"
_BESIDE: Final = ("", "-wal", "-journal")


class Result(NamedTuple):
    """What a campaign came to.

    Attributes:
        rounds: How often something was struck.
        faults: What was wrong afterwards; there should be none.
    """

    name: str
    rounds: int
    faults: list[str]
    seconds: float


class Campaign(NamedTuple):
    """One kind of attack.

    Attributes:
        run: Given a nursery, an empty folder and how many rounds it may take, yields what was wrong
            in each: an empty list for a round that went well.
    """

    name: str
    run: Callable[[Nursery, Path, int], Iterator[list[str]]]


def carry_out(campaign: Campaign, nursery: Nursery, folder: Path, rounds: int) -> Result:
    """Run a campaign in a folder of its own."""
    began = time.monotonic()
    folder.mkdir(parents=True)
    found = list(campaign.run(nursery, folder, rounds))
    faults = [fault for round_faults in found for fault in round_faults]
    return Result(campaign.name, len(found), faults, time.monotonic() - began)


def table(results: list[Result]) -> str:
    """All results, as they are printed and as documents show them."""
    lines = ["| campaign | rounds | faults | seconds |", "|---|---:|---:|---:|"]
    lines += [f"| {r.name} | {r.rounds} | {len(r.faults)} | {r.seconds:.1f} |" for r in results]
    rounds, faults = (sum(r[1] for r in results), sum(len(r.faults) for r in results))
    seconds = sum(r.seconds for r in results)
    return "\n".join([*lines, f"| **all** | {rounds} | {faults} | {seconds:.1f} |"])


class Scene(NamedTuple):
    """A command, and a folder in which it is to be struck.

    Attributes:
        prepare: Makes the folder's content, with `DATABASE` in it.
        words: The command, given the folder.
        again: What must work afterwards; the same command unless given.
        is_one_step: Whether the database is as before or as after, and nothing between.
    """

    name: str
    prepare: Callable[[Nursery, Path], None]
    words: Callable[[Path], list[str]]
    again: Callable[[Path], list[str]] | None = None
    is_one_step: bool = True


def striking(scene: Scene, act: int, span: int = 1) -> Campaign:
    """A campaign that strikes a command at chosen calls, evenly spread over all it makes."""
    how = {KILL: "killed", IO_ERROR: "on a failing disk", FULL: "on a full disk"}[act]

    def run(nursery: Nursery, folder: Path, rounds: int) -> Iterator[list[str]]:
        base, work = folder / "base", folder / "work"
        base.mkdir()
        scene.prepare(nursery, base)
        before = _seen(base, folder)
        assert not before[1], before
        shutil.copytree(base, work)
        whole = nursery.run(scene.words(work), work)
        assert whole.code == 0, whole
        after = _seen(work, folder)
        for at in spread(whole.calls, rounds):
            shutil.rmtree(work)
            shutil.copytree(base, work)
            ended = nursery.run(scene.words(work), work, at=at, span=span, act=act)
            faults = _after(scene, ended, before[0], after[0], _seen(work, folder))
            again = nursery.run((scene.again or scene.words)(work), work, act=COUNT)
            if again.code:
                faults.append(f"then it does not work: {again.err.strip()[-200:]}")
            faults += _seen(work, folder)[1]
            if left := [path.name for path in work.rglob("*.*-????????") if path.is_dir()]:
                faults.append(f"left behind for good: {left}")
            yield [f"{how} at call {at} of {whole.calls}: {fault}" for fault in faults]

    return Campaign(f"{scene.name}, {how}", run)


def spread(calls: int, rounds: int) -> list[int]:
    """Up to `rounds` of the numbers 1 to `calls`, the first and the last among them."""
    if rounds >= calls:
        return list(range(1, calls + 1))
    return sorted({1 + round(i * (calls - 1) / max(rounds - 1, 1)) for i in range(rounds)})


def _seen(work: Path, folder: Path) -> tuple[State | None, list[str]]:
    """What is in a database and wrong with it, seen on a copy: looking would mend."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for ending in _BESIDE:
        path = work / f"{DATABASE}{ending}"
        if path.exists():
            shutil.copyfile(path, copy / path.name)
    problems = problems_of(copy / DATABASE)
    return (None if problems else state_of(copy / DATABASE)), problems


def _after(
    scene: Scene,
    ended: Ended,
    before: State | None,
    after: State | None,
    seen: tuple[State | None, list[str]],
) -> list[str]:
    state, faults = seen
    if "Traceback" in ended.err or "internal error" in ended.err:
        faults.append(f"an internal error: {ended.err.strip()[-300:]}")
    if state is None:
        return faults
    if ended.code == 0 and state != after:
        faults.append("it was acknowledged, and is not there")
    elif scene.is_one_step and state not in {before, after}:
        faults.append("neither as before nor as after")
    return faults
