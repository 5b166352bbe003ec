from __future__ import annotations

import numpy as np
import pytest
from tests.adapters.embedder.sentence import SENTENCES

from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.errors import EmbedderUnavailable
from ai_memory.ports import Embedder


def test_vectors_are_unit_and_the_same_every_time() -> None:
    embedder: Embedder = HashingEmbedder(48)
    rows = embedder.embed([*SENTENCES, "\ud800"])
    assert rows.shape == (len(SENTENCES) + 1, embedder.model.dim)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert np.array_equal(rows[0], HashingEmbedder(48).embed([SENTENCES[0]])[0])
    assert embedder.embed([]).shape == (0, 48)


def test_a_known_vector_never_changes() -> None:
    row = HashingEmbedder(8).embed(["coffee"])[0]
    assert np.round(row.astype(float), 3).tolist() == [0.0, 0.0, 0.0, 0.535, 0.802, 0.0, 0.0, 0.267]


def test_shared_words_and_word_parts_make_texts_similar() -> None:
    rows = HashingEmbedder(256).embed(
        ["Ada likes black coffee", "black coffee for Ada", "coffees", "coffee", "tax return"]
    )
    cosine = rows @ rows.T
    assert cosine[0, 1] > 0.6
    assert cosine[2, 3] > 0.3
    assert abs(cosine[3, 4]) < 0.2


def test_after_closing_it_is_unavailable() -> None:
    embedder = HashingEmbedder()
    embedder.close()
    with pytest.raises(EmbedderUnavailable):
        embedder.embed(["x"])
