"""The database file, looked at from outside: nothing is made, migrated or written."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from ai_memory.adapters.private import OTHERS
from ai_memory.adapters.sqlite.connection import MEMORY, connect
from ai_memory.adapters.sqlite.migration import (
    APPLICATION_ID,
    NEWEST,
    missing_steps,
    schema_version,
)
from ai_memory.adapters.sqlite.query import query
from ai_memory.config import Config
from ai_memory.errors import AiMemoryError, StoreBusy, StoreReadOnly
from ai_memory.faces.cli.examination.section import Section
from ai_memory.faces.cli.paint import size
from ai_memory.model.clock import INSTANT_MAX, INSTANT_MIN

_WAL_BYTES_LARGE: Final = 256 * 1024 * 1024
_PROBLEMS_SHOWN: Final = 5


class Found(NamedTuple):
    """What the examination of the file says to the others.

    Attributes:
        usable: It is there, it is ours, and this program can open it.
    """

    section: Section
    usable: bool


def examine_storage(config: Config) -> Found:
    """The file: there, ours, sound, and how big."""
    section = Section(name="Storage", facts=[])
    path = Path(config.db)
    section.fact("path", config.db)
    if config.db == MEMORY or not path.exists():
        section.fact("exists", value=False)
        section.note = "There is no database yet; the first `ai-memory store` makes it."
        return Found(section, usable=False)
    _examine_file(section, path)
    try:
        connection = connect(path, writer=False)
        try:
            if connection.readonly("main"):
                section.find(
                    "warning", "the database can only be read here", StoreReadOnly.default_hint
                )
            usable = _examine_schema(section, connection)
            if usable:
                _examine_soundness(section, connection)
                if not missing_steps(connection):
                    _examine_rows(section, connection)
        finally:
            connection.close()
    except (AiMemoryError, apsw.Error) as failure:
        message = failure.message if isinstance(failure, AiMemoryError) else str(failure)
        hint = failure.hint if isinstance(failure, AiMemoryError) else ""
        busy = isinstance(failure, StoreBusy)
        section.find("warning" if busy else "critical", message, hint)
        return Found(section, usable=False)
    return Found(section, usable=usable)


def _examine_file(section: Section, path: Path) -> None:
    status = path.stat()
    section.fact("size", size(status.st_size))
    wal = path.with_name(f"{path.name}-wal")
    wal_bytes = wal.stat().st_size if wal.exists() else 0
    section.fact("write-ahead log", size(wal_bytes))
    if wal_bytes > _WAL_BYTES_LARGE:
        section.find(
            "warning",
            f"the write-ahead log has grown to {size(wal_bytes)}",
            "Some process reads for a very long time; end it, then open the database once.",
        )
    if os.name == "posix":
        mode = stat.S_IMODE(status.st_mode)
        section.fact("mode", f"{mode:03o}")
        if mode & OTHERS:
            may = "write" if mode & (stat.S_IWGRP | stat.S_IWOTH) else "read"
            section.find(
                "warning", f"others on this machine may {may} the database", f"chmod 600 {path}*"
            )


def _examine_schema(section: Section, connection: apsw.Connection) -> bool:
    """Whether this program can open it."""
    version = schema_version(connection)
    section.fact("schema", f"{version} of {NEWEST}")
    section.fact("journal", connection.pragma("journal_mode"))
    if version and connection.pragma("application_id") != APPLICATION_ID:
        section.find(
            "critical", "the file belongs to another program", "Name another one with --db."
        )
        return False
    if version > NEWEST:
        section.find(
            "critical",
            f"a newer program wrote the database (schema {version})",
            "Upgrade ai-memory.",
        )
        return False
    if missing := missing_steps(connection):
        section.fact("steps to take", missing)
    return True


def _examine_soundness(section: Section, connection: apsw.Connection) -> None:
    problems = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
    sound = problems == ["ok"]
    section.fact("quick check", "ok" if sound else problems[:_PROBLEMS_SHOWN])
    if not sound:
        section.find(
            "critical",
            f"the database is damaged: {problems[0]}",
            "Stop writing to it and restore a backup; `sqlite3 FILE .recover` saves what is left.",
        )


def _examine_rows(section: Section, connection: apsw.Connection) -> None:
    """Name the memories whose rows hold something else than they should."""
    places = {"low": INSTANT_MIN, "high": INSTANT_MAX, "limit": _PROBLEMS_SHOWN}
    damaged = [str(row[0]) for row in connection.execute(query("damaged_ids"), places)]
    section.fact("damaged rows", ", ".join(damaged) or "none")
    if damaged:
        section.find(
            "warning",
            f"memories are damaged, and shown with stand-ins: {', '.join(damaged)}",
            "`ai-memory get ID` names the fields; update or delete them, or restore a backup.",
        )
