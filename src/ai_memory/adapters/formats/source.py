"""The input: a file or an open stream, read once, front to back, in bounded memory.

Whatever its encoding, readers see UTF-8; `remarks` says what it was, if it was another.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple, Self, TypeAlias

from ai_memory.adapters.formats import bound
from ai_memory.adapters.formats.encoding import Transcoder, decode_text, encoding_of
from ai_memory.adapters.formats.remark import Remarks
from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import Micros

Readable: TypeAlias = "str | os.PathLike[str] | BinaryIO"

_DATA_SETS: Final = ("corpus.jsonl", "cran.all.1400", "cran.all.1400.xml")
_CASES: Final = ("memories.jsonl", "questions.jsonl")
_BINARY: Final = (b"SQLite format 3\x00", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b")


class Line(NamedTuple):
    """One line of the input without its line break.

    Attributes:
        number: From 1.
        data: How it begins, where it is too long.
        too_long: It exceeds `LINE_BYTES_MAX`.
    """

    number: int
    data: bytes
    too_long: bool


class Source:
    """An input being read.

    Attributes:
        path: Where the file is; None for a stream.
        name: The file's name, for messages and for what its ending tells; empty for a stream.
        place: Where it is, for a reader of the summary.
        modified_at: When it was last written, as far as known.
        remarks: What is to be said of it.
        total: Bytes in all; None when nobody knows.
        done: Bytes behind us.
        failure: Why reading stopped before the end.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        name: str = "",
        total: int | None = None,
        owned: bool = False,
        path: Path | None = None,
        place: str = "",
        modified_at: Micros | None = None,
        remarks: Remarks | None = None,
    ) -> None:
        self.path = path
        self.place = place or name or "the input"
        self.modified_at = modified_at
        self.remarks = Remarks() if remarks is None else remarks
        self.name = name
        self.total = total
        self.done = 0
        self.failure: str | None = None
        self._stream = stream
        self._owned = owned
        self._head: bytes | None = None
        self._head_bytes = 0
        self._ended = False
        self._transcoder: Transcoder | None = None

    @classmethod
    def open(cls, source: Readable) -> Source:
        """Open a file, or the text of a data set in a folder, or take an open stream.

        Raises:
            ValidationFailed: There is no such file, or it cannot be read.
        """
        if not isinstance(source, (str, os.PathLike)):
            return cls(source)
        path = Path(source)
        try:
            if path.is_dir():
                path = data_set_within(path) or _nothing_within(path)
            found = path.stat()
            return cls(
                path.open("rb"),
                name=path.name,
                total=found.st_size or None,  # a device or pipe says 0
                owned=True,
                path=path,
                modified_at=found.st_mtime_ns // 1_000,
            )
        except (OSError, ValueError) as cause:
            raise unreadable(path, cause) from cause

    @property
    def head(self) -> bytes:
        """How the input begins, as UTF-8 without a byte order mark; reading it consumes nothing."""
        if self._head is None:
            pieces: list[bytes] = []
            missing = bound.HEAD_BYTES
            while missing > 0 and (piece := self._read(missing)):
                pieces.append(piece)
                missing -= len(piece)
            self._ended = missing > 0
            self._head = self._understood(b"".join(pieces))
        return self._head

    def _understood(self, head: bytes) -> bytes:
        """The head as UTF-8; from here on all that follows is read as it was."""
        self._head_bytes = len(head)
        if head.startswith(_BINARY):
            return head
        encoding, mark = encoding_of(head, whole=self._ended)
        if encoding == "utf-8":
            return head[mark:]
        self.remarks.read_as(encoding, self.place)
        self._transcoder = Transcoder(encoding)
        return self._transcoder.feed(head[mark:], final=self._ended)

    def lines(self) -> Iterator[Line]:
        """The lines, split at newlines; a carriage return before one is no part of the line."""
        number = 1
        held: list[bytes] = []
        held_bytes = 0
        line = self._line
        for chunk in self._chunks():
            first, *others = chunk.split(b"\n")
            for following in others:
                yield line(number, held, held_bytes, first)
                number += 1
                held, held_bytes = [], 0
                first = following
            held_bytes += len(first)
            if held_bytes <= bound.LINE_BYTES_MAX or not held:
                held.append(first)
        if held_bytes:
            yield line(number, held, held_bytes, b"")

    def document(self) -> bytearray | None:
        """The whole input, UTF-8; None when it exceeds `DOCUMENT_BYTES_MAX`."""
        data = bytearray()
        decoder = codecs.getincrementaldecoder("utf-8")()
        good = True
        for chunk in self._chunks():
            data += chunk
            if len(data) > bound.DOCUMENT_BYTES_MAX:
                return None
            try:
                good = good and (chunk.isascii() or decoder.decode(chunk) is not None)
            except UnicodeDecodeError:
                good = False
        if good and not decoder.getstate()[0]:
            return data
        found = decode_text(bytes(data))
        self.remarks.read_as(found.encoding, self.place)
        return bytearray(found.text.encode("utf-8", "replace"))

    def close(self) -> None:
        """Close the file, if it was opened here; a stream stays its owner's."""
        if self._owned:
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _chunks(self) -> Iterator[bytes]:
        chunk = self.head
        self.done += self._head_bytes
        if chunk:
            yield chunk
        while not self._ended:
            raw = self._read(bound.CHUNK_BYTES)
            self._ended = not raw
            self.done += len(raw)
            chunk = raw
            if self._transcoder is not None:
                chunk = self._transcoder.feed(raw, final=self._ended)
            if chunk:
                yield chunk

    def _line(self, number: int, held: list[bytes], held_bytes: int, end: bytes) -> Line:
        too_long = held_bytes + len(end) > bound.LINE_BYTES_MAX
        cut = 4 * bound.EXCERPT_CHARS_MAX
        data = held[0][:cut] if too_long and held else b"".join((*held, end))
        data = data.removesuffix(b"\r")
        if not data.isascii() and not too_long:
            try:
                data.decode()
            except UnicodeDecodeError:
                found = decode_text(data)
                self.remarks.read_as(found.encoding, f"{self.place}, line {number}")
                data = found.text.encode("utf-8", "replace")
        return Line(number, data, too_long)

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size) or b""
        except (OSError, ValueError) as cause:
            self.failure = f"reading stopped: {cause}"
            return b""


def data_set_within(folder: Path) -> Path | None:
    """The file a data set keeps its text in, if the folder is one."""
    if all((folder / name).is_file() for name in _CASES):
        return folder / _CASES[0]
    return next((folder / name for name in _DATA_SETS if (folder / name).is_file()), None)


def unreadable(path: Path, cause: OSError | ValueError) -> ValidationFailed:
    """The error that a path cannot be read."""
    reason = cause.strerror if isinstance(cause, OSError) else None
    return ValidationFailed(
        f"cannot read {path}: {reason or cause}",
        hint="Give the path of a file or folder, or `-` for the standard input.",
        field="path",
    )


def _nothing_within(folder: Path) -> Path:
    raise ValidationFailed(
        f"{folder} is a folder without a data set",
        hint=f"Name the file, or a folder with {' or '.join(_DATA_SETS)}.",
        field="path",
    )
