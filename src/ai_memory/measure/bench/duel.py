"""A duel: something and its floor, taking turns sample by sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from ai_memory.measure.duration import Spread, spread
from ai_memory.ports import Clock

Act: TypeAlias = Callable[[int], object]
"""Does the thing once; is given the number of the turn, from 0."""

_WARM_UP: Final = 3


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
    last = _WARM_UP + turns
    if contest.turns_max is not None:
        last = max(_WARM_UP + 1, min(last, contest.turns_max))
    for turn in range(_WARM_UP, last):
        began = clock.monotonic()
        contest.act(turn)
        between = clock.monotonic()
        mine.append(between - began)
        if contest.floor is not None:
            contest.floor(turn)
            floors.append(clock.monotonic() - between)
        if clock.monotonic() >= end:
            break
    return Bout(contest.name, spread(mine), spread(floors) if floors else None)
