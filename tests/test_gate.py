"""The gate: who is let in, and when."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable

import pytest

from ai_memory.gate import PASSES_MAX, Gate

WAIT_SECS = 20.0


class Caller:
    """A thread that passes the gate; `here` is set when it is in, and it leaves on `go`."""

    def __init__(self, gate: Gate, *, early: bool, order: list[str] | None = None) -> None:
        self.here, self.go = threading.Event(), threading.Event()
        self._order = order
        self._kind = "early" if early else "late"
        self.thread = threading.Thread(target=self._pass, args=(gate, early), daemon=True)
        self.thread.start()

    def _pass(self, gate: Gate, early: bool) -> None:
        with gate.passing(early=early):
            if self._order is not None:
                self._order.append(self._kind)
            self.here.set()
            assert self.go.wait(WAIT_SECS)

    def leave(self) -> None:
        self.go.set()
        self.thread.join(WAIT_SECS)


def waiting(gate: Gate) -> int:
    return len(gate._late) + len(gate._early)


def until(condition: Callable[[], bool]) -> None:
    """Give way until other threads have come so far."""
    pause = threading.Event()
    for _ in range(int(WAIT_SECS * 1_000)):
        if condition():
            return
        pause.wait(0.001)
    raise AssertionError("it did not happen")


def test_no_more_are_in_than_there_is_room() -> None:
    gate = Gate(2)
    one, two = Caller(gate, early=False), Caller(gate, early=True)
    assert one.here.wait(WAIT_SECS)
    assert two.here.wait(WAIT_SECS)
    three = Caller(gate, early=False)
    until(lambda: waiting(gate) == 1)
    assert not three.here.is_set()
    one.leave()
    assert three.here.wait(WAIT_SECS)
    two.leave()
    three.leave()
    assert gate._free == 2


def test_who_is_in_the_middle_goes_before_who_begins() -> None:
    gate, order = Gate(1), list[str]()
    first = Caller(gate, early=True)
    assert first.here.wait(WAIT_SECS)
    callers = []
    for number, early in enumerate((True, True, False, False), 1):
        callers.append(Caller(gate, early=early, order=order))
        until(lambda number=number: waiting(gate) == number)  # type: ignore[misc]
    for caller in callers:
        caller.go.set()
    first.leave()
    for caller in callers:
        caller.thread.join(WAIT_SECS)
    assert order == ["late", "late", "early", "early"]


def test_who_begins_is_overtaken_a_bounded_number_of_times() -> None:
    gate, order = Gate(1), list[str]()
    first = Caller(gate, early=False)
    assert first.here.wait(WAIT_SECS)
    callers = [Caller(gate, early=True, order=order)]
    callers += [Caller(gate, early=False, order=order) for _ in range(PASSES_MAX + 5)]
    until(lambda: waiting(gate) == len(callers))
    for caller in callers:
        caller.go.set()
    first.leave()
    for caller in callers:
        caller.thread.join(WAIT_SECS)
    assert order == ["late"] * PASSES_MAX + ["early"] + ["late"] * 5


def test_who_fails_inside_leaves() -> None:
    gate = Gate(1)
    with pytest.raises(KeyError), gate.passing():
        raise KeyError
    with gate.passing():
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="needs pthread_kill")
def test_an_interrupt_while_waiting_takes_no_room() -> None:
    gate = Gate(1)
    inside = Caller(gate, early=False)
    assert inside.here.wait(WAIT_SECS)

    def interrupt() -> None:
        until(lambda: waiting(gate) == 1)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt), gate.passing(early=True):
        raise AssertionError("there was no room")
    assert not waiting(gate)
    inside.leave()
    with gate.passing():
        pass
