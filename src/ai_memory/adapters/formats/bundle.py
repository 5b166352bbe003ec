"""Many files that belong together: a folder, or a ZIP archive as it was downloaded.

Names within are relative and used as names only; nothing is unpacked anywhere. Symbolic links and
what is no file are not followed. What an archive claims about itself is checked against bounds, so
that a small file cannot become an endless one.
"""

from __future__ import annotations

import io
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, NamedTuple, Protocol

from ai_memory.adapters.formats import bound
from ai_memory.adapters.formats.remark import Remarks
from ai_memory.adapters.formats.source import Source
from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import SECOND, Micros

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOISE: Final = frozenset(("__MACOSX", "Thumbs.db", "desktop.ini", "node_modules"))


class Member(NamedTuple):
    """One file of a bundle.

    Attributes:
        path: Its name, relative; never absolute, never with `..`.
        size: Bytes.
        modified_at: When it was last written, as far as known.
    """

    path: PurePosixPath
    size: int
    modified_at: Micros | None
    opened: Callable[[], BinaryIO]


class Closing(Protocol):
    """Something to be closed in the end."""

    def close(self) -> None:
        """Close it."""


class Bundle:
    """The files of a folder or an archive, by name.

    Attributes:
        name: Of the folder, or of the archive without its ending.
        members: In the order of their paths.
        total: Bytes of those that are read; `done`: bytes behind us.
        remarks: Where what is not read is noted.
    """

    def __init__(
        self, name: str, members: list[Member], remarks: Remarks, *, held: Sequence[Closing] = ()
    ) -> None:
        self.name = name
        self.members = sorted(members, key=lambda member: member.path.parts)
        self.remarks = remarks
        self.total = sum(member.size for member in members)
        self._held = held
        self._behind = 0
        self._current: Source | None = None

    @property
    def done(self) -> int:
        """Bytes behind us."""
        current = self._current
        return self._behind + (0 if current is None else min(current.done, current.total or 0))

    def choose(self, wanted: list[Member]) -> None:
        """Read only these; the others are named as left out."""
        kept = {member.path for member in wanted}
        for member in self.members:
            if member.path not in kept:
                self.remarks.left_out("file", str(member.path))
        self.members = [member for member in self.members if member.path in kept]
        self.total = sum(member.size for member in self.members)

    def source(self, member: Member) -> Source:
        """Open a file; the one before is closed.

        Raises:
            ValidationFailed: It cannot be read.
        """
        self._leave()
        try:
            self._current = self._opened(member, self.remarks)
        except ValidationFailed:
            self._behind += member.size
            raise
        return self._current

    def peek(self, member: Member) -> Source:
        """Open a file to see what it is; whoever asks closes it."""
        return self._opened(member, Remarks())

    def _opened(self, member: Member, remarks: Remarks) -> Source:
        try:
            stream = member.opened()
        except (
            OSError,
            ValueError,
            RuntimeError,
            NotImplementedError,
            zipfile.BadZipFile,
        ) as cause:
            raise ValidationFailed(
                f"{member.path} cannot be read: {cause}", field="path"
            ) from cause
        return Source(
            stream,
            name=member.path.name,
            total=member.size,
            owned=True,
            place=str(member.path),
            modified_at=member.modified_at,
            remarks=remarks,
        )

    def close(self) -> None:
        """Close what is open."""
        self._leave()
        _close(self._held)

    def _leave(self) -> None:
        if self._current is not None:
            self._behind += self._current.total or 0
            self._current.close()
            self._current = None


def open_folder(folder: Path) -> Bundle:
    """The files of a folder and of the folders in it; hidden ones are passed over.

    Raises:
        OSError: The folder cannot be read.
    """
    remarks = Remarks()
    members: list[Member] = []
    for path in _files(folder, folder, remarks):
        if len(members) >= bound.BUNDLE_FILES_MAX:
            raise ValidationFailed(
                f"{folder} holds more than {bound.BUNDLE_FILES_MAX} files",
                hint="Import the folders in it one by one.",
                field="path",
            )
        found = path.stat()
        members.append(
            Member(
                PurePosixPath(path.relative_to(folder).as_posix()),
                found.st_size,
                found.st_mtime_ns // 1_000,
                _opener(path),
            )
        )
    return Bundle(folder.resolve().name, members, remarks)


def _files(root: Path, folder: Path, remarks: Remarks) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if _is_noise(entry.name):
            continue
        if entry.is_symlink():
            remarks.left_out("symbolic link", path.relative_to(root).as_posix())
        elif entry.is_dir(follow_symlinks=False):
            yield from _files(root, path, remarks)
        elif entry.is_file(follow_symlinks=False):
            yield path
        else:
            remarks.left_out("thing that is no file", path.relative_to(root).as_posix())


def _opener(path: Path) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        # Between the listing and now somebody may have put a link or a pipe there.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError("it is no file any more")
        return os.fdopen(descriptor, "rb")

    return opened


def open_archive(stream: BinaryIO, name: str, *, owned: bool) -> Bundle:
    """The files of a ZIP archive.

    Args:
        stream: At its start; one that cannot seek is copied to a temporary file first.
        name: What to call it.
        owned: Close the stream with the bundle.

    Raises:
        ValidationFailed: It is damaged, or would become larger than it should.
    """
    held: list[Closing] = [stream] if owned else []
    try:
        if not _seeks(stream):
            stream = _copied(stream)
            held.append(stream)
        archive = zipfile.ZipFile(stream)
        held.insert(0, archive)
        return _of_archive(archive, name, held)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as cause:
        _close(held)
        raise ValidationFailed(
            f"{name or 'the input'} is no readable ZIP archive: {cause}",
            hint="Download it again, or unpack it and import the folder.",
            field="path",
        ) from cause
    except ValidationFailed:
        _close(held)
        raise


def _close(held: Sequence[Closing]) -> None:
    for each in held:
        each.close()


def _of_archive(archive: zipfile.ZipFile, name: str, held: Sequence[Closing]) -> Bundle:
    remarks = Remarks()
    infos = [info for info in archive.infolist() if not info.is_dir()]
    _check(infos, name)
    members: list[Member] = []
    for info in infos:
        path = _safe(info.filename)
        if any(map(_is_noise, path.parts)):
            continue
        if info.flag_bits & 0x1:
            remarks.left_out("encrypted file", str(path))
        elif stat.S_ISLNK(info.external_attr >> 16):
            remarks.left_out("symbolic link", str(path))
        else:
            members.append(Member(path, info.file_size, _written(info), _unpacker(archive, info)))
    top = {member.path.parts[0] for member in members}
    if len(top) == 1 and all(len(member.path.parts) > 1 for member in members):
        name = top.pop()  # a folder that was zipped: as if the folder were named
        members = [m._replace(path=m.path.relative_to(name)) for m in members]
    return Bundle(name, members, remarks, held=held)


def _check(infos: list[zipfile.ZipInfo], name: str) -> None:
    whole = sum(info.file_size for info in infos)
    for fault, wrong in (
        (f"more than {bound.BUNDLE_FILES_MAX} files", len(infos) > bound.BUNDLE_FILES_MAX),
        (f"more than {bound.ZIP_BYTES_MAX // 2**30} GiB", whole > bound.ZIP_BYTES_MAX),
        (
            "a file that grows more than real text does when it is unpacked",
            any(
                info.file_size > bound.ZIP_PLAIN_BYTES
                and info.file_size > info.compress_size * bound.ZIP_RATIO_MAX
                for info in infos
            ),
        ),
    ):
        if wrong:
            raise ValidationFailed(
                f"{name or 'the archive'} holds {fault}",
                hint="If you trust it, unpack it and import the folder.",
                field="path",
            )


def _unpacker(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        # `ZipExtFile` gives no more than the archive's directory said, which was checked.
        return io.BufferedReader(_Unpacked(archive.open(info)))

    return opened


class _Unpacked(io.RawIOBase):
    """A file of an archive, whose damage is told like that of a disk."""

    def __init__(self, stream: object) -> None:
        super().__init__()
        self._stream: BinaryIO = stream  # type: ignore[assignment]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        import zlib

        try:
            data = self._stream.read(len(buffer))
        except (zlib.error, EOFError, zipfile.BadZipFile, NotImplementedError) as cause:
            raise OSError(f"the archive is damaged: {cause}") from cause
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _safe(name: str) -> PurePosixPath:
    """A name within the archive, which is a path on nobody's disk."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return PurePosixPath(*(parts or ["unnamed"]))


def _written(info: zipfile.ZipInfo) -> Micros | None:
    """Local time of whoever made the archive, whose zone it does not say."""
    try:
        moment = datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return None
    if moment.year <= 1980:
        return None  # the least the format can say: nobody set it
    return int((moment - _EPOCH).total_seconds()) * SECOND


def _is_noise(name: str) -> bool:
    return name.startswith(".") or name in _NOISE


def _seeks(stream: BinaryIO) -> bool:
    try:
        return stream.seekable()
    except (AttributeError, ValueError, OSError):
        return False


def _copied(stream: BinaryIO) -> BinaryIO:
    copy = tempfile.SpooledTemporaryFile(bound.ZIP_PLAIN_BYTES)  # noqa: SIM115  (the archive's)
    shutil.copyfileobj(stream, copy, bound.CHUNK_BYTES)
    copy.seek(0)
    return copy  # type: ignore[return-value]
