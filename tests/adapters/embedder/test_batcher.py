from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ai_memory.adapters.embedder.batcher import (
    BULK_TURN,
    COMPANY_TOKENS,
    BatchBounds,
    Batcher,
    _Item,
    _Request,
)
from ai_memory.errors import EmbedderUnavailable
from ai_memory.gate import Gate
from ai_memory.ports import Embedder, EmbeddingModel

if TYPE_CHECKING:
    from ai_memory.ports import Matrix

WIDE = BatchBounds(texts_max=32, bulk_texts_max=16, tokens_max=10_000, text_tokens_max=256)
SINGLE = BatchBounds(texts_max=1, bulk_texts_max=1, tokens_max=10_000, text_tokens_max=256)


class Recorder:
    """An encoder that records its batches, and can be held in the middle of one."""

    def __init__(self, *, held: bool = False) -> None:
        self.model = EmbeddingModel("recorder", 3)
        self.batches: list[list[str]] = []
        self.threads: list[int] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.closed = 0
        self.raises: dict[str, BaseException] = {}
        if not held:
            self.gate.set()

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.batches.append(list(texts))
        self.threads.append(threading.get_ident())
        self.entered.release()
        assert self.gate.wait(20)
        for text in texts:
            if text in self.raises:
                raise self.raises.pop(text)
        return vectors(texts)

    def close(self) -> None:
        self.closed += 1


class Watched(Batcher):
    """Tells when a call has taken its place in line, and leads or waits."""

    def __init__(self, encoder: Recorder, bounds: BatchBounds, gate: Gate | None = None) -> None:
        super().__init__(encoder, bounds, gate)
        self.joined = threading.Semaphore(0)

    def _join(self, request: _Request, items: list[_Item], *, bulk: bool) -> None:
        super()._join(request, items, bulk=bulk)
        self.joined.release()


class Callers(ThreadPoolExecutor):
    """Calls from other threads; each is in line when `call` returns."""

    def __init__(self, batcher: Watched) -> None:
        super().__init__(64)
        self.batcher = batcher

    def call(self, *texts: str, bulk: bool = False) -> Future[Matrix]:
        future = self.submit(self.batcher.embed, texts, bulk=bulk)
        assert self.batcher.joined.acquire(timeout=20)
        return future


def vectors(texts: Sequence[str]) -> Matrix:
    rows = [[len(text), sum(map(ord, text)) % 1_000, 1.0] for text in texts]
    return np.array(rows, np.float32).reshape(-1, 3)


def held(bounds: BatchBounds) -> tuple[Recorder, Watched]:
    encoder = Recorder(held=True)
    return encoder, Watched(encoder, bounds)


def test_it_is_an_embedder() -> None:
    embedder: Embedder = Batcher(Recorder(), WIDE)
    assert embedder.model == ("recorder", 3)


def test_a_lone_caller_encodes_in_its_own_thread() -> None:
    encoder = Recorder()
    assert np.array_equal(Batcher(encoder, WIDE).embed(["one", "two"]), vectors(["one", "two"]))
    assert encoder.threads == [threading.get_ident()]


def test_no_texts_cost_no_batch() -> None:
    encoder = Recorder()
    assert Batcher(encoder, WIDE).embed([]).shape == (0, 3)
    assert encoder.batches == []


def test_calls_that_meet_share_a_batch() -> None:
    encoder, batcher = held(WIDE)
    with Callers(batcher) as callers:
        first = callers.call("first")
        assert encoder.entered.acquire(timeout=20)
        others = [callers.call(f"caller {number:02}") for number in range(20)]
        encoder.gate.set()
        assert np.array_equal(first.result(), vectors(["first"]))
        for number, other in enumerate(others):
            assert np.array_equal(other.result(), vectors([f"caller {number:02}"]))
    assert list(map(len, encoder.batches)) == [1, 20]


def test_who_comes_while_a_leader_waits_at_the_gate_is_taken_along() -> None:
    gate, encoder = Gate(1), Recorder()
    batcher = Watched(encoder, replace(WIDE, lanes=2), gate)
    with Callers(batcher) as callers:
        with gate.passing():
            futures = [callers.call("first")]
            while not batcher._at_gate:  # it is on its way there
                threading.Event().wait(0.001)
            futures += [callers.call(f"caller {number}") for number in range(4)]
        for future in futures:
            future.result(timeout=20)
    assert list(map(len, encoder.batches)) == [5]


def test_bulk_work_passes_no_gate() -> None:
    gate = Gate(1)
    with gate.passing():
        Batcher(Recorder(), WIDE, gate).embed(["text"], bulk=True)


def test_what_the_bounds_leave_behind_has_a_leader_of_its_own() -> None:
    gate = Gate(2)
    encoder = Recorder(held=True)
    batcher = Watched(encoder, replace(SINGLE, lanes=2), gate)
    with Callers(batcher) as callers:
        with gate.passing(), gate.passing():
            futures = [callers.call("a")]
            while not batcher._at_gate:
                threading.Event().wait(0.001)
            futures += [callers.call("b"), callers.call("c")]
        for _ in range(2):  # both lanes are in use
            assert encoder.entered.acquire(timeout=20)
        encoder.gate.set()
        for future in futures:
            future.result(timeout=20)
    assert sorted(encoder.batches) == [["a"], ["b"], ["c"]]


def test_a_leader_leaves_when_it_has_its_own() -> None:
    encoder, batcher = held(SINGLE)
    with Callers(batcher) as callers:
        futures = [callers.call("a")]
        assert encoder.entered.acquire(timeout=20)
        futures += [callers.call("b"), callers.call("c")]
        encoder.gate.set()
        for future in futures:
            future.result()
    assert encoder.batches == [["a"], ["b"], ["c"]]
    assert len(set(encoder.threads)) == 3


def test_order_is_kept_whatever_the_lengths() -> None:
    texts = ["x" * length for length in random.Random(0).choices(range(900), k=200)]
    encoder = Recorder()
    assert np.array_equal(Batcher(encoder, WIDE).embed(texts), vectors(texts))
    assert len(encoder.batches) > 1


def test_a_long_text_does_not_pad_the_short_ones() -> None:
    bounds = BatchBounds(texts_max=32, bulk_texts_max=16, tokens_max=256, text_tokens_max=256)
    encoder = Recorder()
    Batcher(encoder, bounds).embed(["short"] * 3 + ["long " * 400] + ["brief"] * 3)
    assert sorted(map(len, encoder.batches)) == [1, 6]


def test_bulk_work_yields_between_chunks() -> None:
    bounds = BatchBounds(texts_max=8, bulk_texts_max=2, tokens_max=10_000, text_tokens_max=256)
    encoder, batcher = held(bounds)
    with Callers(batcher) as callers:
        bulk = callers.call("b0", "b1", "b2", "b3", "b4", "b5", bulk=True)
        assert encoder.entered.acquire(timeout=20)
        interactive = callers.call("now", "please")
        encoder.gate.set()
        assert np.array_equal(interactive.result(), vectors(["now", "please"]))
        bulk.result()
    assert encoder.batches == [["b0", "b1"], ["now", "please"], ["b2", "b3"], ["b4", "b5"]]


def test_a_large_request_is_bulk_whoever_asks() -> None:
    bounds = BatchBounds(texts_max=3, bulk_texts_max=2, tokens_max=10_000, text_tokens_max=256)
    encoder, batcher = held(bounds)
    with Callers(batcher) as callers:
        callers.call("l0", "l1", "l2", "l3")
        assert encoder.entered.acquire(timeout=20)
        callers.call("now")
        encoder.gate.set()
    assert encoder.batches == [["l0", "l1"], ["now"], ["l2", "l3"]]


def test_interactive_calls_cannot_starve_bulk_work() -> None:
    encoder, batcher = held(SINGLE)
    with Callers(batcher) as callers:
        callers.call("first")
        assert encoder.entered.acquire(timeout=20)
        callers.call("bulk", bulk=True)
        for number in range(2 * BULK_TURN):
            callers.call(f"i{number}")
        encoder.gate.set()
    assert encoder.batches.index(["bulk"]) == 1 + BULK_TURN
    assert len(encoder.batches) == 2 + 2 * BULK_TURN


def test_an_error_reaches_the_callers_of_its_batch_and_no_others() -> None:
    encoder, batcher = held(SINGLE)
    encoder.raises["bad"] = EmbedderUnavailable("No answer.", hint="Try later.")
    with Callers(batcher) as callers:
        good = callers.call("good")
        assert encoder.entered.acquire(timeout=20)
        bad, later = callers.call("bad"), callers.call("later")
        encoder.gate.set()
        with pytest.raises(EmbedderUnavailable, match="No answer") as caught:
            bad.result()
        assert caught.value.hint == "Try later."
        assert np.array_equal(good.result(), vectors(["good"]))
        assert np.array_equal(later.result(), vectors(["later"]))


def test_each_caller_of_a_failed_batch_gets_its_own_error() -> None:
    encoder, batcher = held(WIDE)
    encoder.raises["bad"] = EmbedderUnavailable("No answer.")
    with Callers(batcher) as callers:
        callers.call("first")
        assert encoder.entered.acquire(timeout=20)
        futures = [callers.call("bad"), callers.call("beside it")]
        encoder.gate.set()
        errors = [future.exception() for future in futures]
    assert [type(error) for error in errors] == [EmbedderUnavailable] * 2
    assert errors[0] is not errors[1]


def test_a_failed_chunk_ends_its_bulk_request() -> None:
    bounds = BatchBounds(texts_max=8, bulk_texts_max=1, tokens_max=10_000, text_tokens_max=256)
    encoder = Recorder()
    encoder.raises["b1"] = EmbedderUnavailable("No answer.")
    batcher = Batcher(encoder, bounds)
    with pytest.raises(EmbedderUnavailable):
        batcher.embed(["b0", "b1", "b2", "b3"], bulk=True)
    assert encoder.batches == [["b0"], ["b1"]]
    assert np.array_equal(batcher.embed(["next"]), vectors(["next"]))


def test_a_fault_of_the_encoder_leaves_nobody_waiting() -> None:
    encoder, batcher = held(WIDE)
    encoder.raises["bad"] = ZeroDivisionError("ours")
    with Callers(batcher) as callers:
        callers.call("first")
        assert encoder.entered.acquire(timeout=20)
        futures = [callers.call("bad"), callers.call("beside it")]
        encoder.gate.set()
        assert all(isinstance(future.exception(), ZeroDivisionError) for future in futures)
    assert np.array_equal(batcher.embed(["next"]), vectors(["next"]))


def test_an_interrupted_leader_leaves_the_work_to_the_next() -> None:
    encoder, batcher = held(WIDE)
    encoder.raises["interrupted"] = KeyboardInterrupt()
    with Callers(batcher) as callers:
        callers.call("first")
        assert encoder.entered.acquire(timeout=20)
        leader, follower = callers.call("interrupted"), callers.call("follower")
        encoder.gate.set()
        assert isinstance(leader.exception(), KeyboardInterrupt)
        assert np.array_equal(follower.result(), vectors(["follower"]))
    assert encoder.batches == [["first"], ["interrupted", "follower"], ["follower"]]


def test_closing_turns_away_who_waits_and_who_comes() -> None:
    encoder, batcher = held(WIDE)
    with Callers(batcher) as callers:
        leader = callers.call("under way")
        assert encoder.entered.acquire(timeout=20)
        waiting = callers.call("waiting")
        batcher.close()
        assert isinstance(waiting.exception(timeout=20), EmbedderUnavailable)
        encoder.gate.set()
        assert np.array_equal(leader.result(), vectors(["under way"]))
    with pytest.raises(EmbedderUnavailable, match="closed"):
        batcher.embed(["late"])
    batcher.close()
    assert encoder.closed == 1


def test_a_lone_surrogate_reaches_no_encoder() -> None:
    encoder = Recorder()
    Batcher(encoder, WIDE).embed(["half \ud83d pair"])
    assert encoder.batches == [["half ? pair"]]


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_many_threads_get_what_they_asked_for(lanes: int) -> None:
    bounds = BatchBounds(
        texts_max=8, bulk_texts_max=4, tokens_max=512, text_tokens_max=256, lanes=lanes
    )
    encoder = Recorder()
    batcher = Batcher(encoder, bounds)

    def caller(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(40):
            texts = [f"{seed} " * chance.randrange(1, 60) for _ in range(chance.randrange(0, 12))]
            rows = batcher.embed(texts, bulk=chance.random() < 0.3)
            assert np.array_equal(rows, vectors(texts))

    with ThreadPoolExecutor(12) as pool:
        for future in [pool.submit(caller, seed) for seed in range(12)]:
            future.result()
    for thread in threading.enumerate():
        if thread.name == "ai-memory-embedding":
            thread.join(20)
    assert batcher._leaders == 0


COMPANY_BATCHES = COMPANY_TOKENS // 4  # of one text of 8 to 11 bytes each
LANES = BatchBounds(texts_max=8, bulk_texts_max=1, tokens_max=10_000, text_tokens_max=256, lanes=2)


def test_two_callers_use_two_lanes_and_a_third_waits() -> None:
    encoder, batcher = held(LANES)
    with Callers(batcher) as callers:
        futures = [callers.call(f"caller {number}") for number in range(3)]
        assert all(encoder.entered.acquire(timeout=20) for _lane in range(2))
        assert len(encoder.batches) == 2
        encoder.gate.set()
        for number, future in enumerate(futures):
            assert np.array_equal(future.result(), vectors([f"caller {number}"]))
    assert batcher._leaders == 0


def test_a_bulk_request_fills_every_lane_and_lets_others_pass() -> None:
    encoder, batcher = held(LANES)
    texts = [f"bulk {number}" for number in range(6)]
    with Callers(batcher) as callers:
        bulk = callers.call(*texts, bulk=True)
        assert all(encoder.entered.acquire(timeout=20) for _lane in range(2))
        urgent = callers.call("urgent")
        encoder.gate.set()
        assert np.array_equal(urgent.result(), vectors(["urgent"]))
        assert np.array_equal(bulk.result(), vectors(texts))
    assert "urgent" in encoder.batches[2]
    assert len(set(encoder.threads)) >= 2


def test_a_failure_in_one_lane_ends_the_request_and_frees_both() -> None:
    encoder, batcher = held(LANES)
    encoder.raises["bulk 1"] = EmbedderUnavailable("No answer.")
    with Callers(batcher) as callers:
        bulk = callers.call(*(f"bulk {number}" for number in range(6)), bulk=True)
        assert all(encoder.entered.acquire(timeout=20) for _lane in range(2))
        encoder.gate.set()
        assert isinstance(bulk.exception(timeout=20), EmbedderUnavailable)
    assert np.array_equal(batcher.embed(["next"]), vectors(["next"]))


def test_beside_an_interactive_caller_bulk_work_leaves_a_lane_free() -> None:
    encoder, batcher = held(LANES)
    with Callers(batcher) as callers:
        urgent = callers.call("urgent")
        bulk = callers.call(*(f"bulk {number}" for number in range(6)), bulk=True)
        other = callers.call("other bulk", bulk=True)
        assert all(encoder.entered.acquire(timeout=20) for _lane in range(2))
        assert {text for batch in encoder.batches for text in batch} == {"urgent", "bulk 0"}
        encoder.gate.set()
        assert np.array_equal(urgent.result(), vectors(["urgent"]))
        assert len(bulk.result()) == 6
        assert len(other.result()) == 1
    assert batcher._leaders == 0


def test_who_came_once_is_not_expected_for_ever() -> None:
    encoder = Recorder()
    batcher = Watched(encoder, LANES)
    with Callers(batcher) as callers:
        batcher.embed(["urgent"])
        assert batcher.joined.acquire(timeout=20)
        batcher.embed([f"bulk {number:04}" for number in range(COMPANY_BATCHES)], bulk=True)
        assert batcher.joined.acquire(timeout=20)
        encoder.gate.clear()
        bulk = callers.call(*(f"more {number}" for number in range(6)), bulk=True)
        for _batch in range(COMPANY_BATCHES + 3):  # two of them are held
            assert encoder.entered.acquire(timeout=20)
        encoder.gate.set()
        assert len(bulk.result()) == 6
    assert len(encoder.batches) == COMPANY_BATCHES + 7


class Meeting(Recorder):
    """Once company is over, a batch is done when another thread has begun one."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        met = len(set(self.threads)) > 1
        if self.threads and threading.get_ident() != self.threads[0]:
            self.gate.set()
        elif not met and len(self.batches) == COMPANY_BATCHES + 1:
            self.gate.clear()  # until the helper is here
        return super().encode(texts)


def test_bulk_work_takes_all_lanes_again_in_the_middle_of_a_request() -> None:
    encoder = Meeting()
    batcher = Watched(encoder, LANES)
    batcher.embed(["urgent"])
    texts = [f"bulk {number:04}" for number in range(4 * COMPANY_BATCHES)]
    assert np.array_equal(batcher.embed(texts, bulk=True), vectors(texts))
    alone = encoder.threads[1:COMPANY_BATCHES]
    assert len(set(alone)) == 1
    assert len(set(encoder.threads)) == 2
