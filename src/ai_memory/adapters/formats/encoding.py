"""Bytes that somebody wrote somewhere, as text: the one place that decides on an encoding.

A byte order mark decides, then whether the bytes are UTF-8, then where the zeros are (UTF-16
and UTF-32 without a mark). What is left is a code page, and charset-normalizer compares how
probable each makes the text. It is a guess, so whoever asks is told which one was taken.
"""

from __future__ import annotations

import codecs
import unicodedata
from typing import Final, NamedTuple

from ai_memory.adapters.formats import bound

_MARKS: Final = (  # the longer first: the mark of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_LATIN: Final = ["cp1252", "cp1250", "cp1254"]
_OTHERS: Final = [
    "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874",
    "cp932", "euc_jp", "gb18030", "big5", "cp949",
]  # fmt: skip
_COHERENCE_MARGIN: Final = 0.02  # by which another Latin page must look more like a language
_FOREIGN_MIN: Final = 4  # letters that a language can be told by
_CONTROL: Final = sorted(set(range(0x20)) - set(b"\t\n\f\r\x1b"))
_BLOCKS_MAX: Final = 6  # of 256 characters each, that a text without ideographs is written in


class Decoded(NamedTuple):
    """Text, and how its bytes were read.

    Attributes:
        encoding: A name Python knows; `utf-8` for what needs no remark.
    """

    text: str
    encoding: str


def decode_text(data: bytes) -> Decoded:
    """Read bytes in the encoding they are most probably in; a byte order mark is dropped."""
    encoding, mark = encoding_of(data)
    body = data[mark:]
    try:
        return Decoded(body.decode(encoding), encoding)
    except UnicodeDecodeError:
        return Decoded(body.decode(encoding, _lenient(encoding)), f"{encoding}, damaged")


def encoding_of(data: bytes, *, whole: bool = True) -> tuple[str, int]:
    """Name the encoding of bytes, and the length of their byte order mark.

    Args:
        data: A text, or how it begins.
        whole: Nothing follows; else a character may be cut at the end.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark) and (encoding != "utf-8" or _is_utf8(data, whole=whole)):
            return encoding, len(mark)
    mark_bytes = 3 if data.startswith(codecs.BOM_UTF8) else 0
    sample = data[mark_bytes : mark_bytes + bound.ENCODING_SAMPLE_BYTES]
    wide = _wide(sample) if any(map(sample.count, _CONTROL)) else None
    if wide is not None:
        return wide, mark_bytes
    if _is_utf8(data, whole=whole):
        return "utf-8", mark_bytes
    if _mostly_utf8(data):
        return "utf-8", mark_bytes
    return _code_page(_telling(data, mark_bytes)), mark_bytes


class Transcoder:
    """Turns the bytes of a stream into UTF-8, piece by piece."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)(_lenient(encoding))

    def feed(self, data: bytes, *, final: bool = False) -> bytes:
        """The UTF-8 of the next piece; half a character waits for its rest."""
        return self._decoder.decode(data, final).encode("utf-8", "replace")


def _lenient(encoding: str) -> str:
    """How to go on behind a byte that cannot be: as Western text where single bytes are text."""
    return "replace" if encoding in _WIDE else _AS_LATIN


def _as_latin(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    try:
        return bad.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return bad.decode("latin-1"), error.end


_AS_LATIN: Final = "ai_memory.as_latin"
codecs.register_error(_AS_LATIN, _as_latin)


def _is_utf8(data: bytes, *, whole: bool) -> bool:
    if data.isascii():
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, whole)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(data: bytes) -> bool:
    """Whether UTF-8 was damaged or mixed with something: most of what is not ASCII is UTF-8."""
    sample = data[: bound.ENCODING_SAMPLE_BYTES]
    text = sample.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(1 for char in text if char > "\x7f" and char != "\ufffd")
    return good >= bad


def _wide(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: text when read so, and bytes no other text has."""
    for encoding in ("utf-32-le", "utf-32-be"):
        text = _text(sample, encoding, 4)
        if text and _readable(text):
            return encoding
    eight_bit = _is_utf8(sample, whole=False)
    zeros = sample.count(0)
    found: list[tuple[int, str]] = []
    for encoding, at in (("utf-16-le", 1), ("utf-16-be", 0)):
        here = sample[at::2].count(0)
        text = _text(sample, encoding, 2) if here >= zeros - zeros // 8 else ""
        if not text or not _readable(text):
            continue  # or the zeros stand where the others should
        blocks = len({ord(char) >> 8 for char in text})
        # ASCII with a stray control character is no UTF-16: its pairs would be of every script.
        few = blocks <= _BLOCKS_MAX and 4 * _controls(sample) >= len(sample)
        if few or 4 * here >= len(sample) or not eight_bit:
            found.append((blocks, encoding))
    return min(found)[1] if found else None


def _text(sample: bytes, encoding: str, width: int) -> str:
    cut = sample[: len(sample) // width * width]
    try:
        return codecs.getincrementaldecoder(encoding)().decode(cut, False)
    except UnicodeDecodeError:
        return ""


def _readable(text: str) -> bool:
    """Whether text is made of such characters; other bytes read in pairs give any."""
    odd = sum(
        char not in "\t\n\r\f" and unicodedata.category(char) in ("Cn", "Co", "Cs", "Cc")
        for char in text
    )
    return odd * 50 <= len(text)


def _controls(sample: bytes) -> int:
    return sum(map(sample.count, _CONTROL))


def _telling(data: bytes, start: int) -> bytes:
    """A piece of the data around the first byte that is not ASCII."""
    at = start
    while at < len(data) and data[at : at + 4096].isascii():
        at += 4096
    at = max(start, at - 256)
    return data[at : at + bound.ENCODING_SAMPLE_BYTES]


def _code_page(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    foreign = sum(byte > 0x7F for byte in sample)
    letters = sum(1 for byte in sample if byte < 0x80 and chr(byte).isalpha())
    latin = foreign < letters
    matches = from_bytes(sample, cp_isolation=_LATIN if latin else _OTHERS)
    best = matches.best()
    if best is None:
        return "cp1252" if _decodes(sample, "cp1252") else "latin-1"
    if not latin:
        return best.encoding
    if not _decodes(sample, "cp1252"):
        return best.encoding
    western = next((match for match in matches if match.encoding == "cp1252"), None)
    if foreign < _FOREIGN_MIN or str(best) == sample.decode("cp1252") or not best.coherence:
        return "cp1252"
    if western is not None and western.coherence >= best.coherence - _COHERENCE_MARGIN:
        return "cp1252"
    return best.encoding


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
