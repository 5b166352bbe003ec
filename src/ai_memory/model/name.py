"""Name: one form for what is compared letter for letter: namespaces, titles, tags, aliases.

macOS hands out names decomposed (e and an accent), keyboards compose them (é). They are one name.
"""

from __future__ import annotations

import unicodedata

import msgspec


def one_name(text: str) -> str:
    """A name in the form it is stored and compared in: composed (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def apart(text: str) -> str:
    """A name as rows of older files may have it: decomposed (NFD)."""
    return text if text.isascii() else unicodedata.normalize("NFD", text)


def one_form(value: object) -> object:
    """A field that holds a name or several, in that form; anything else as it is."""
    if isinstance(value, str):
        return one_name(value)
    if isinstance(value, tuple) and not all(
        isinstance(one, str) and one.isascii() for one in value
    ):
        return tuple(one_name(one) if isinstance(one, str) else one for one in value)
    return value


def name_fields(command: msgspec.Struct, fields: tuple[str, ...]) -> None:
    """Bring the fields of a command that is being made into that form."""
    for field in fields:
        value = getattr(command, field)
        form = one_form(value)
        if form is not value:
            msgspec.structs.force_setattr(command, field, form)
