"""The input: a file or an open stream, read once, front to back, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple, Self, TypeAlias

from ai_memory.adapters.formats import bound
from ai_memory.adapters.formats.folder import open_folder
from ai_memory.errors import ValidationFailed

Readable: TypeAlias = "str | os.PathLike[str] | BinaryIO"

_BOM: Final = b"\xef\xbb\xbf"
_KNOWN_FILES: Final = ("conversations.json", "corpus.jsonl", "cran.all.1400")


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
    ) -> None:
        self.path = path
        self.name = name
        self.total = total
        self.done = 0
        self.failure: str | None = None
        self._stream = stream
        self._owned = owned
        self._head: bytes | None = None

    @classmethod
    def open(cls, source: Readable) -> Source:
        """Open a file, or what a folder is known to keep its text in, or take an open stream.

        Raises:
            ValidationFailed: There is no such file, or it cannot be read.
        """
        if not isinstance(source, (str, os.PathLike)):
            return cls(source)
        path = Path(source)
        try:
            if path.is_dir() and not any((path / name).is_file() for name in _KNOWN_FILES):
                folder = open_folder(path)
                if folder is not None:
                    return cls(folder.stream, name=path.name, total=folder.total or None)
            if path.is_dir():
                path = _file_within(path)
            size = path.stat().st_size or None  # a device or pipe says 0
            return cls(path.open("rb"), name=path.name, total=size, owned=True, path=path)
        except (OSError, ValueError) as cause:
            reason = cause.strerror if isinstance(cause, OSError) else None
            raise ValidationFailed(
                f"cannot read {path}: {reason or cause}",
                hint="Give the path of a file, or `-` for the standard input.",
                field="path",
            ) from cause

    @property
    def head(self) -> bytes:
        """How the input begins, without a byte order mark; reading it consumes nothing."""
        if self._head is None:
            pieces: list[bytes] = []
            missing = bound.HEAD_BYTES
            while missing > 0 and (piece := self._read(missing)):
                pieces.append(piece)
                missing -= len(piece)
            self._head = b"".join(pieces)
        return self._head.removeprefix(_BOM)

    def lines(self) -> Iterator[Line]:
        """The lines, split at newlines; a carriage return before one is no part of the line."""
        number = 1
        held: list[bytes] = []
        held_bytes = 0
        for chunk in self._chunks():
            first, *others = chunk.split(b"\n")
            for following in others:
                yield _line(number, held, held_bytes, first)
                number += 1
                held, held_bytes = [], 0
                first = following
            held_bytes += len(first)
            if held_bytes <= bound.LINE_BYTES_MAX or not held:
                held.append(first)
        if held_bytes:
            yield _line(number, held, held_bytes, b"")

    def document(self) -> bytearray | None:
        """The whole input; None when it exceeds `DOCUMENT_BYTES_MAX`."""
        data = bytearray()
        for chunk in self._chunks():
            data += chunk
            if len(data) > bound.DOCUMENT_BYTES_MAX:
                return None
        return data

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
        while chunk:
            self.done += len(chunk)
            yield chunk
            chunk = self._read(bound.CHUNK_BYTES)

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size) or b""
        except (OSError, ValueError) as cause:
            self.failure = f"reading stopped: {cause}"
            return b""


def _line(number: int, held: list[bytes], held_bytes: int, end: bytes) -> Line:
    too_long = held_bytes + len(end) > bound.LINE_BYTES_MAX
    data = held[0][: 4 * bound.EXCERPT_CHARS_MAX] if too_long and held else b"".join((*held, end))
    return Line(number, data.removesuffix(b"\r"), too_long)


def _file_within(folder: Path) -> Path:
    for name in _KNOWN_FILES:
        if (folder / name).is_file():
            return folder / name
    raise ValidationFailed(
        f"{folder} is a folder without a file to import",
        hint=f"Name the file. A folder is read when it has {', '.join(_KNOWN_FILES)}, "
        "Markdown notes, or the channels of a Slack export.",
        field="path",
    )
