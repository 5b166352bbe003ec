from __future__ import annotations

import asyncio
import threading

import pytest

from ai_memory.adapters.system import SystemClock
from ai_memory.measure.bench import crowd
from ai_memory.measure.bench.duel import Act

CLOCK = SystemClock()


def test_every_caller_acts_in_a_thread_of_its_own_at_the_same_time() -> None:
    together = threading.Barrier(4)
    threads: set[int] = set()

    def make(_caller: int) -> Act:
        def act(turn: int) -> None:
            if turn == 0:
                together.wait(10)  # nobody passes before all four act
            threads.add(threading.get_ident())

        return act

    haul = crowd.of_threads(make, 4, CLOCK, seconds=0.01)
    assert len(threads) == 4
    assert len(haul.latencies) >= 4
    assert haul.per_second > 0


def test_tasks_act_at_the_same_time() -> None:
    waiting, met = 0, asyncio.Event()

    async def act(_turn: int) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 4:
            met.set()  # nobody goes on before all four act
        await asyncio.wait_for(met.wait(), 10)

    haul = crowd.of_tasks(lambda _caller: act, 4, CLOCK, seconds=0.001)
    assert len(haul.latencies) >= 4


def test_what_an_act_raises_reaches_the_caller() -> None:
    def make(caller: int) -> Act:
        def act(_turn: int) -> None:
            if caller == 2:
                raise KeyError("two")

        return act

    with pytest.raises(KeyError, match="two"):
        crowd.of_threads(make, 3, CLOCK, seconds=0.001)


def test_a_caller_that_cannot_start_holds_up_nobody() -> None:
    def make(caller: int) -> Act:
        if caller == 1:
            raise KeyError("one")
        return lambda _turn: None

    with pytest.raises(KeyError, match="one"):
        crowd.of_threads(make, 3, CLOCK, seconds=0.001)


def test_a_busy_thread_computes_until_it_is_left() -> None:
    with crowd.busy_thread():
        assert "busy" in {thread.name for thread in threading.enumerate()}
    assert "busy" not in {thread.name for thread in threading.enumerate()}


def test_hauls_add_up() -> None:
    both = crowd.Haul([0.1], 1.0, 0.5) + crowd.Haul([0.2, 0.3], 2.0, 0.25)
    assert both == ([0.1, 0.2, 0.3], 3.0, 0.75)
    assert both.per_second == 1.0
