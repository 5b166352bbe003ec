"""`ai-memory install CLIENT`: put this memory into a client's settings, or take it out again."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from difflib import get_close_matches, unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ai_memory.adapters.replacement import put, replacing, workshop
from ai_memory.adapters.system import SystemClock
from ai_memory.errors import AiMemoryError, ConfigInvalid, ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.cli.client.edit import Edit
from ai_memory.faces.cli.client.target import NAMES, TARGETS, Command, Place, Target, target_named
from ai_memory.faces.cli.consent import agrees
from ai_memory.faces.problems import EXIT_OK
from ai_memory.model.clock import to_rfc3339

if TYPE_CHECKING:
    from ai_memory.faces.cli.parser import Parser

_TRIES: Final = 5


class _Planned(NamedTuple):
    """What would become of one file."""

    file: Path
    before: str
    after: str
    change: Callable[[str], str]

    @property
    def diff(self) -> str:
        name = str(self.file)
        lines = unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), name, name
        )
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def configure(parser: Parser, name: str) -> None:
    """Declare the client and how far to go."""
    clients = "\n".join(f"  {target.name:15} {target.title}" for target in TARGETS)
    parser.describe(
        lambda: (
            f"`ai-memory {name} CLIENT` shows how the client's settings would change, asks, keeps\n"
            f"a copy of the file and writes it.\n\nclients:\n{clients}"
        )
    )
    parser.add_argument("client", nargs="?", metavar="CLIENT", help="Which client.")
    parser.add_argument("--uninstall", action="store_true", help="Take our entry out again.")
    parser.add_argument("--dry-run", action="store_true", help="Show the change, write nothing.")
    parser.add_argument("--yes", "-y", action="store_true", help="Write without asking.")
    parser.add_argument("--file", metavar="PATH", help="The client's settings file, if elsewhere.")
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Show the change, ask, write."""
    target = _target(call.options.get("client"))
    place = Place(Path.home(), sys.platform, os.environ)
    plans = _plans(target, place, command_words(call), call.options)
    changed = [plan for plan in plans if plan.before != plan.after]
    if not call.flags.json:
        for plan in changed:
            output.emit(plan.diff.rstrip("\n"))
    backups: list[str] = []
    agreed = bool(changed) and not call.options.get("dry_run") and agrees(call, "Write this?")
    if agreed:
        backups = [backup for plan in changed if (backup := _write(plan)) is not None]
    _tell(call, target, plans, changed, backups, applied=agreed)
    return EXIT_OK


def _target(name: str | None) -> Target:
    target = None if name is None else target_named(name)
    if target is None:
        near = get_close_matches(name or "", NAMES, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise ValidationFailed(
            "no client is named" if name is None else f"unknown client '{name[:80]}'",
            hint=f"{hint}There are: {', '.join(NAMES)}.",
        )
    return target


def command_words(call: Call) -> Command:
    """How a client starts this program: by its name where found, else by its interpreter."""
    found = shutil.which("ai-memory")
    words = [found] if found else [sys.executable, "-m", "ai_memory"]
    if call.flags.db is not None:
        words += ["--db", str(Path(call.flags.db).expanduser().absolute())]
    if call.flags.config is not None:
        words += ["--config", str(Path(call.flags.config).expanduser().absolute())]
    return tuple(words)


def _plans(
    target: Target, place: Place, command: Command, options: dict[str, Any]
) -> list[_Planned]:
    files = target.files(place, command)
    if "file" in options:
        files = [(Path(options["file"]).expanduser(), files[0][1]), *files[1:]]
    return [
        _planned(file, edit, edit.take if options.get("uninstall") else edit.put)
        for file, edit in files
    ]


def _planned(file: Path, edit: Edit, change: Callable[[str], str]) -> _Planned:
    try:
        before = _text_of(file)
        return _Planned(file, before, change(before), change)
    except (OSError, UnicodeDecodeError) as cause:
        refusal: AiMemoryError = ConfigInvalid(
            f"{file} cannot be read: {cause}", hint="Check --file."
        )
    except AiMemoryError as cause:
        cause.message = f"{file}: {cause.message}"
        refusal = cause
    if change == edit.put:
        # A person can do what we will not.
        refusal.hint = f"{refusal.hint} The entry, to paste:\n{edit.shown.rstrip()}"
    raise refusal


def _text_of(file: Path) -> str:
    """A file's text, its line ends as they are; empty if there is none."""
    return file.read_bytes().decode("utf-8") if file.exists() else ""


def _write(plan: _Planned) -> str | None:
    """Write one file, whole or not at all; the path of the copy that was kept."""
    # A link is followed, so that settings kept elsewhere stay there.
    file = plan.file.resolve()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES):
            # The client may have written it while the question stood, and may write it now.
            now = _text_of(file)
            after = plan.after if now == plan.before else plan.change(now)
            backup = _kept(file) if file.exists() else None
            if _put(file, after, now, backup):
                return None if backup is None else str(backup)
            if backup is not None:
                backup.unlink()
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigInvalid(
            f"{file} cannot be written: {cause}", hint="Check who owns it."
        ) from cause
    raise ConfigInvalid(f"{file} changes all the time", hint="Close the client, then say it again.")


def _kept(file: Path) -> Path:
    """A copy beside a file, named by the time."""
    stamp = re.sub(r"[-:.]|\+.*", "", to_rfc3339(SystemClock().now()))
    backup = file.with_name(f"{file.name}.bak.{stamp}")
    with replacing(backup, over=False, like=file) as copy:
        copy.write(file.read_bytes())
    return backup


def _put(file: Path, after: str, before: str, like: Path | None) -> bool:
    """Put a text in a file's place; False if it no longer holds what the text was made of."""
    if not after:
        if _text_of(file) != before:
            return False
        file.unlink(missing_ok=True)
        return True
    with workshop(file) as folder:
        made = folder / "new"
        with replacing(made, like=like) as fresh:
            fresh.write(after.encode())
        if _text_of(file) != before:
            return False
        put(made, file)
    return True


def _tell(
    call: Call,
    target: Target,
    plans: list[_Planned],
    changed: list[_Planned],
    backups: list[str],
    *,
    applied: bool,
) -> None:
    if call.flags.json:
        output.emit_json(
            {
                "client": target.name,
                "files": [str(plan.file) for plan in plans],
                "changed": [str(plan.file) for plan in changed],
                "diff": "".join(plan.diff for plan in changed),
                "applied": applied,
                "backups": backups,
            }
        )
        return
    quiet = call.flags.quiet
    gone = bool(call.options.get("uninstall"))
    if not changed:
        state = "has no entry of ai-memory" if gone else "knows ai-memory already"
        output.note(f"{target.title} {state}: {plans[0].file}", quiet=quiet)
        return
    if not applied:
        output.note("nothing was written; --yes writes without asking", quiet=quiet)
        return
    for plan in changed:
        output.note(f"written: {plan.file}", quiet=quiet)
    for backup in backups:
        output.note(f"the file as it was: {backup}", quiet=quiet)
    if not gone:
        output.note(target.then, quiet=quiet)
