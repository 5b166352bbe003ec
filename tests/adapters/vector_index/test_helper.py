from __future__ import annotations

import threading

import pytest

from ai_memory.adapters.vector_index.helper import Helper


@pytest.fixture
def helper() -> Helper:
    return Helper()


def where() -> int:
    return threading.get_ident()


def test_one_who_is_alone_has_half_done_elsewhere(helper: Helper) -> None:
    for _ in range(3):
        there, here = helper.both(where, where)
        assert here == where() != there
    helper.close()


def test_nobody_waits_for_it(helper: Helper) -> None:
    # While one caller holds it, another does both halves, and is done first.
    def first() -> tuple[int, int]:
        done = []
        other = threading.Thread(target=lambda: done.append(helper.both(where, where)))
        other.start()
        other.join(30)
        return done[0]

    (there, here), _mine = helper.both(first, where)
    assert there == here
    helper.close()


@pytest.mark.parametrize("half", [0, 1])
def test_what_a_half_raises_is_raised_and_it_helps_on(helper: Helper, half: int) -> None:
    def fail() -> int:
        raise OSError("gone")

    halves = [where, where]
    halves[half] = fail
    with pytest.raises(OSError, match="gone"):
        helper.both(*halves)
    assert helper.both(where, where)[0] != where()
    helper.close()


def test_after_its_end_callers_do_everything_themselves(helper: Helper) -> None:
    thread = helper.both(threading.current_thread, where)[0]
    helper.close()
    helper.close()
    assert not thread.is_alive()
    assert helper.both(where, where) == (where(), where())
