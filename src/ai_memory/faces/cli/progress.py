"""Progress on stderr: a bar for a person, a line for a log."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from ai_memory.faces.cli.output import is_terminal, note


class Preparation:
    """Shows how far the one-time preparation of a model has come.

    `told` is the Progress of `compose.open_node`; nothing is imported unless it is called.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Any = None
        self._what: str | None = None

    def told(self, what: str, share: float) -> None:
        """Hear what is being done, and the share that is done."""
        if self._quiet:
            return
        if not is_terminal(sys.stderr):
            if self._what is None:
                note(f"note: {what} (once)")
            self._what = what
            return
        if share >= 1.0:
            self._close()  # a server goes on for days after this
            return
        if self._bar is None:
            from tqdm import tqdm

            layout = "{desc} {percentage:3.0f}%|{bar}| {elapsed}"
            self._bar = tqdm(total=1.0, desc=what, leave=False, bar_format=layout)
        if what != self._what:
            self._what = what
            self._bar.set_description_str(what)
        self._bar.update(max(0.0, share - self._bar.n))

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()


class Bar:
    """A bar that counts up to a total; silent where nobody watches."""

    def __init__(self, what: str, total: int | None, *, unit: str, shown: bool) -> None:
        self._bar: Any = None
        if shown:
            from tqdm import tqdm

            scaled = unit == "B"
            self._bar = tqdm(total=total, desc=what, unit=unit, unit_scale=scaled, leave=False)

    def reach(self, count: int, **figures: object) -> None:
        """So much is done now."""
        if self._bar is not None:
            self._bar.set_postfix(figures, refresh=False)
            self._bar.update(max(0, count - self._bar.n))

    def close(self) -> None:
        """Take it away."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def wants_bar(*, asked: bool, quiet: bool) -> bool:
    """Whether to show a bar: for a person, or when asked."""
    return not quiet and (asked or is_terminal(sys.stderr))
