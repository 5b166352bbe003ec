"""A folder of notes or of a Slack export, as one stream of JSON lines, file by file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Folder(NamedTuple):
    """What a folder holds.

    Attributes:
        stream: Lines, one per file, made as they are read.
        total: Bytes of the files.
    """

    stream: io.BufferedReader
    total: int


def open_folder(folder: Path) -> Folder | None:
    """The notes or channels of a folder; None when it holds neither."""
    notes = sorted(
        path
        for path in folder.rglob("*.md")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if notes:
        return _folder(_notes(folder, notes), notes)
    days = sorted(folder.glob("*/*.json"))
    if days and (folder / "users.json").is_file():
        return _folder(_slack(folder, days), days)
    return None


def _folder(lines: Iterator[bytes], files: list[Path]) -> Folder:
    return Folder(io.BufferedReader(_Lines(lines)), sum(path.stat().st_size for path in files))


def _notes(folder: Path, notes: list[Path]) -> Iterator[bytes]:
    for path in notes:
        text = path.read_text(encoding="utf-8", errors="replace")
        name = path.relative_to(folder).as_posix()
        yield _line({"markdown_path": name, "markdown_text": text})


def _slack(folder: Path, days: list[Path]) -> Iterator[bytes]:
    users = (folder / "users.json").read_text(encoding="utf-8", errors="replace").strip()
    yield b'{"slack_users": ' + _compact(users) + b"}\n"
    for path in days:
        messages = path.read_text(encoding="utf-8", errors="replace").strip()
        head = _line({"slack_channel": path.parent.name, "slack_day": path.stem})[:-2]
        yield head + b', "slack_messages": ' + _compact(messages) + b"}\n"


def _compact(text: str) -> bytes:
    """JSON on one line; what is none stays, and becomes a problem of its line."""
    try:
        return json.dumps(json.loads(text)).encode()
    except ValueError:
        return " ".join(text.split()).encode()


def _line(value: dict[str, str]) -> bytes:
    return json.dumps(value).encode() + b"\n"


class _Lines(io.RawIOBase):
    """A readable stream over an iterator of bytes."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        super().__init__()
        self._lines = lines
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._held:
            line = next(self._lines, None)
            if line is None:
                return 0
            self._held = line
        taken = self._held[: len(buffer)]
        self._held = self._held[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)
