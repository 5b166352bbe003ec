"""`ai-memory import FILE`: memories from a file of any known format, batch by batch.

Ids come from the file, so what was imported before is skipped: an interrupted import is resumed by
saying it again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ai_memory.adapters.system import SystemClock
from ai_memory.errors import AiMemoryError, ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, Flags, add_flags, path_of
from ai_memory.faces.cli.progress import Bar, wants_bar
from ai_memory.faces.codec import to_command, to_json
from ai_memory.faces.problems import EXIT_FAILED, EXIT_OK
from ai_memory.model.clock import to_rfc3339
from ai_memory.model.field import GLOBAL, check_namespace
from ai_memory.model.memory import TIERS
from ai_memory.operations.registry import Operation, by_cli

if TYPE_CHECKING:
    from ai_memory.adapters.formats import (
        ImportLine,
        ImportLink,
        ImportRecord,
        RecordStream,
        Remark,
    )
    from ai_memory.faces.cli.door import Door
    from ai_memory.faces.cli.parser import Parser

BATCH_RECORDS: Final = 200
BATCH_BYTES: Final = 64 * 1024
"""Of JSON: a second or few of embedding, so that the bar moves; one long memory goes alone."""
LINE_BATCH_RECORDS: Final = 512
LINE_BATCH_BYTES: Final = 1024 * 1024
"""Of an export's lines; mostly they bring what would have to be made."""

_VERBATIM: Final = ("ai-memory", "reference-db")
"""Formats whose records come over as they stand."""

_PROBLEMS_KEPT: Final = 1_000
_PROBLEMS_SHOWN: Final = 20
_NAMED_MAX: Final = 20
_PLACES_SHOWN: Final = 3


class Summary(msgspec.Struct, kw_only=True):
    """What became of a file.

    Attributes:
        format: What it was read as.
        total: Records and problems met.
        updated: Were here already, and the file had something newer.
        skipped: Are here already, with the same text.
        kept: Are here with another text that is no older, and were left as they are.
        gone: Were deleted here, and stay so.
        expired: Came with an end that is over: they are in the archive, or soon will be.
        renamed: New ones whose title was taken; the first of them by their new title.
        empty: Conversations and documents without text; nothing to store, nothing wrong.
        remarks: What was left out, changed or guessed, and where.
        problems: The first ones; `problems_count` counts all.
    """

    format: str
    imported: int = 0
    updated: int = 0
    skipped: int = 0
    linked: int = 0
    problems: list[Problem] = []
    problems_count: int = 0
    empty: int = 0
    total: int = 0
    kept: int = 0
    gone: int = 0
    expired: int = 0
    renamed_count: int = 0
    renamed: list[str] = []
    remarks: list[Remark] = []

    def count(self, result: dict[str, Any]) -> None:
        """Add what became of a batch."""
        for name in ("imported", "updated", "skipped", "linked", "kept", "gone", "expired"):
            setattr(self, name, getattr(self, name) + result.get(name, 0))
        renamed = [rename["title"] for rename in result.get("renamed", ())]
        self.renamed_count += len(renamed)
        self.renamed += renamed[: max(0, _NAMED_MAX - len(self.renamed))]

    def refuse(self, line: int, message: str) -> None:
        """Note a piece of the file that gave no memory."""
        self.problems_count += 1
        if len(self.problems) < _PROBLEMS_KEPT:
            self.problems.append(Problem(line=line, message=message))


class Problem(msgspec.Struct, kw_only=True):
    """A piece of the file that gave no memory."""

    line: int
    message: str


def configure(parser: Parser, name: str) -> None:
    """Declare the file and how to read it, and the global flags."""
    del name
    parser.describe(_description)
    parser.add_argument("file", metavar="FILE", nargs="?", help="A path, or `-` for stdin.")
    parser.add_argument("--format", metavar="NAME", help="Told by content unless given.")
    parser.add_argument("--unit", metavar="UNIT", help="What of a dialogue becomes one memory.")
    parser.add_argument(
        "-n", "--namespace", metavar="NAMESPACE", help="Put every memory here, whatever it says."
    )
    parser.add_argument(
        "--retention", metavar="TIER", help="Keep every memory so long: short, mid, long."
    )
    parser.add_argument(
        "--restamp",
        action="store_true",
        help="Of an export: make everything yours; whose it was stays in the metadata.",
    )
    parser.add_argument("--progress", action="store_true", help="Show the bar in any case.")
    add_flags(parser, tier_is_level=True)


def _description() -> str:
    from ai_memory.adapters.formats.detect import DESCRIPTIONS

    width = max(map(len, DESCRIPTIONS))
    known = "\n".join(f"  {name:{width}}  {text}" for name, text in DESCRIPTIONS.items())
    return (
        "Import memories or conversations. What is here already, by id, is skipped, so that saying "
        "it again\nresumes an interrupted import; a bad line is reported and never loses the rest."
        f"\n\nformats:\n{known}"
    )


def run(call: Call) -> int:
    """Import; 1 when the file held nothing but problems."""
    from ai_memory.adapters.formats import open_records
    from ai_memory.faces.cli.door import open_door
    from ai_memory.faces.cli.setting import home_of, settings

    options = call.options
    config = settings(call.flags)
    reading: dict[str, Any] = {
        name: options[name] for name in ("format", "unit", "namespace") if name in options
    }
    operation = by_cli(call.command)
    retention = options.get("retention")
    _check(options.get("namespace"), retention)
    with open_records(_source(options.get("file")), **reading) as records:
        _check_verbatim(records.format, options)
        importer = _Importer(
            operation,
            records,
            retention=retention,
            namespace=home_of(config) or GLOBAL,
            restamp="restamp" in options,
        )
        with open_door(call.flags, operation, config) as door:
            shown = wants_bar(asked="progress" in options, quiet=call.flags.quiet)
            clock = None if call.flags.quiet else SystemClock()
            with Bar("importing", records.total, unit="B", shown=shown, clock=clock) as bar:
                importer.run(door, bar)
    summary = importer.summary
    _show(summary, call.flags)
    return EXIT_FAILED if summary.problems_count == summary.total > 0 else EXIT_OK


def _source(file: str | None) -> Any:
    if file is None and not output.is_piped():
        raise ValidationFailed("FILE is required", hint="Name a file, or pipe one in with `-`.")
    if file is not None and file != "-":
        return path_of(file)
    if sys.stdin is None:
        raise ValidationFailed("stdin is closed", hint="Name a file.")
    return sys.stdin.buffer


def _check(namespace: str | None, retention: str | None) -> None:
    """Refuse a bad --namespace or --retention once, not once per record.

    Raises:
        ValidationFailed: It is one.
    """
    if namespace is not None:
        check_namespace(namespace)
    if retention is not None and retention not in TIERS:
        raise ValidationFailed(
            f"--retention '{retention[:80]}' is no tier",
            hint=f"Say {', '.join(TIERS)}.",
            field="retention",
        )


def _check_verbatim(name: str, options: dict[str, Any]) -> None:
    """Refuse what would change an export, and --restamp for what is none.

    Raises:
        ValidationFailed: It is asked for.
    """
    changing = [each for each in ("namespace", "retention") if each in options]
    if name in _VERBATIM and changing:
        raise ValidationFailed(
            f"--{changing[0]} does not go with {name}, which is taken in as it stands",
            hint="Leave it out; --restamp alone changes something: whose the memories are.",
        )
    if name not in _VERBATIM and "restamp" in options:
        raise ValidationFailed(
            f"--restamp is for {' and '.join(_VERBATIM)}, and this is {name}",
            hint="Leave it out; what is imported is yours unless the file says otherwise.",
        )


class _Importer:
    """Takes a file's records to a node in batches."""

    def __init__(
        self,
        operation: Operation,
        records: RecordStream,
        *,
        retention: str | None,
        namespace: str,
        restamp: bool,
    ) -> None:
        self.summary = Summary(format=records.format)
        self._operation = operation
        self._records = records
        self._tier = retention
        self._namespace = namespace
        self._batch: list[dict[str, Any]] = []
        self._lines: list[int] = []
        self._bytes = 0
        self._links: list[ImportLink] = []
        self._restamp = restamp
        self._texts: list[str] = []

    def run(self, door: Door, bar: Bar) -> None:
        """Import everything.

        Raises:
            AiMemoryError: The node failed; what was stored before stays.
        """
        from ai_memory.adapters.formats import ImportLine, ImportLink, ImportProblem

        try:
            for item in self._records:
                self.summary.total += 1
                if isinstance(item, ImportProblem):
                    excerpt = f" | {item.excerpt}" if item.excerpt else ""
                    self.summary.refuse(item.line, item.message + excerpt)
                    continue
                if isinstance(item, ImportLine):
                    self._add_line(item, door, bar)
                    continue
                if isinstance(item, ImportLink):
                    self._links.append(item)
                    continue
                self._add(item, door, bar)
            self._flush(door, bar)
            self._flush_lines(door, bar)
            self._link(door)
        except (AiMemoryError, KeyboardInterrupt):
            done = self.summary.imported + self.summary.updated
            output.note(
                f"{done} were imported and stay; the same command again imports the rest"
                if done
                else "nothing was imported yet; the same command begins again"
            )
            raise
        self.summary.remarks = self._records.remarks
        self.summary.empty = self._records.skipped

    def _add(self, record: ImportRecord, door: Door, bar: Bar) -> None:
        memory = self._memory(record)
        size = len(to_json(memory))
        if self._batch and self._bytes + size > BATCH_BYTES:
            self._flush(door, bar)
        self._batch.append(memory)
        self._lines.append(record.line)
        self._bytes += size
        if len(self._batch) >= BATCH_RECORDS:
            self._flush(door, bar)

    def _add_line(self, line: ImportLine, door: Door, bar: Bar) -> None:
        size = len(to_json(line.text))
        if self._texts and self._bytes + size > LINE_BATCH_BYTES:
            self._flush_lines(door, bar)
        self._texts.append(line.text)
        self._lines.append(line.line)
        self._bytes += size
        if len(self._texts) >= LINE_BATCH_RECORDS:
            self._flush_lines(door, bar)

    def _flush_lines(self, door: Door, bar: Bar) -> None:
        if self._texts:
            self._send({"records": self._texts, "restamp": self._restamp}, door, bar)
            self._texts = []

    def _link(self, door: Door) -> None:
        """Send the links, now that both ends of each have come."""
        for start in range(0, len(self._links), BATCH_RECORDS):
            batch = self._links[start : start + BATCH_RECORDS]
            fields = {"memories": [], "links": [_link_fields(link) for link in batch]}
            result = door.execute(self._operation, to_command(self._operation, fields))
            self.summary.linked += result["linked"]
            for refusal in result["errors"]:
                link = batch[refusal["index"]]
                name = link.target_title or link.target_id
                self.summary.refuse(link.line, f"link to '{name}': {refusal['message']}")

    def _memory(self, record: ImportRecord) -> dict[str, Any]:
        """A record as the command wants it; what the file leaves open is filled in."""
        memory = record.fields()
        memory.setdefault("namespace", self._namespace)
        if self._tier is not None:
            memory["tier"] = self._tier
        return memory

    def _flush(self, door: Door, bar: Bar) -> None:
        if self._batch:
            self._send({"memories": self._batch}, door, bar)
            self._batch = []

    def _send(self, fields: dict[str, Any], door: Door, bar: Bar) -> None:
        """Hand a batch over, and count what became of it."""
        result = door.execute(self._operation, to_command(self._operation, fields))
        self.summary.count(result)
        for refusal in result["errors"]:
            self.summary.refuse(self._lines[refusal["index"]], refusal["message"])
        self._lines, self._bytes = [], 0
        bar.reach(self._records.done, imported=self.summary.imported)


def _link_fields(link: ImportLink) -> dict[str, Any]:
    fields = {
        name: value
        for name in link.__struct_fields__
        if name not in ("line", "target_title") and (value := getattr(link, name)) is not None
    }
    for name in ("created_at", "valid_from", "valid_until"):
        if name in fields:
            fields[name] = to_rfc3339(fields[name])
    return fields


def _show(summary: Summary, flags: Flags) -> None:
    if flags.json:
        output.emit_json(summary)
        return
    for problem in summary.problems[:_PROBLEMS_SHOWN]:
        output.note(f"line {problem.line}: {problem.message}")
    more = summary.problems_count - _PROBLEMS_SHOWN
    if more > 0:
        output.note(f"… and {more} more problems")
    counted = {
        "imported": summary.imported,
        "updated": summary.updated,
        "linked": summary.linked,
        "skipped": summary.skipped,
        "problems": summary.problems_count,
    }
    said = [
        f"{name} {count}" + (" (already there)" if name == "skipped" else "")
        for name, count in counted.items()
        if count or name not in ("updated", "linked")
    ]
    said += [f"{summary.empty} without text"] if summary.empty else []
    output.emit(", ".join(said))
    for line in _details(summary):
        output.emit(line)


def _details(summary: Summary) -> Iterator[str]:
    """What a person should know beyond the counts; nothing for most imports."""
    if summary.kept:
        yield f"kept {summary.kept} as they are here: their text here is another, and no older"
    if summary.gone:
        yield f"left away {summary.gone} that were deleted here (`ai-memory archive list`)"
    if summary.expired:
        yield f"expired {summary.expired} by what the file says: they go to the archive"
    if summary.renamed_count:
        named = _places([f"'{title}'" for title in summary.renamed], summary.renamed_count)
        yield f"renamed {summary.renamed_count} whose title another memory has: {named}"
    words = {"read_as": "read as", "left_out": "left out:", "changed": "changed:"}
    for remark in summary.remarks:
        times = f"{remark.count} × " if remark.kind != "read_as" else ""
        places = _places(remark.where, remark.count)
        yield f"{words[remark.kind]} {times}{remark.what}: {places}"


def _places(places: list[str], count: int) -> str:
    shown = places[:_PLACES_SHOWN]
    more = ", …" if count > len(shown) and len(places) > len(shown) else ""
    return ", ".join(shown) + more
