"""`ai-memory backup`: a verified copy of the database while others use it, and the newest kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ai_memory.adapters.private import make_folder
from ai_memory.adapters.system import SystemClock
from ai_memory.errors import StoreUnavailable, ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.cli.progress import Bar, wants_bar
from ai_memory.faces.cli.setting import node_url, settings
from ai_memory.faces.problems import EXIT_OK
from ai_memory.model.clock import SECOND, Micros, to_rfc3339
from ai_memory.version import __version__

if TYPE_CHECKING:
    from ai_memory.adapters.sqlite.backup import Manifest
    from ai_memory.config import Config
    from ai_memory.faces.cli.call import Flags
    from ai_memory.faces.cli.parser import Parser

MANIFEST: Final = ".json"
_NAME: Final = "ai-memory-"
_KEEP: Final = 10


def configure(parser: Parser, name: str) -> None:
    """Declare where to and how many, and the global flags."""
    parser.describe(
        lambda: (
            f"`ai-memory {name}` copies the database as it stands at one instant, while others go "
            "on using it,\nchecks the copy, and writes a manifest with its SHA-256 beside it. "
            "`ai-memory restore` brings it back.\nThe vector index is not copied: it is made from "
            "the database."
        )
    )
    parser.add_argument("--to", metavar="DIR", help="Where to; `backups` beside the database.")
    parser.add_argument(
        "--keep", metavar="N", help=f"Keep the N newest copies in DIR ({_KEEP}); 0 keeps all."
    )
    parser.add_argument("--progress", action="store_true", help="Show the bar in any case.")
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Copy, verify, write the manifest, drop what is too old."""
    config = settings(call.flags)
    database = database_of(call.flags, config)
    keep = _keep(call.options)
    folder = folder_of(call.options.get("to"), database)
    if not database.is_file():
        raise StoreUnavailable(f"there is no database at {database}", hint="Name it with --db.")
    try:
        make_folder(folder)
    except OSError as cause:
        raise ValidationFailed(f"cannot make {folder}: {cause.strerror}", field="to") from cause
    shown = wants_bar(asked="progress" in call.options, quiet=call.flags.quiet)
    manifest = back_up(database, folder, shown=shown)
    dropped = rotate(folder, keep)
    path = folder / manifest.file
    if call.flags.json:
        output.emit_json({"path": str(path), "dropped": dropped, **msgspec.to_builtins(manifest)})
    else:
        old = f", dropped {len(dropped)} older" if dropped else ""
        output.emit(
            f"backed up {manifest.memories:,} memories, {manifest.bytes:,} bytes to {path} "
            f"(verified{old})"
        )
    return EXIT_OK


def back_up(database: Path, folder: Path, *, shown: bool = False) -> Manifest:
    """Copy a database into a folder; what cannot be verified is not kept.

    Raises:
        StoreBusy, StoreUnavailable: The copy could not be made, or is not sound.
    """
    from ai_memory.adapters.replacement import put, replacing, workshop
    from ai_memory.adapters.sqlite.backup import Manifest, copy_database, digest, examine

    now = SystemClock().now()
    path = _free(folder, now)
    try:
        # The folder's, not the copy's: what a killed process left is found by any later one.
        with workshop(folder / _NAME) as room:
            made = room / path.name
            with Bar("copying", None, unit="pages", shown=shown) as bar:
                copy_database(database, made, lambda done, total: bar.reach(done, of=total))
            found = examine(made)
            manifest = Manifest(
                file=path.name,
                created_at=to_rfc3339(now),
                bytes=made.stat().st_size,
                sha256=digest(made),
                program=__version__,
                **msgspec.structs.asdict(found),
            )
            text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
            # First: a copy that has its name has its manifest.
            with replacing(manifest_of(path)) as file:
                file.write(text + b"\n")
            put(made, path)
    except OSError as cause:
        raise StoreUnavailable(
            f"cannot write a backup to {folder}: {cause.strerror or cause}",
            hint="Check the folder and its free space, or name another with --to.",
        ) from cause
    return manifest


def manifest_of(path: Path) -> Path:
    """The manifest's path beside a copy."""
    return path.with_name(path.name + MANIFEST)


def copies(folder: Path) -> list[Path]:
    """The copies in a folder that have a manifest, newest first."""
    found = [path for path in folder.glob(f"{_NAME}*.db") if manifest_of(path).is_file()]
    return sorted(found, reverse=True)


def rotate(folder: Path, keep: int) -> list[str]:
    """Remove all but the newest copies, each with its manifest; what else is there stays."""
    dropped = []
    for path in folder.glob(f"{_NAME}*.db{MANIFEST}"):
        if not path.with_name(path.name.removesuffix(MANIFEST)).exists():
            path.unlink(missing_ok=True)  # its copy never came, or has gone
    for path in copies(folder)[keep:] if keep else []:
        path.unlink(missing_ok=True)
        manifest_of(path).unlink(missing_ok=True)
        dropped.append(path.name)
    return dropped


def database_of(flags: Flags, config: Config) -> Path:
    """The database file that the call is about.

    Raises:
        ValidationFailed: It is about a running node.
    """
    if node_url(flags, config) is not None:
        raise ValidationFailed(
            "this works on the file itself", hint="Say it where the file is, with --db."
        )
    return Path(config.db)


def folder_of(to: str | None, database: Path) -> Path:
    """Where copies are kept."""
    return database.parent / "backups" if to is None else Path(to)


def _free(folder: Path, now: Micros) -> Path:
    """A name that sorts by its instant."""
    while True:
        second = to_rfc3339(now // SECOND * SECOND)[:19].replace("-", "").replace(":", "")
        path = folder / f"{_NAME}{second}.{now % SECOND:06}Z.db"
        if not path.exists():
            return path
        now += 1


def _keep(options: dict[str, Any]) -> int:
    text = str(options.get("keep", _KEEP))
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise ValidationFailed(f"--keep '{text[:20]}' is no number", field="keep")
    return int(text)
