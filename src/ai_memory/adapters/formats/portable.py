"""What `ai-memory export` writes: a manifest, records, an end record.

The records go to the node as they stand, which checks each of them; here the file as a whole is
judged: whether this program knows its version, and whether it is all there.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ai_memory import typed
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import ImportLine, ImportProblem, Item
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt
from ai_memory.errors import ValidationFailed
from ai_memory.model.record import FORMAT_VERSION, Manifest, read_line


def read(source: Source, options: Options) -> Iterator[Item]:
    """The lines of an export.

    Raises:
        ValidationFailed: A newer program wrote it.
    """
    del options  # an export is taken in as it stands
    found = 0
    number = 1
    end: dict[str, int] | None = None
    for line in source.lines():
        number = line.number
        if not line.data.strip():
            continue
        if line.too_long:
            yield ImportProblem(line=number, message="the line is too long for a record")
        elif line.data.startswith(b'{"format":') and not found:
            problem = _manifest_problem(line.data)
            if problem is not None:
                yield ImportProblem(line=number, message=problem, excerpt=excerpt(line.data))
        elif line.data.startswith(b'{"kind":"end"'):
            end = _end(line.data)
        else:
            found += 1
            yield ImportLine(line=number, text=line.data.decode("utf-8", "replace"))
    if source.failure is not None:
        yield ImportProblem(line=number, message=source.failure)
    elif end is None:
        message = f"the export is cut off: {found} records, and no end record behind them"
        yield ImportProblem(line=number, message=message)
    elif sum(end.values()) != found:
        message = f"the export is not whole: {found} of {sum(end.values())} records are there"
        yield ImportProblem(line=number, message=message)


def _manifest_problem(data: bytes) -> str | None:
    try:
        manifest = typed.decode_json(data, Manifest)
    except msgspec.DecodeError as cause:
        return f"the manifest cannot be read: {cause}"
    if manifest.version > FORMAT_VERSION:
        raise ValidationFailed(
            f"the export has version {manifest.version}, this program knows {FORMAT_VERSION}",
            hint="Import it with a newer ai-memory.",
        )
    return None


def _end(data: bytes) -> dict[str, int] | None:
    """The counts of an end record; None if it is damaged."""
    try:
        records = typed.decode_json(read_line(data).data, dict[str, dict[str, int]])
    except (msgspec.DecodeError, ValueError):
        return None
    return records.get("records")
