"""Text as a memory may hold it: cleaned, clipped, and split where it is too long for one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ai_memory import limits
from ai_memory.adapters.formats import bound

_NEWLINE: Final = re.compile("\r\n?|\x85")
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSTORABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_REPLACEMENT: Final = "\ufffd"
_CONTINUATION: Final = 0b1000_0000  # how each byte of a UTF-8 character but the first begins


def clean(text: str) -> str:
    """Make text storable: Unix newlines; control characters and lone surrogates become U+FFFD."""
    return _FORBIDDEN.sub(_REPLACEMENT, _NEWLINE.sub("\n", text))


def verbatim(text: str) -> str:
    """Make text storable as it is: line ends stay, what no store holds becomes U+FFFD."""
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def one_line(text: str) -> str:
    """Clean text without line breaks or runs of blanks, as titles want it."""
    return " ".join(clean(text).split())


def as_title(text: str) -> str:
    """A title as it was given, with its blanks, unless it breaks into lines."""
    title = verbatim(text).strip()
    return one_line(title) if "\n" in title or "\r" in title else title


def clip(text: str, chars_max: int) -> str:
    """Shorten text to `chars_max`, with an ellipsis where something is missing."""
    return text if len(text) <= chars_max else text[: chars_max - 1].rstrip() + "…"


def headline(text: str) -> str:
    """A title made from content: its first line, clipped."""
    for line in text.splitlines():
        title = one_line(line)
        if title:
            return clip(title, bound.HEADLINE_CHARS_MAX)
    return ""


def excerpt(data: bytes | str) -> str:
    """A short, printable piece of the input, to show beside a problem."""
    if isinstance(data, bytes):
        data = data[: 4 * bound.EXCERPT_CHARS_MAX].decode("utf-8", "replace")
    shown = one_line(data[: 4 * bound.EXCERPT_CHARS_MAX])
    printable = "".join(c if c.isprintable() else _REPLACEMENT for c in shown)
    return clip(printable, bound.EXCERPT_CHARS_MAX)


class Part(NamedTuple):
    """Some consecutive lines of a text that go into one memory.

    Attributes:
        first: Index of the first line it holds (a part of).
        last: Index of the last one.
    """

    text: str
    first: int
    last: int


def pack(lines: Sequence[str], bytes_max: int = limits.CONTENT_BYTES_MAX) -> list[Part]:
    """Join lines by newlines into as few parts as fit, in order; only a line too long alone is cut.

    Appending lines leaves every part but the last as it was, so that a conversation that grew
    since its last import changes only its tail.

    Args:
        lines: Messages, in order.
        bytes_max: Bound of one part, UTF-8.
    """
    parts: list[Part] = []
    held: list[str] = []
    held_bytes, first, last = 0, 0, 0
    for index, line in enumerate(lines):
        separator = "\n"
        for piece in _pieces(line, bytes_max):
            piece_bytes = len(piece.encode())
            if held and held_bytes + len(separator) + piece_bytes > bytes_max:
                parts.append(Part("".join(held), first, last))
                held, held_bytes = [], 0
            if not held:
                first, separator = index, ""
            held += (separator, piece)
            held_bytes += len(separator) + piece_bytes
            last, separator = index, ""
    if held:
        parts.append(Part("".join(held), first, last))
    return parts


def _pieces(text: str, bytes_max: int) -> Iterator[str]:
    """Cut a text into pieces of at most `bytes_max`, after a newline or blank where one is near.

    No character is cut; a piece of nothing but white space is dropped.
    """
    if 4 * len(text) <= bytes_max:
        yield text
        return
    data = text.encode()
    start = 0
    while len(data) - start > bytes_max:
        end = start + bytes_max
        while data[end] & 0b1100_0000 == _CONTINUATION:
            end -= 1
        earliest = start + bytes_max * 3 // 4
        blank = data.rfind(b"\n", earliest, end)
        if blank < 0:
            blank = data.rfind(b" ", earliest, end)
        if blank >= 0:
            end = blank + 1
        piece = data[start:end].decode()
        if piece.strip():
            yield piece
        start = end
    rest = data[start:].decode()
    if rest.strip() or start == 0:
        yield rest
