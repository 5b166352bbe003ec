"""Printable: text from anywhere, made fit for a terminal.

A terminal obeys what is written to it: an escape sequence in a memory, a file name or another
node's error could set its title, move its cursor, answer for the person at it; a direction override
shows a text as another one. Such characters are shown instead of obeyed. Marks that Arabic and
Hebrew text needs (U+200E, U+200F, U+061C) are let be.
"""

from __future__ import annotations

from typing import Any

from ai_memory import late

_COMMANDS = late.pattern(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_AS_JSON = late.pattern(r"[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # the others JSON escapes itself


def printable(text: str) -> str:
    r"""The text with what commands a terminal written out: `\x1b`, `\u202e`.

    Line ends and tabs stay; CR LF is a line end.
    """
    if text.isascii() and text.isprintable():
        return text
    return _COMMANDS.sub(_escaped, text.replace("\r\n", "\n"))


def printable_json(text: str) -> str:
    r"""JSON that means the same, with nothing in it that commands a terminal."""
    if text.isascii() and "\x7f" not in text:
        return text
    return _AS_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def printable_values(value: Any) -> Any:
    """JSON values (a tuple is a list), every text in them printable; keys too."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable_values(key): printable_values(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [printable_values(held) for held in value]
    return value


def _escaped(found: Any) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
