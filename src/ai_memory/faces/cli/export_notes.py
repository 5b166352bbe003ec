"""`ai-memory export --format markdown DIR`: the lines of an export, written out as notes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ai_memory.adapters.formats.notes import NoteWriter
from ai_memory.adapters.private import make_folder
from ai_memory.adapters.replacement import put, sync_all, workshop
from ai_memory.adapters.system import SystemClock
from ai_memory.errors import Conflict, StoreUnavailable, ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, path_of
from ai_memory.faces.cli.door import open_door
from ai_memory.faces.cli.progress import Bar, wants_bar
from ai_memory.faces.cli.setting import settings
from ai_memory.faces.codec import to_command
from ai_memory.faces.problems import EXIT_OK
from ai_memory.operations.registry import Operation

_END = b'{"kind":"end"'


def export_notes(call: Call, operation: Operation) -> int:
    """Write a folder of notes; it gets its name when all are there.

    Raises:
        Conflict: Something is there.
        ValidationFailed: It cannot be written, or no folder is named.
    """
    target = call.options.get("file")
    if target is None or target == "-":
        raise ValidationFailed("notes need a folder", hint="Name it: export --format markdown DIR.")
    folder = path_of(target)
    refusal = Conflict(f"{target} is there already", hint="Name a new or an empty folder.")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise refusal
    try:
        make_folder(folder.parent)
        with workshop(folder) as room:
            made = room / "notes"
            make_folder(made)
            notes = _write(call, operation, made)
            sync_all()
            put(made, folder, over=False)
    except FileExistsError as cause:
        raise refusal from cause
    except OSError as cause:
        raise ValidationFailed(
            f"cannot write {target}: {cause.strerror or cause}", field="file"
        ) from cause
    if call.flags.json:
        output.emit_json({"folder": target, "notes": notes.notes, "links": notes.links})
    else:
        output.emit(f"wrote {notes.notes} notes with {notes.links} relations to {target}")
    return EXIT_OK


def _write(call: Call, operation: Operation, folder: Path) -> NoteWriter:
    notes = NoteWriter(folder, SystemClock().now())
    shown = wants_bar(asked="progress" in call.options, quiet=call.flags.quiet)
    with (
        open_door(call.flags, operation, settings(call.flags)) as door,
        closing(door.stream(operation, to_command(operation, {}))) as pieces,
        Bar("writing", None, unit="notes", shown=shown) as bar,
    ):
        for lines in _whole_lines(pieces):
            notes.write(lines)
            bar.reach(notes.notes)
    notes.close()
    return notes


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[list[bytes]]:
    """The lines of each piece; one that two pieces share comes with the second.

    Raises:
        StoreUnavailable: The last is missing.
    """
    held = last = b""
    for piece in pieces:
        *lines, held = (held + piece).split(b"\n")
        last = lines[-1] if lines else last
        yield lines
    if held or not last.startswith(_END):
        raise StoreUnavailable("the export broke off before its end", hint="Say it again.")
