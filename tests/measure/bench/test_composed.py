from __future__ import annotations

import numpy as np

from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.measure.bench.composed import ComposedVectors
from ai_memory.measure.bench.corpus import texts


def test_a_text_is_near_its_sentences_and_like_no_other() -> None:
    sentences = 4
    real = HashingEmbedder(64)
    contents = [text.content for text in texts(sentences)]
    made = ComposedVectors(real.embed(contents), real.model)
    vectors = made.embed(["io 1: First", "io 6: Both", "its second window", "io 6: Both"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    near = vectors @ real.embed(contents).T
    assert near[0].argmax() == 1
    assert near[1].argmax() in {2, 6 * 7_919 % sentences}  # the sentences of number 6
    assert 0.8 < vectors[1] @ vectors[2] < 0.99
    assert 0.8 < vectors[1] @ vectors[3] < 0.99
