from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.adapters.embedder.bert_shape import E5
from ai_memory.adapters.vector_index.calibration import CALIBRATIONS, Calibration

E5_CURVE = CALIBRATIONS[E5.model_id]
cosines = st.floats(-1, 1)


@pytest.mark.parametrize("curve", CALIBRATIONS.values())
def test_a_curve_goes_from_end_to_end_and_rises(curve: Calibration) -> None:
    for side in curve:
        assert (side[0], side[-1]) == (-1, 1)
        assert list(side) == sorted(set(side))


@given(cosines, cosines)
def test_no_order_changes_and_a_threshold_keeps_what_it_kept(one: float, least: float) -> None:
    (meant,) = E5_CURVE.meaning([one])
    assert -1 <= meant <= 1
    threshold = E5_CURVE.cosine(least)
    if one >= threshold + 1e-9:
        assert meant >= least - 1e-9
    if one < threshold - 1e-9:
        assert meant < least + 1e-9


def test_what_is_unrelated_and_what_answers_mean_what_they_mean_elsewhere() -> None:
    unrelated, answers, same = E5_CURVE.meaning([0.12, 0.54, 1.0])
    assert unrelated < 0.05
    assert 0.55 < answers < 0.65
    assert same == 1
