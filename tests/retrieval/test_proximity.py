import pytest

from ai_memory.retrieval.proximity import lineage, proximity


def test_lineage_is_nearest_first() -> None:
    assert lineage("a/b/c") == ("a/b/c", "a/b", "a")
    assert lineage("global") == ("global",)


@pytest.mark.parametrize(
    ("found", "factor"),
    [("a/b/c", 1.0), ("a/b", 1 / 1.3), ("a", 1 / 1.6), ("a/b/c/d", 0.0), ("b", 0.0), ("a/b/cc", 0)],
)
def test_proximity_falls_with_distance(found: str, factor: float) -> None:
    assert proximity("a/b/c", found) == pytest.approx(factor)
