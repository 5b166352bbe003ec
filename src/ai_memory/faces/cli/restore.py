"""`ai-memory restore`: a backup in the place of the database, or the database as it once stood."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ai_memory import typed
from ai_memory.adapters.system import SystemClock, SystemEntropy
from ai_memory.errors import StoreUnavailable, ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.backup import copies, database_of, folder_of, manifest_of
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.cli.consent import agrees
from ai_memory.faces.cli.progress import Bar, wants_bar
from ai_memory.faces.cli.setting import settings
from ai_memory.faces.problems import EXIT_OK
from ai_memory.model.clock import Micros, to_rfc3339
from ai_memory.model.instant import read_instant

if TYPE_CHECKING:
    from ai_memory.adapters.sqlite.backup import Figures
    from ai_memory.faces.cli.parser import Parser
    from ai_memory.operations.rewinding import Rewound

RESTORING: Final = "restoring"
_NOT_IN_THE_LOG: Final = "access counters and vectors are in no log: the vectors are made anew"


def configure(parser: Parser, name: str) -> None:
    """Declare what to restore, and the global flags."""
    parser.describe(
        lambda: (
            f"`ai-memory {name}` puts a backup in the place of the database, or, with --at, the "
            "database as it stood\nat an instant, from its log. What was there before is moved "
            "aside, never removed. It refuses while\nanother process has the database open."
        )
    )
    parser.add_argument(
        "--from", metavar="FILE|DIR", dest="source", help="A backup, or the folder: its newest."
    )
    parser.add_argument(
        "--at", metavar="TIME", help="The instant, such as 2026-01-02T03:04:05Z, 2h or yesterday."
    )
    parser.add_argument(
        "--yes", "-y", action="store_true", help="Also an instant before anything was stored."
    )
    parser.add_argument(
        "--skip-verify", action="store_true", help="Believe the file without checking it first."
    )
    parser.add_argument("--progress", action="store_true", help="Show the bar in any case.")
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Make the file beside the database, check it, exchange the two."""
    from ai_memory.adapters.private import make_folder
    from ai_memory.adapters.replacement import workshop

    options = call.options
    config = settings(call.flags)
    database = database_of(call.flags, config)
    at = options.get("at")
    instant = None if at is None else read_instant(at, field="at", now=SystemClock().now())
    source = _source(options.get("source"), database, is_dated=at is not None)
    verify = "skip_verify" not in options
    rewound: Rewound | None = None
    try:
        real = database.resolve()  # where a link leads is restored to; the link stays one
        make_folder(real.parent)
        with workshop(real, RESTORING) as room:
            part = room / "database"
            if instant is None:
                figures = _fetch(source, part, verify=verify)
            else:
                rewound = _rewind(call, source, database, part, instant)
                figures = _examined(part)
            moved = _exchange(part, database)
    except OSError as cause:
        raise StoreUnavailable(
            f"cannot restore to {database}: {cause.strerror or cause}",
            hint="Nothing was changed. Check the folder and its free space.",
        ) from cause
    _show(call, source, figures, moved, rewound)
    return EXIT_OK


def _exchange(part: Path, database: Path) -> list[Path]:
    from ai_memory.adapters.sqlite.backup import exchange, rename_in_log
    from ai_memory.adapters.vector_index.folder import IndexFolder

    rename_in_log(part, SystemEntropy())
    stamp = re.sub(r"[-:]|\+.*", "", to_rfc3339(SystemClock().now()))
    return exchange(part, database.resolve(), f"{stamp}Z", IndexFolder(database).path)


def _source(given: str | None, database: Path, *, is_dated: bool) -> Path:
    """The file to restore from.

    Raises:
        ValidationFailed: None is named, or there is none.
    """
    if given is None and is_dated:
        given = str(database)
    path = folder_of(None, database) if given is None else Path(given)
    if path.is_dir():
        found = copies(path)
        if not found:
            raise ValidationFailed(f"there is no backup in {path}", field="from")
        return found[0]
    if not path.is_file():
        raise ValidationFailed(
            f"there is no backup at {path}", hint="Name one with --from.", field="from"
        )
    return path


def _fetch(source: Path, part: Path, *, verify: bool) -> Figures | None:
    """Copy a backup, and check it against its manifest and itself.

    Raises:
        StoreUnavailable: It is not what its manifest says, or damaged.
    """
    from ai_memory.adapters.sqlite.backup import Manifest, copy_database, digest, is_in_one_piece

    if not is_in_one_piece(source):
        copy_database(source, part)
        return _examined(part) if verify else None
    shutil.copyfile(source, part)
    if not verify:
        return None
    beside = manifest_of(source)
    if beside.is_file():
        try:
            manifest = typed.decode_json(beside.read_bytes(), Manifest)
        except msgspec.DecodeError as cause:
            raise StoreUnavailable(f"{beside} cannot be read: {cause}") from cause
        if digest(part) != manifest.sha256:
            raise StoreUnavailable(
                f"{source} is not the file its manifest describes",
                hint="Restore another backup; --skip-verify takes this one as it is.",
            )
    return _examined(part)


def _examined(part: Path) -> Figures:
    from ai_memory.adapters.sqlite.backup import examine

    return examine(part)


def _rewind(call: Call, source: Path, database: Path, part: Path, instant: Micros) -> Rewound:
    """Make a new file of what the log says up to an instant.

    A backup is read from a copy: to be read it is brought up to date.

    Raises:
        ValidationFailed: Nothing was stored by then, and nobody wants that.
    """
    from ai_memory.adapters.sqlite.store import SqliteStore
    from ai_memory.compose import WORD_WEIGHTS
    from ai_memory.operations.rewinding import first_instant, rewind

    clock, entropy = SystemClock(), SystemEntropy()
    shown = wants_bar(asked="progress" in call.options, quiet=call.flags.quiet)
    if source.resolve() != database.resolve():
        copy = part.with_name("source")
        _fetch(source, copy, verify="skip_verify" not in call.options)
        source = copy
    old = SqliteStore(source, clock=clock, entropy=entropy, bm25_weights=WORD_WEIGHTS)
    try:
        with old.read() as rows:
            first = first_instant(rows)
        if (first is None or instant < first) and not agrees(
            call, f"By {to_rfc3339(instant)} nothing was stored yet. Restore an empty database?"
        ):
            raise ValidationFailed(
                f"nothing was stored by {to_rfc3339(instant)}",
                hint=(f"The first entry of the log is of {to_rfc3339(first)}. " if first else "")
                + "--yes restores an empty database.",
                field="at",
            )
        new = SqliteStore(part, clock=clock, entropy=entropy, bm25_weights=WORD_WEIGHTS)
        try:
            with old.read() as rows:
                total = rows.log_position()
                with Bar("replaying", total, unit="changes", shown=shown) as bar:
                    return rewind(rows, new, instant, bar.reach)
        finally:
            new.close()
    finally:
        old.close()


def _show(
    call: Call,
    source: Path,
    figures: Figures | None,
    moved: list[Path],
    rewound: Rewound | None,
) -> None:
    if call.flags.json:
        shown: dict[str, Any] = {
            "source": str(source),
            "verified": figures is not None,
            "moved": [str(path) for path in moved],
        }
        for part in (figures, rewound):
            shown |= {} if part is None else msgspec.to_builtins(part)
        output.emit_json(shown)
        return
    held = "" if figures is None else f"{figures.memories:,} memories "
    checked = "" if figures is not None else ", not verified"
    output.emit(f"restored {held}from {source}{checked}")
    if rewound is not None:
        output.emit(f"{rewound.applied:,} changes, without {rewound.later:,} later ones")
        output.note(f"note: {_NOT_IN_THE_LOG}", quiet=call.flags.quiet)
        if rewound.lost_texts:
            output.note(
                f"note: {rewound.lost_texts:,} texts were purged or erased since, and stay gone"
            )
    for path in moved:
        output.note(f"note: what was there is {path}", quiet=call.flags.quiet)
