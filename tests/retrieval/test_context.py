import numpy as np
import pytest

from ai_memory.errors import DimensionMismatch
from ai_memory.retrieval.context import blend_query


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


def test_the_blend_is_unit_and_nearer_to_the_query() -> None:
    query, context = unit(1, 0), unit(0, 1)
    blend = blend_query(query, context)
    assert blend.dtype == np.float32
    assert np.linalg.norm(blend) == pytest.approx(1)
    assert blend @ query > blend @ context > 0
    assert np.allclose(blend_query(query, context, query_share=1.0), query)


def test_opposites_leave_the_query() -> None:
    query = unit(1, 1)
    assert np.allclose(blend_query(query, -query, query_share=0.5), query)


def test_two_models_do_not_mix() -> None:
    with pytest.raises(DimensionMismatch):
        blend_query(unit(1, 0), unit(1, 0, 0))
