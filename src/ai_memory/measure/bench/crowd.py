"""A crowd: many callers at once, and what they get done together."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeAlias

from ai_memory.measure.bench.duel import Act
from ai_memory.ports import Clock

AsyncAct: TypeAlias = Callable[[int], Awaitable[object]]
"""Like Act, for an event loop."""


class Haul(NamedTuple):
    """What a crowd got done.

    Attributes:
        latencies: Seconds per act, of all callers.
        seconds: From the first start to the last end.
        cpu_seconds: Of the whole process meanwhile; hardly depends on who else uses the machine.
    """

    latencies: list[float]
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Acts per second, together."""
        return len(self.latencies) / self.seconds

    def __add__(self, other: object) -> Haul:
        assert isinstance(other, Haul)
        return Haul(
            self.latencies + other.latencies,
            self.seconds + other.seconds,
            self.cpu_seconds + other.cpu_seconds,
        )


NOTHING: Final = Haul([], 0.0, 0.0)


def of_threads(make: Callable[[int], Act], callers: int, clock: Clock, *, seconds: float) -> Haul:
    """As many operating-system threads as callers, each acting again as soon as it is answered.

    Args:
        make: Called in each thread with its number; returns what that thread does.
        callers: How many.
        clock: Times the acts.
        seconds: When the time is up, acts under way are finished and count; everybody acts once.

    Raises:
        Exception: What an act raised first; the others finish.
    """
    gate = threading.Barrier(callers + 1)
    latencies: list[list[float]] = [[] for _ in range(callers)]
    failures: list[BaseException] = []
    end = float("inf")

    def run(caller: int) -> None:
        try:
            act = make(caller)
        except BaseException as failure:  # noqa: BLE001 - raised again where the crowd was called
            failures.append(failure)
            act = None
        gate.wait()
        gate.wait()  # the end is set between the two
        if act is None:
            return
        mine, turn = latencies[caller], 0
        began = clock.monotonic()
        try:
            while not mine or began < end:
                act(turn)
                now = clock.monotonic()
                mine.append(now - began)
                began, turn = now, turn + 1
        except BaseException as failure:  # noqa: BLE001 - raised again where the crowd was called
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    gate.wait()
    began, spent = clock.monotonic(), cpu_seconds()
    end = began + seconds
    gate.wait()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    every = [one for mine in latencies for one in mine]
    return Haul(every, clock.monotonic() - began, cpu_seconds() - spent)


def of_tasks(
    make: Callable[[int], AsyncAct], callers: int, clock: Clock, *, seconds: float
) -> Haul:
    """As many tasks on one event loop. Arguments and errors as of `of_threads`."""

    async def run(act: AsyncAct, end: float) -> list[float]:
        mine: list[float] = []
        began = clock.monotonic()
        while not mine or began < end:
            await act(len(mine))
            now = clock.monotonic()
            mine.append(now - began)
            began = now
        return mine

    async def together() -> Haul:
        acts = [make(caller) for caller in range(callers)]
        began, spent = clock.monotonic(), cpu_seconds()
        done = await asyncio.gather(*(run(act, began + seconds) for act in acts))
        every = [one for mine in done for one in mine]
        return Haul(every, clock.monotonic() - began, cpu_seconds() - spent)

    return asyncio.run(together())


def cpu_seconds() -> float:
    """Processor time of this process so far, in user and system mode."""
    times = os.times()
    return times.user + times.system


@contextmanager
def busy_thread() -> Iterator[None]:
    """A thread that computes in Python all the while and never gives the interpreter away."""
    stop = threading.Event()

    def compute() -> None:
        number = 1
        while not stop.is_set():
            for _ in range(1_000):
                number = (number * 1_103_515_245 + 12_345) % 2_147_483_648

    thread = threading.Thread(target=compute, name="busy")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
