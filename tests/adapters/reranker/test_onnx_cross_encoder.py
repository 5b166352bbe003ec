from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import exp
from pathlib import Path

import pytest
from tests.adapters.reranker.tiny_cross_encoder import ALL_INPUTS, write_model

from ai_memory.adapters.reranker import OnnxCrossEncoder, RerankerRefused
from ai_memory.ports import Reranker

PASSAGES = ["good", "bad bad", "neither", "good good good and so on"]


def sigmoid(value: float) -> float:
    return 1 / (1 + exp(-value))


EXPECTED = [sigmoid(value) for value in (1, -2, 0, 3)]


class Ticking:
    """A clock that is a second later each time it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def open_(directory: Path, timeout_ms: int = 60_000) -> OnnxCrossEncoder:
    return OnnxCrossEncoder(directory, timeout_ms=timeout_ms, threads=1)


@pytest.mark.parametrize("logits", [1, 2])
def test_the_passage_is_scored_and_the_question_is_not(tmp_path: Path, logits: int) -> None:
    reranker: Reranker = open_(write_model(tmp_path / "tiny", logits=logits))
    assert reranker.score("good good what", PASSAGES) == pytest.approx(EXPECTED)
    assert reranker.problem is None


@pytest.mark.parametrize("inputs", [ALL_INPUTS[:1], ALL_INPUTS[:2]])
def test_a_graph_gets_what_it_declares(tmp_path: Path, inputs: tuple[str, ...]) -> None:
    reranker = open_(write_model(tmp_path, inputs=inputs))
    assert reranker.score("what", PASSAGES) == pytest.approx(EXPECTED)


def test_many_passages_of_many_lengths_keep_their_order(tmp_path: Path) -> None:
    reranker = open_(write_model(tmp_path))
    counts = [at * 7 % 23 for at in range(50)]
    found = reranker.score("what", ["good " * count for count in counts])
    assert found == pytest.approx([sigmoid(count) for count in counts])
    assert reranker.score("what", []) == []


def test_threads_do_not_mix_their_passages(tmp_path: Path) -> None:
    reranker = open_(write_model(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _at: reranker.score("what", PASSAGES), range(20)):
            assert found == pytest.approx(EXPECTED)


def test_endless_passages_are_cut(tmp_path: Path) -> None:
    (score,) = open_(write_model(tmp_path)).score("what", ["bad " * 100_000]) or [1.0]
    assert score < 1e-9


def test_what_is_late_fails_and_says_so(tmp_path: Path) -> None:
    clock = Ticking()
    reranker = OnnxCrossEncoder(write_model(tmp_path), timeout_ms=2_500, threads=1, clock=clock)
    assert reranker.score("what", ["good"] * 8) is not None  # one batch: in time
    assert reranker.score("what", ["good"] * 30) is None
    assert reranker.problem == "it took longer than 2.5 s"
    assert reranker.score("what", ["good"]) is not None
    assert reranker.problem is None


def test_a_closed_reranker_fails(tmp_path: Path) -> None:
    reranker = open_(write_model(tmp_path))
    reranker.close()
    assert reranker.score("what", ["good"]) is None
    assert reranker.problem == "the reranker is closed"


def test_a_directory_without_a_cross_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RerankerRefused, match=r"no model\.onnx"):
        open_(tmp_path)
    whole = write_model(tmp_path / "a")
    (whole / "tokenizer.json").unlink()
    with pytest.raises(RerankerRefused, match="tokenizer"):
        open_(whole)
    damaged = write_model(tmp_path / "b")
    (damaged / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(RerankerRefused, match="refuses the graph"):
        open_(damaged)
    with pytest.raises(RerankerRefused, match=r"\(n, 1\) or \(n, 2\)"):
        open_(write_model(tmp_path / "c", logits=3))
