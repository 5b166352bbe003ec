"""Title: what a text is called that nobody gave a title: its first line, or the sentence it begins.

The same on every face, as it is derived where fields become a command.
"""

from __future__ import annotations

from typing import Final

_CHARS_MAX: Final = 80
_LOOKED_AT: Final = 4_096  # of a text that begins with blank lines
_MARKS: Final = "#>*-+ \t"
_ENDS: Final = ".!?。！？"


def title_of(content: str) -> str:
    """The first line that says something, without its marks of Markdown; of a long one, less."""
    lines = (line.strip() for line in content[:_LOOKED_AT].splitlines())
    line = next((line for line in lines if line.strip(_MARKS)), "")
    line = "".join(c if c.isprintable() else " " for c in line.lstrip(_MARKS)).strip()
    if len(line) <= _CHARS_MAX:
        return line or "Untitled"
    for at, character in enumerate(line[:_CHARS_MAX]):
        ends = character in _ENDS and (line[at + 1] == " " or not character.isascii())
        if ends and at >= _CHARS_MAX // 4:
            return line[: at + 1]
    cut = line[: _CHARS_MAX - 1]
    head, blank, _tail = cut.rpartition(" ")
    return (head if blank and len(head) >= _CHARS_MAX // 2 else cut).rstrip() + "…"
