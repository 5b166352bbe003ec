"""From a vector per token to a vector per text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ai_memory.ports import Matrix

Pooling: TypeAlias = Literal["mean", "cls"]


def pool(states: npt.NDArray[Any], mask: npt.NDArray[np.int64], how: Pooling) -> npt.NDArray[Any]:
    """One vector per text.

    Args:
        states: A vector per token. Shape (texts, tokens, dim).
        mask: 1 where a token is, 0 where padding is. Shape (texts, tokens).
        how: The mean over the tokens, or the first token's vector.

    Returns:
        Shape (texts, dim), not normalised.
    """
    if how == "cls":
        first: npt.NDArray[Any] = states[:, 0]
        return first
    weights = mask[:, None, :].astype(np.float32)
    mean: npt.NDArray[Any] = (weights @ states)[:, 0] / weights.sum(axis=2)
    return mean


def unit_rows(rows: npt.NDArray[Any]) -> Matrix:
    """The same directions with unit L2 norm, as float32. No row may be zero."""
    rows = rows.astype(np.float32, copy=False)
    unit: Matrix = rows / np.sqrt((rows * rows).sum(axis=1, keepdims=True))  # as `norm` has it
    return unit
