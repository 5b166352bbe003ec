"""The bounds of reading, with units: what a hostile or broken file may cost."""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 64 * 1024  # what `detect` gets to see
CHUNK_BYTES: Final = 256 * 1024
LINE_BYTES_MAX: Final = 64 * 1024 * 1024  # a long conversation in one line of JSON fits
DOCUMENT_BYTES_MAX: Final = 1024 * 1024 * 1024  # held in memory while it is read
BROKEN_ELEMENTS_MAX: Final = 1_000  # of one array; each costs a scan of what lies before it
EXCERPT_CHARS_MAX: Final = 120
HEADLINE_CHARS_MAX: Final = 100  # a title made from content
