"""`ai-memory export [FILE]`: everything a store says, in a file or on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import msgspec

from ai_memory import typed
from ai_memory.adapters.replacement import replacing
from ai_memory.errors import Conflict, StoreUnavailable, ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, add_flags, path_of
from ai_memory.faces.cli.progress import Bar, wants_bar
from ai_memory.faces.codec import to_command
from ai_memory.faces.problems import EXIT_OK
from ai_memory.model.record import Manifest
from ai_memory.operations.registry import by_cli

if TYPE_CHECKING:
    from ai_memory.faces.cli.parser import Parser

_FORMATS: Final = {
    "ai-memory": "everything, line by line: `ai-memory import` takes it in as it stands",
    "reference": "one JSON object {memories, links, count, exported_at} of what is live",
    "markdown": "a folder of notes to read, one per live memory, with its relations",
}
_NOTES: Final = "markdown"
_END: Final = b'{"kind":"end"'


class Summary(msgspec.Struct, kw_only=True):
    """What was written."""

    file: str
    format: str
    bytes: int
    lines: int


def configure(parser: Parser, name: str) -> None:
    """Declare the file and what to write, and the global flags."""
    del name
    parser.describe(_description)
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="Where to (a folder for markdown); stdout unless given.",
    )
    parser.add_argument("--format", metavar="NAME", help="ai-memory unless given.")
    parser.add_argument("--vectors", action="store_true", help="The vectors too; twice as long.")
    parser.add_argument("--force", action="store_true", help="Replace FILE if it is there.")
    parser.add_argument("--progress", action="store_true", help="Show the bar in any case.")
    add_flags(parser, tier_is_level=True)


def _description() -> str:
    width = max(map(len, _FORMATS))
    known = "\n".join(f"  {name:{width}}  {text}" for name, text in _FORMATS.items())
    return (
        "Export everything as it stands at this moment, while others go on storing. The file is "
        f"complete when its\nlast line says so.\n\nformats:\n{known}"
    )


def run(call: Call) -> int:
    """Export to a file, which appears when it is whole, or to stdout."""
    from ai_memory.faces.cli.door import open_door
    from ai_memory.faces.cli.setting import settings

    options = call.options
    operation = by_cli(call.command)
    fields: dict[str, Any] = {
        name: options[name] for name in ("format", "vectors") if name in options
    }
    if fields.get("format") == _NOTES:
        from ai_memory.faces.cli.export_notes import export_notes

        return export_notes(call, operation)
    command = to_command(operation, fields)
    name = str(fields.get("format", "ai-memory"))
    target = options.get("file")
    shown = wants_bar(asked="progress" in options, quiet=call.flags.quiet)
    with (
        open_door(call.flags, operation, settings(call.flags)) as door,
        closing(door.stream(operation, command)) as pieces,  # when nobody reads on, too
    ):
        if target is None or target == "-":
            if sys.stdout is not None:
                _write(pieces, sys.stdout.buffer, name, shown=shown)
            return EXIT_OK
        with _file(path_of(target), replace="force" in options) as file:
            size, lines = _write(pieces, file, name, shown=shown)
    summary = Summary(file=str(target), format=name, bytes=size, lines=lines)
    if call.flags.json:
        output.emit_json(summary)
    else:
        output.emit(f"exported {lines} lines, {size:,} bytes to {target}")
    return EXIT_OK


def _write(pieces: Iterator[bytes], file: BinaryIO, name: str, *, shown: bool) -> tuple[int, int]:
    """Write the pieces; bytes and lines.

    Raises:
        StoreUnavailable: The node broke off.
    """
    size = lines = 0
    last = b""
    bar: Bar | None = None
    try:
        for piece in pieces:
            if bar is None:
                bar = Bar("exporting", _expected(piece), unit="records", shown=shown)
            file.write(piece)
            size += len(piece)
            lines += piece.count(b"\n")
            last = (last + piece)[-4_096:]
            bar.reach(lines)
        file.flush()
    finally:
        if bar is not None:
            bar.close()
    if name == "ai-memory" and not last.splitlines()[-1].startswith(_END):
        raise StoreUnavailable("the export broke off before its end", hint="Say it again.")
    return size, lines


def _expected(piece: bytes) -> int | None:
    """How many lines the manifest promises; None without one."""
    try:
        manifest = typed.decode_json(piece.partition(b"\n")[0], Manifest)
    except msgspec.DecodeError:
        return None
    return sum(manifest.records.values()) + 2


@contextmanager
def _file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """A file that appears under its name when it is whole and on the disk.

    Raises:
        Conflict: There is one already.
        ValidationFailed: It cannot be written.
    """
    refusal = Conflict(f"{path} exists", hint="Name another file, or say --force.")
    if path.exists() and not replace:
        raise refusal
    try:
        with replacing(path, over=replace) as file:
            yield file
    except FileExistsError as cause:
        raise refusal from cause
    except OSError as cause:
        raise ValidationFailed(
            f"cannot write {path}: {cause.strerror or cause}", field="file"
        ) from cause
