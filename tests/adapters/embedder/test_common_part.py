from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ai_memory.adapters.embedder.common_part import CommonPart, found_in, load, save
from ai_memory.adapters.embedder.pooling import unit_rows

DIM, LANGUAGES, SENTENCES = 64, 5, 8


@pytest.fixture(scope="module")
def parallel() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Vectors made of a part all share, one of the language and one of what is said."""
    random = np.random.default_rng(7)
    shared = 3 * random.normal(size=DIM)
    languages = 2 * random.normal(size=(LANGUAGES, 1, DIM))
    meanings = random.normal(size=(1, SENTENCES, DIM))
    noise = 0.1 * random.normal(size=(LANGUAGES, SENTENCES, DIM))
    every = (shared + languages + meanings + noise).reshape(-1, DIM)
    return unit_rows(every).reshape(LANGUAGES, SENTENCES, DIM)


def test_a_translation_is_nearer_than_another_sentence_of_the_language(
    parallel: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> None:
    rows = parallel.reshape(-1, DIM)
    language, sentence = np.divmod(np.arange(len(rows)), SENTENCES)
    same_sentence = (sentence[:, None] == sentence) & (language[:, None] != language)
    same_language = (sentence[:, None] != sentence) & (language[:, None] == language)

    def margin(rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
        cosines = rows @ rows.T
        return float(cosines[same_sentence].min() - cosines[same_language].max())

    assert margin(rows) < 0
    assert margin(found_in(parallel).taken_from(rows)) > 0.3


def test_what_is_left_is_unit_and_has_nothing_of_the_common_part(
    parallel: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> None:
    part = found_in(parallel)
    assert part.directions.shape == (LANGUAGES - 1, DIM)
    left = part.taken_from(parallel[0])
    assert left.dtype == np.float32
    assert np.allclose(np.linalg.norm(left, axis=1), 1, atol=1e-5)
    assert np.abs(left @ part.directions.T).max() < 1e-5


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    part = CommonPart(np.full(4, 0.5, np.float32), np.eye(4, dtype=np.float32)[:2])
    save(part, tmp_path / "part.npy")
    mean, directions = load(tmp_path / "part.npy")
    assert (mean == part.mean).all()
    assert (directions == part.directions).all()
