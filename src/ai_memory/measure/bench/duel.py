"""A duel: something and its floor, taking turns a few samples at a time.

A neighbour on the machine disturbs both alike then. Turn by turn each would find the processor's
caches full of the other's data, which nobody has whose node is alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from ai_memory.measure.duration import Spread, spread
from ai_memory.ports import Clock

Act: TypeAlias = Callable[[int], object]
"""Does the thing once; is given the number of the turn, from 0."""

_WARM_UP: Final = 3
_ROUND_TURNS: Final = 10
_ROUNDS_MIN: Final = 10  # by time: what is slow takes fewer turns in a row


class Contest(NamedTuple):
    """Who meets whom.

    Attributes:
        floor: None where there is nothing to compare with.
        turns_max: At most so many turns, warm-up included; None: no bound of its own.
    """

    name: str
    act: Act
    floor: Act | None
    turns_max: int | None = None


class Bout(NamedTuple):
    """How both did."""

    name: str
    act: Spread
    floor: Spread | None

    @property
    def ratio(self) -> float | None:
        """How many times its floor the slow cases cost (p95 over p95)."""
        return None if self.floor is None else self.act.p95_ms / self.floor.p95_ms


def fight(contest: Contest, clock: Clock, *, seconds: float, turns: int) -> Bout:
    """Take turns until the time is up or enough samples are there; the first few do not count.

    Both take the same turns, up to ten in a row, unless they are slow.

    Args:
        contest: Both acts see the same numbers, so they can work on the same input.
        clock: Times the acts.
        seconds: For act and floor together; at least one turn is taken.
        turns: At most so many samples of each.
    """
    mine: list[float] = []
    floors: list[float] = []
    for turn in range(_WARM_UP):
        contest.act(turn)
        if contest.floor is not None:
            contest.floor(turn)
    end = clock.monotonic() + seconds
    patience = seconds / _ROUNDS_MIN / (1 if contest.floor is None else 2)
    last = _WARM_UP + turns
    if contest.turns_max is not None:
        last = max(_WARM_UP + 1, min(last, contest.turns_max))
    turn = _WARM_UP
    while turn < last:
        took = _round(contest.act, turn, min(_ROUND_TURNS, last - turn), clock, patience)
        mine += took
        if contest.floor is not None:
            floors += _round(contest.floor, turn, len(took), clock)
        turn += len(took)
        if clock.monotonic() >= end:
            break
    return Bout(contest.name, spread(mine), spread(floors) if floors else None)


def _round(
    act: Act, first: int, turns: int, clock: Clock, patience: float = float("inf")
) -> list[float]:
    """The seconds of so many turns in a row, or of those that began within `patience`."""
    times: list[float] = []
    began = now = clock.monotonic()
    for turn in range(first, first + turns):
        act(turn)
        before, now = now, clock.monotonic()
        times.append(now - before)
        if now - began >= patience:
            break
    return times
