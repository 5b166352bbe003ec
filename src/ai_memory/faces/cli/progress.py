"""Progress on stderr: a bar for a person, a line for a log."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from ai_memory.faces.cli.output import is_terminal, note

if TYPE_CHECKING:
    from ai_memory.ports import Clock


_LINE_SECS: Final = 10.0
"""Between two lines in a log: what takes less says nothing."""


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
    """A bar that counts up to a total; where nobody watches silent, or a line now and then."""

    def __init__(
        self, what: str, total: int | None, *, unit: str, shown: bool, clock: Clock | None = None
    ) -> None:
        """Begin.

        Args:
            what: Is being done.
            total: How much there is of it; None: nobody knows.
            unit: Of what; `B` is scaled.
            shown: As a bar.
            clock: Tells when a line is due, where no bar is shown; None: never.
        """
        self._bar: Any = None
        self._what, self._total = what, total
        self._clock = None if shown else clock
        self._told_at = 0.0 if self._clock is None else self._clock.monotonic()
        if shown:
            from tqdm import tqdm

            scaled = unit == "B"
            self._bar = tqdm(total=total, desc=what, unit=unit, unit_scale=scaled, leave=False)

    def reach(self, count: int, **figures: int) -> None:
        """So much is done now."""
        if self._bar is not None:
            self._bar.set_postfix(figures, refresh=False)
            self._bar.update(max(0, count - self._bar.n))
        elif self._clock is not None and self._clock.monotonic() - self._told_at >= _LINE_SECS:
            self._told_at = self._clock.monotonic()
            done = [f"{count / self._total:.0%}"] if self._total else []
            done += [f"{value:,} {name}" for name, value in figures.items()]
            note(f"{self._what}: {', '.join(done) or count}")

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
