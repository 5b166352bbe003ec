"""Remembered vectors: what is made, and what is known."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.recent import CHARS_MAX, TEXTS_MAX, RecentVectors

if TYPE_CHECKING:
    from ai_memory.ports import Matrix


class Maker:
    """Embeds, and notes what it was asked for."""

    def __init__(self) -> None:
        self.embedder = HashingEmbedder(16)
        self.made: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> Matrix:
        self.made.append(list(texts))
        return self.embedder.embed(texts)


def test_what_is_asked_again_is_not_made_again() -> None:
    recent, make = RecentVectors(), Maker()
    for texts in (["one", "two"], ["two"], ["two", "three", "one"], ["three", "three"]):
        assert np.array_equal(recent.embed(texts, make), make.embedder.embed(texts))
    assert make.made == [["one", "two"], ["three"]]


def test_the_longest_unused_are_forgotten() -> None:
    recent, make = RecentVectors(), Maker()
    for number in range(TEXTS_MAX):
        recent.embed([f"text {number}"], make)
    recent.embed(["text 0"], make)
    recent.embed(["one more"], make)
    make.made.clear()
    recent.embed(["text 0", "text 1", "text 2"], make)
    assert make.made == [["text 1"]]


def test_a_long_text_is_not_remembered() -> None:
    recent, make = RecentVectors(), Maker()
    text = "a" * (CHARS_MAX + 1)
    recent.embed([text], make)
    recent.embed([text], make)
    assert make.made == [[text], [text]]


def test_a_failure_is_not_remembered() -> None:
    recent, make = RecentVectors(), Maker()

    def fail(_texts: Sequence[str]) -> Matrix:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - whatever the embedder raises
        recent.embed(["one"], fail)
    recent.embed(["one"], make)
    assert make.made == [["one"]]


def test_many_threads_get_the_vectors_of_their_texts() -> None:
    recent, make = RecentVectors(), Maker()

    def ask(caller: int) -> bool:
        return all(
            np.array_equal(recent.embed(texts, make), make.embedder.embed(texts))
            for texts in ([f"{(caller * turn) % 700}", f"{turn}"] for turn in range(300))
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
    assert len(recent._vectors) <= TEXTS_MAX
