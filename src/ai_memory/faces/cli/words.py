"""A result in words: what goes where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from ai_memory.faces.cli.paint import Paint

Result: TypeAlias = dict[str, Any]


class Text(NamedTuple):
    """What goes to stdout, and what goes to stderr beside it."""

    lines: list[str]
    remarks: list[str] = []


def tidying(name: str) -> Callable[[Result, Paint], Text]:
    """One of `tidying`, which is imported when its result is shown."""

    def show(result: Result, paint: Paint) -> Text:
        from ai_memory.faces.cli import tidying as module

        text: Text = getattr(module, name)(result, paint)
        return text

    return show
