"""Steps of the schema: each runs in one transaction together with its entry in a ledger.

The ledger (the table `migration`) names every step that a file has taken, with a digest of what it
did. What is not in it is taken, whatever the numbers say: a file of a build that lacked a step gets
it, and a number below the newest can be used (docs/adr/0039).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import apsw

from ai_memory import late
from ai_memory.adapters.sqlite.connection import sqlite_errors
from ai_memory.errors import SchemaTooNew, StoreReadOnly, StoreUnavailable
from ai_memory.model.clock import Micros

_FILE: Final = late.pattern(r"(\d{4})_(\w+)\.sql")
Told: TypeAlias = Callable[[float], None]
"""Hears the share that is done."""

_TOLD_FROM: Final = 1_000  # memories; fewer are done before one could read it
_TEXTS: Final = 3  # of a memory, that are folded anew: title, content, tags
APPLICATION_ID: Final = 0x61694D65  # "aiMe": says whose file this is
_DIGESTS: Final = "SELECT name, digest FROM migration"
_NAMES: Final = "SELECT name, NULL FROM migration"  # before the step `ledger`

# Every step of this program. A line is never changed once it has landed: what a step did to the
# files that have taken it is done. A test holds the list to the files.
STEPS: Final = (
    (1, "initial", "fb4358c3c711d101"),
    (2, "word_instance", "a535f449c3a51ece"),
    (3, "counters", "de3db8288239e348"),
    (4, "embedding_models", "2c296bc50c59717a"),
    (5, "graph", "14011c0f9ce0444f"),
    (6, "lifecycle", "5243e0512e1c79da"),
    (7, "model_work", "7e45a22e57957033"),
    (8, "consolidation", "e85c1ef358323081"),
    (9, "ledger", "a056f406cc2cd3fa"),
    (10, "family", "baf2cf2d81deabf3"),
    (11, "one_normalisation", "7de49907652c4908"),
)
"""The number, the name and the digest of each step, in order."""

NEWEST: Final = STEPS[-1][0]


class Migration(NamedTuple):
    """One step of the schema."""

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """Of the statements, without comments and layout."""
        from hashlib import sha256  # it loads OpenSSL, and a file that is up to date needs none

        bare = re.sub(r"--[^\n]*", "", self.sql)
        return sha256(" ".join(bare.split()).encode()).hexdigest()[:16]


def migrations() -> list[Migration]:
    """All steps, in order."""
    found = []
    for entry in Path(__file__).with_name("migrations").iterdir():
        match = _FILE.fullmatch(entry.name)
        if match:
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    return sorted(found)


def schema_version(connection: apsw.Connection) -> int:
    """The greatest number among the steps this file has taken; 0 for a new file."""
    return int(connection.pragma("user_version"))


def missing_steps(connection: apsw.Connection) -> list[str]:
    """The names of the steps that a file of this program has yet to take, in order.

    Raises:
        SchemaTooNew: It has taken steps that this program does not know.
        StoreUnavailable: It has taken one in another form.
    """
    known = {name: digest for _, name, digest in STEPS}
    current = schema_version(connection)
    if not current:
        return list(known)
    query = _DIGESTS if _has_digests(connection) else _NAMES
    taken: dict[str, str | None] = dict(connection.execute(query).fetchall())  # type: ignore[arg-type]
    foreign = sorted(taken.keys() - known.keys())
    if foreign or current > NEWEST:
        steps = f" ({', '.join(foreign)})" if foreign else ""
        raise SchemaTooNew(f"the database has schema {current}{steps}, this program knows {NEWEST}")
    for name, was in taken.items():
        if was is not None and was != known[name]:
            raise StoreUnavailable(
                f"the database has taken the step {name} of the schema in another form",
                hint="A build that was never released wrote it: export with that one, and import.",
            )
    return [name for name in known if name not in taken]


def migrate(connection: apsw.Connection, now: Micros, told: Told | None = None) -> list[int]:
    """Bring the schema up to date; the numbers of the steps that ran.

    Args:
        connection: To the file, with which nobody else is at work in this process.
        now: When the steps are taken.
        told: Hears of what takes a while: that the words of many memories are indexed anew.

    Raises:
        SchemaTooNew: A newer program wrote this file.
        StoreUnavailable: The file is a database of some other program.
    """
    ran: list[int] = []
    with sqlite_errors():
        if schema_version(connection) or _has_tables(connection):
            _refuse_foreign(connection)
            if not missing_steps(connection):
                return ran
        many = told is not None and _is_long(connection)
        _lend_functions(connection, told if many else None)
        for step in migrations():
            connection.execute("BEGIN IMMEDIATE")
            try:
                # Another process may have taken this step while we waited for the lock.
                if step.name in missing_steps(connection):
                    _refuse_foreign(connection)
                    _take(connection, step, now)
                    ran.append(step.number)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a disk that fails has ended it already
                    connection.execute("ROLLBACK")
                raise
    if told is not None and many and ran:
        told(1.0)
    return ran


def _take(connection: apsw.Connection, step: Migration, now: Micros) -> None:
    """Run a step and note it; within a transaction."""
    connection.execute(step.sql)
    connection.execute(  # as the first steps know it; the ledger's own step gives it its form
        "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, "
        "name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
    )
    connection.execute(
        "INSERT INTO migration (number, name, applied_at) VALUES (?, ?, ?)",
        (step.number, step.name, now),
    )
    connection.pragma("user_version", max(step.number, schema_version(connection)))
    connection.pragma("application_id", APPLICATION_ID)
    if _has_digests(connection):
        connection.executemany(
            "UPDATE migration SET digest = ? WHERE name = ? AND digest IS NULL",
            [(digest, name) for _, name, digest in STEPS],
        )


def require_newest(connection: apsw.Connection) -> None:
    """Refuse a read-only database whose schema is not today's: it cannot be brought up to date.

    Raises:
        SchemaTooNew: A newer program wrote this file.
        StoreReadOnly: An older one did, or another program.
    """
    with sqlite_errors():
        _refuse_foreign(connection)
        missing = missing_steps(connection)
        current = schema_version(connection)
    if missing:
        raise StoreReadOnly(
            f"the database is read-only and has schema {current}; it takes a migration to "
            f"{NEWEST} ({', '.join(missing)}) to read it",
            hint="Open it once where it can be written, or copy the file there.",
        )


def _lend_functions(connection: apsw.Connection, told: Told | None = None) -> None:
    """What migrations need that SQL has not: texts as the keyword index sees them, names as one."""
    from ai_memory.adapters.sqlite.reader import title_digest
    from ai_memory.model.name import one_name
    from ai_memory.retrieval.words import fold

    functions: dict[str, Any] = {
        "fold": _telling(connection, fold, told),
        "one_name": one_name,
        "title_digest": title_digest,
    }
    for name, function in functions.items():
        connection.create_scalar_function(name, function, 1, deterministic=True)


def _is_long(connection: apsw.Connection) -> bool:
    """Whether there are so many memories that indexing them anew takes a while."""
    return bool(schema_version(connection)) and _count(connection) >= _TOLD_FROM


def _count(connection: apsw.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM memory").get)


def _telling(
    connection: apsw.Connection, fold: Callable[[str], str], told: Told | None
) -> Callable[[str], str]:
    """The function, saying how far it has come, once for each hundredth of many memories."""
    if told is None:
        return fold
    whole, done = _count(connection) * _TEXTS, 0

    def telling(text: str) -> str:
        nonlocal done
        if done % max(1, whole // 100) == 0:
            told(min(0.99, done / whole))
        done += 1
        return fold(text)

    return telling


def _refuse_foreign(connection: apsw.Connection) -> None:
    """A file with tables but without our mark belongs to somebody else."""
    if _has_tables(connection) and connection.pragma("application_id") != APPLICATION_ID:
        raise StoreUnavailable(
            "the file is a database of another program",
            hint="Name another file with --db.",
        )


def _has_digests(connection: apsw.Connection) -> bool:
    """Whether the ledger has got its present form."""
    query = "SELECT count(*) FROM pragma_table_info('migration') WHERE name = 'digest'"
    return bool(connection.execute(query).get)


def _has_tables(connection: apsw.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM sqlite_schema").get)
