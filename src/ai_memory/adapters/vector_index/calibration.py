"""What a model's cosine means, on the scale that ranking, floors and thresholds were fitted to.

All of them were fitted to MiniLM. Another model's cosines order texts as well, and lie elsewhere:
without its common part E5 gives 0.12 to what is unrelated where MiniLM gives 0.04, and 0.54 to what
answers where MiniLM gives 0.62. A curve of a few straight pieces brings one to the other. It rises
everywhere, so no order changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np


class Calibration(NamedTuple):
    """Cosines of a model, ascending from -1 to 1, and what each means; straight between."""

    given: Sequence[float]
    meant: Sequence[float]

    def meaning(self, cosines: Sequence[float]) -> list[float]:
        """What the model's cosines mean."""
        meant: list[float] = np.interp(cosines, self.given, self.meant).tolist()
        return meant

    def cosine(self, meaning: float) -> float:
        """The model's cosine of this meaning."""
        return float(np.interp(meaning, self.meant, self.given))


CALIBRATIONS: Final = {
    # Quantiles of what both gave to the same 140,000 pairs of English texts: the highest of a
    # hundred unrelated ones, the middle one of those that answer, near-duplicates.
    "intfloat/multilingual-e5-small#neutral-1": Calibration(
        given=(-1.0, 0.0, 0.12, 0.33, 0.56, 0.8, 1.0),
        meant=(-1.0, -0.09, 0.03, 0.35, 0.63, 0.87, 1.0),
    )
}
"""By the model's id."""
