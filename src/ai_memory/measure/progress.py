"""A progress bar on stderr, for people only: nothing is drawn where stderr is no terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self


class Progress:
    """One bar.

    Args:
        what: What is being done.
        total: How many steps; None when nobody knows.
    """

    def __init__(self, what: str, total: int | None, *, unit: str = "") -> None:
        from tqdm import tqdm

        # None: drawn only on a terminal.
        self._bar: Any = tqdm(desc=what, total=total, unit=unit, disable=None, leave=False)

    def advance(self, steps: int = 1) -> None:
        """So many more steps are done."""
        self._bar.update(steps)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()


class Preparation:
    """Shows what a first opening prepares (the model's conversion); satisfies compose.Progress."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._done = 0

    def __call__(self, what: str, share: float) -> None:
        """Draw the share that is done; at 1 the bar goes."""
        if self._bar is None:
            self._bar = Progress(what, 100, unit="%")
            self._done = 0
        percent = round(100 * share)
        self._bar.advance(percent - self._done)
        self._done = percent
        if share >= 1:
            self._bar.__exit__(None, None, None)
            self._bar = None
