"""Colours, bars and ages: how values look in a terminal."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Self

from ai_memory.model.clock import SECOND, Micros, parse_rfc3339

_TIER_COLOUR: Final = {"short": 91, "mid": 93, "long": 92}
_BOLD: Final = 1
_DIM: Final = 2
_CYAN: Final = 96
_CELLS: Final = 10
_ID_CHARS: Final = 8
PREVIEW_CHARS: Final = 200

_MINUTE: Final = 60 * SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_MONTH: Final = 30 * _DAY


class Paint(NamedTuple):
    """How to write: with colours or without, and what time it is."""

    colours: bool
    now: Micros

    @classmethod
    def of_stdout(cls) -> Self:
        """As stdout takes it, now."""
        from ai_memory.adapters.system import SystemClock
        from ai_memory.faces.cli.output import shows_colour

        return cls(shows_colour(), SystemClock().now())

    def _code(self, code: int, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colours else text

    def bold(self, text: str) -> str:
        """What one looks for first."""
        return self._code(_BOLD, text)

    def dim(self, text: str) -> str:
        """What one may overlook."""
        return self._code(_DIM, text)

    def cyan(self, text: str) -> str:
        """A namespace."""
        return self._code(_CYAN, text)

    def mark(self, memory: dict[str, Any]) -> str:
        """`[mid/1a2b3c4d]`, in the tier's colour."""
        tier = memory["tier"]
        return self._code(_TIER_COLOUR.get(tier, 0), f"[{tier}/{short_id(memory['id'])}]")

    def bar(self, share: float) -> str:
        """What stands beside it, as the share of ten cells that are filled; 0 to 1."""
        full = min(_CELLS, max(0, round(_CELLS * share)))
        return self.dim("█" * full + "░" * (_CELLS - full))

    def age(self, instant: str) -> str:
        """`3h ago`."""
        micros = self.now - parse_rfc3339(instant, field="instant")
        if micros < _MINUTE:
            return "just now"
        for unit, name, most in (
            (_MINUTE, "m", _HOUR),
            (_HOUR, "h", _DAY),
            (_DAY, "d", _MONTH),
        ):
            if micros < most:
                return f"{micros // unit}{name} ago"
        return f"{micros // _MONTH}mo ago"


def short_id(memory_id: str) -> str:
    """The first 8 characters; they are as good as the whole while they fit only one."""
    return memory_id[:_ID_CHARS]


def one_line(text: str, chars_max: int | None = None) -> str:
    """Text without line breaks, clipped."""
    line = " ".join(text.split())
    if chars_max is not None and len(line) > chars_max:
        return line[: chars_max - 1] + "…"
    return line


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 memory`, `2 memories`."""
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"


def size(count: int) -> str:
    """Bytes as people read them."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
