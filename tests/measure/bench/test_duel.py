from __future__ import annotations

import pytest
from tests.support import ManualClock

from ai_memory.measure.bench.duel import Contest, fight


def test_both_take_turns_on_the_same_input_and_are_timed_apart() -> None:
    clock = ManualClock()
    seen: list[tuple[str, int]] = []

    def act(turn: int) -> None:
        seen.append(("act", turn))
        clock.advance(0.006)

    def floor(turn: int) -> None:
        seen.append(("floor", turn))
        clock.advance(0.002)

    bout = fight(Contest("it", act, floor), clock, seconds=60, turns=15)
    rounds = [[turn] for turn in range(3)] + [[*range(3, 13)], [*range(13, 18)]]
    assert seen == [(who, turn) for turns in rounds for who in ("act", "floor") for turn in turns]
    assert bout.floor is not None
    assert (bout.act.n, bout.floor.n) == (15, 15)  # three turns of warm-up do not count
    assert bout.act.p95_ms == pytest.approx(6, rel=1e-4)
    assert bout.floor.p50_ms == pytest.approx(2, rel=1e-4)
    assert bout.ratio == pytest.approx(3, rel=1e-4)


def test_what_is_slow_takes_fewer_turns_in_a_row() -> None:
    clock = ManualClock()
    seen: list[str] = []

    def act(_turn: int) -> None:
        seen.append("act")
        clock.advance(0.4)

    bout = fight(Contest("it", act, lambda _turn: seen.append("floor")), clock, seconds=10, turns=4)
    assert "".join(each[0] for each in seen[6:]) == "aaffaaff"
    assert bout.floor is not None
    assert (bout.act.n, bout.floor.n) == (4, 4)


def test_it_ends_when_the_time_is_up_but_not_without_a_sample() -> None:
    clock = ManualClock()
    contest = Contest("it", lambda _turn: clock.advance(1), None)
    assert fight(contest, clock, seconds=2.5, turns=100).act.n == 3
    assert fight(contest, clock, seconds=0.1, turns=100).act.n == 1


def test_a_contest_may_bound_its_turns_warm_up_included() -> None:
    clock = ManualClock()
    left = list(range(6))
    contest = Contest("it", lambda _turn: left.pop(), None, turns_max=6)
    assert fight(contest, clock, seconds=60, turns=100).act.n == 3
    assert left == []


def test_without_a_floor_there_is_no_ratio() -> None:
    bout = fight(Contest("it", lambda _turn: None, None), ManualClock(), seconds=1, turns=2)
    assert bout.floor is None
    assert bout.ratio is None
