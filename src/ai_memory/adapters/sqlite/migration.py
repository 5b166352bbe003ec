"""Numbered migrations: each runs in one transaction together with its record."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import apsw

from ai_memory import late
from ai_memory.adapters.sqlite.connection import sqlite_errors
from ai_memory.errors import SchemaTooNew, StoreReadOnly, StoreUnavailable
from ai_memory.model.clock import Micros

_FILE: Final = late.pattern(r"(\d{4})_(\w+)\.sql")
APPLICATION_ID: Final = 0x61694D65  # "aiMe": says whose file this is


class Migration(NamedTuple):
    """One step of the schema."""

    number: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """All steps, in order."""
    found = []
    for entry in Path(__file__).with_name("migrations").iterdir():
        match = _FILE.fullmatch(entry.name)
        if match:
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    return sorted(found)


def schema_version(connection: apsw.Connection) -> int:
    """The number of the last step this file has seen; 0 for a new file."""
    return int(connection.pragma("user_version"))


def migrate(connection: apsw.Connection, now: Micros) -> list[int]:
    """Bring the schema up to date; which steps ran.

    Raises:
        SchemaTooNew: A newer program wrote this file.
        StoreUnavailable: The file is a database of some other program.
    """
    steps: list[Migration] | None = None
    ran: list[int] = []
    with sqlite_errors():
        current = schema_version(connection)
        if current == _NEWEST:
            return ran
        steps = migrations()
        newest = steps[-1].number
        if current > newest:
            raise SchemaTooNew(f"the database has schema {current}, this program knows {newest}")
        for step in steps:
            if step.number <= current:
                continue
            connection.execute("BEGIN IMMEDIATE")
            try:
                # Another process may have done this step while we waited for the lock.
                if schema_version(connection) < step.number:
                    _refuse_foreign(connection)
                    _lend_functions(connection)
                    connection.execute(step.sql)
                    connection.execute(
                        "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, "
                        "name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
                    )
                    connection.execute(
                        "INSERT INTO migration VALUES (?, ?, ?)", (step.number, step.name, now)
                    )
                    connection.pragma("user_version", step.number)
                    connection.pragma("application_id", APPLICATION_ID)
                    ran.append(step.number)
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
    return ran


def require_newest(connection: apsw.Connection) -> None:
    """Refuse a read-only database whose schema is not today's: it cannot be brought up to date.

    Raises:
        SchemaTooNew: A newer program wrote this file.
        StoreReadOnly: An older one did, or another program.
    """
    with sqlite_errors():
        current = schema_version(connection)
        _refuse_foreign(connection)
    if current > _NEWEST:
        raise SchemaTooNew(f"the database has schema {current}, this program knows {_NEWEST}")
    if current < _NEWEST:
        raise StoreReadOnly(
            f"the database is read-only and has schema {current}; it takes a migration to "
            f"{_NEWEST} to read it",
            hint="Open it once where it can be written, or copy the file there.",
        )


def _lend_functions(connection: apsw.Connection) -> None:
    """What migrations need that SQL has not: texts as the keyword index sees them, names as one."""
    from ai_memory.adapters.sqlite.reader import title_digest
    from ai_memory.model.name import one_name
    from ai_memory.retrieval.words import fold

    functions: dict[str, Any] = {"fold": fold, "one_name": one_name, "title_digest": title_digest}
    for name, function in functions.items():
        connection.create_scalar_function(name, function, 1, deterministic=True)


def _refuse_foreign(connection: apsw.Connection) -> None:
    """A file with tables but without our mark belongs to somebody else."""
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    if tables and connection.pragma("application_id") != APPLICATION_ID:
        raise StoreUnavailable(
            "the file is a database of another program",
            hint="Name another file with --db.",
        )


_NEWEST: Final = 11  # equal to the last migration's number; a test holds it to that
