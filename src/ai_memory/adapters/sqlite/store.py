"""The Store port on one SQLite file."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import apsw

from ai_memory import limits
from ai_memory.adapters.private import make_folder
from ai_memory.adapters.sqlite.connection import MEMORY, connect, sqlite_errors
from ai_memory.adapters.sqlite.migration import Told, migrate, require_newest
from ai_memory.adapters.sqlite.place import FileId, Place, file_id
from ai_memory.adapters.sqlite.reader import WORD_WEIGHTS, SqliteReader
from ai_memory.adapters.sqlite.transaction import SqliteTransaction, make_intake
from ai_memory.adapters.sqlite.writer import Writer
from ai_memory.errors import NodeClosed, StoreBusy, StoreMoved, StoreReadOnly, StoreUnavailable
from ai_memory.model.clock import Micros
from ai_memory.ports import Clock, Entropy, Lookups, OutOfSteps, Reader, Transaction

if TYPE_CHECKING:
    from ai_memory.adapters.sqlite.archive_tail import ArchiveTail
    from ai_memory.adapters.sqlite.frozen import Stamp
    from ai_memory.adapters.sqlite.turn import Turn
    from ai_memory.adapters.sqlite.word_cache import WordCache

_STEPS_COUNTED: Final = 500  # at once: some 20 µs
_PATIENCE: Final = 2  # a process that asks no more often gains nothing from a cache


class SqliteStore:
    """One file, many threads, possibly many processes; one that is read-only here is only read.

    `MEMORY` gives a private database on a single connection, shared by reader and writer under a
    lock: the mode of tests and the simulator, where WAL and parallel readers do not exist.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        clock: Clock,
        entropy: Entropy,
        bm25_weights: tuple[float, float, float],
        vfs: str | None = None,
        turn: Turn | None = None,
        expected: FileId | None = None,
        told: Told | None = None,
    ) -> None:
        """Open, creating and migrating as needed.

        Args:
            path: The file.
            clock: For when a step of the schema was taken.
            entropy: For a new file's name in the log.
            bm25_weights: Of title, content and tags.
            vfs: Name of a registered VFS.
            turn: Shared with those who write too.
            expected: The file that it must be; it is not made then.
            told: Hears how far a migration of many memories has come.

        Raises:
            StoreMoved: It is another one.
            SchemaTooNew, StoreBusy, StoreUnavailable: The file cannot be used.
        """
        self.path = path
        self._vfs = vfs
        self._in_memory = str(path) == MEMORY
        title, content, tags = self._column_weights = bm25_weights
        self._weights = WORD_WEIGHTS.format(title=title, content=content, tags=tags)
        if not self._in_memory:
            try:
                make_folder(Path(path).parent)
            except OSError as cause:
                raise StoreUnavailable(f"the folder of {path} cannot be made") from cause
        self.read_only = False
        if expected is not None and file_id(str(path)) != expected:
            raise StoreMoved(f"{path} was removed or replaced")
        try:
            connection = connect(path, writer=True, vfs=vfs)
        except StoreReadOnly:
            connection = connect(path, writer=False, vfs=vfs)
            self.read_only = True
        try:
            if self.read_only:
                require_newest(connection)
            else:
                migrate(connection, clock.now(), told)
            with sqlite_errors():
                self._origin = _node_id(connection, entropy)
                if not self.read_only:
                    make_intake(connection)
                frozen = self._in_memory or self.read_only
                self._place = None if frozen else Place(connection, str(path), expected)
        except BaseException:
            connection.close()
            raise
        self._shared = threading.RLock() if self._in_memory else None
        self._writer_connection = connection
        self._local = threading.local()
        # Weak: a thread that ends lets its connections go, and nothing else may hold them.
        self._readers: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()
        self._readers_lock = threading.Lock()
        self._closed = False
        self._cache: WordCache | None = None
        self._cache_asked = 0
        self._tail: ArchiveTail | None = None
        self._cache_lock = threading.Lock()
        self._erasure: str | None = None  # the last that is no longer in memory either
        self._writing = threading.Lock()  # held by who uses the writer's connection
        self._writer = Writer(connection, self._begin, clock.now, turn, self._in_place)

    @property
    def origin(self) -> str:
        """See ports.Store."""
        return self._origin

    @property
    def commits(self) -> int:
        """Transactions committed by this process; each one is one sync of the log."""
        return self._writer.commits

    @property
    def file(self) -> FileId | None:
        """Which file it is; None where that cannot change, or is watched otherwise."""
        return None if self._place is None else self._place.file

    def _require_in_place(self) -> None:
        if self._place is not None:
            self._place.require()

    def _begin(self, lookups: Sequence[Lookups], now: Micros, in_crowd: bool) -> SqliteTransaction:
        return SqliteTransaction(
            self._writer_connection, self._weights, self._origin, lookups, now, in_crowd=in_crowd
        )

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """For who writes: nothing is acknowledged that went into a file which nobody will find."""
        with self._writing:
            self._require_in_place()
            yield
            self._require_in_place()

    def _word_cache(self) -> WordCache | None:
        """Words in memory, for a process that asks again and again; None for the first times."""
        with self._cache_lock:
            self._cache_asked += 1
            if self._cache is None and self._cache_asked > _PATIENCE:
                from ai_memory.adapters.sqlite.word_cache import WordCache

                self._cache = WordCache(self._column_weights)
            return self._cache

    def _archive_tail(self) -> ArchiveTail:
        """What was archived last, made when it is first asked for."""
        with self._cache_lock:
            if self._tail is None:
                from ai_memory.adapters.sqlite.archive_tail import ArchiveTail

                self._tail = ArchiveTail()
            return self._tail

    def _reader(self, connection: apsw.Connection) -> SqliteReader:
        return SqliteReader(
            connection,
            self._weights,
            self._word_cache,
            archive_tail=self._archive_tail,
            require_in_place=self._require_in_place,
        )

    @contextmanager
    def read(self, steps_max: int | None = None) -> Iterator[Reader]:
        """See ports.Store.

        Raises:
            NodeClosed: The store is closed.
            OutOfSteps: See ports.Store.
            StoreBusy, StoreUnavailable: See `sqlite_errors`.
        """
        if self._closed:
            raise NodeClosed("the store is closed")
        if self._shared is not None:
            if steps_max is not None:
                raise OutOfSteps  # who holds the one connection keeps it as long as it takes
            with self._shared, sqlite_errors():
                yield self._reader(self._writer_connection)
            return
        with sqlite_errors():
            stamp = self._current_stamp()
            try:
                connection = self._own("connection") if steps_max is None else self._hasty()
            except StoreMoved as cause:
                if steps_max is not None:
                    raise OutOfSteps from cause
                with self._saved() as rows:
                    yield rows
                return
            connection.execute("BEGIN")
            if steps_max is not None:
                self._local.left = steps_max
            try:
                yield self._reader(connection)
            finally:
                if steps_max is not None:
                    self._local.left = None
                if connection.in_transaction:
                    connection.execute("COMMIT")
            if stamp is not None and stamp != self._stamp():
                raise StoreBusy(
                    "the database was written while it was read without locks",
                    hint="It is read-only here; ask again.",
                )

    @contextmanager
    def _saved(self) -> Iterator[Reader]:
        """Read a file that no path names any more, on the connection that cannot write it now."""
        with self._writing:
            self._writer_connection.execute("BEGIN")
            try:
                yield self._reader(self._writer_connection)
            finally:
                if self._writer_connection.in_transaction:
                    self._writer_connection.execute("COMMIT")

    def _current_stamp(self) -> Stamp | None:
        """Of a file that is read without locks; what was opened before it changed is let go."""
        if not self.read_only:
            return None
        stamp = self._stamp()
        if getattr(self._local, "stamp", stamp) != stamp:
            with self._readers_lock:
                for name in ("connection", "hasty"):
                    stale: apsw.Connection | None = self._local.__dict__.pop(name, None)
                    if stale is not None:
                        self._readers.discard(stale)
                        stale.close()
            self._local.__dict__.pop("left", None)
        self._local.stamp = stamp
        return stamp

    def _stamp(self) -> Stamp | None:
        from ai_memory.adapters.sqlite.frozen import stamp_of

        return stamp_of(Path(self.path))

    def _own(self, name: str) -> apsw.Connection:
        """This thread's connection of that name, opened when first asked for."""
        connection: apsw.Connection | None = getattr(self._local, name, None)
        if connection is None:
            self._require_in_place()  # or there may be nothing to open
            connection = connect(self.path, writer=False, vfs=self._vfs)
            try:
                self._require_in_place()  # or it would read another file than is written
            except BaseException:
                connection.close()
                raise
            setattr(self._local, name, connection)
            with self._readers_lock:
                self._readers.add(connection)
        return connection

    def _hasty(self) -> apsw.Connection:
        """This thread's connection that counts its steps, and waits for nobody."""
        connection = self._own("hasty")
        if not hasattr(self._local, "left"):
            self._local.left = None
            connection.set_busy_timeout(0)
            connection.set_progress_handler(self._is_spent, _STEPS_COUNTED)
        return connection

    def _is_spent(self) -> bool:
        """Called by SQLite, in the thread that reads, after so many steps."""
        if self._local.left is None:
            return False
        self._local.left -= _STEPS_COUNTED
        return bool(self._local.left < 0)

    def submit(
        self, work: Callable[[Transaction], Any], lookups: Lookups = Lookups()
    ) -> Future[Any]:
        """See ports.Store."""
        if self.read_only:
            refused: Future[Any] = Future()
            refused.set_exception(StoreReadOnly("the database cannot be written here"))
            return refused
        if self._shared is None:
            return self._writer.submit(work, lookups)
        with self._shared:
            # One connection serves both sides: nobody reads while the batch is open.
            future = self._writer.submit(work, lookups)
            future.exception()
            return future

    def tidy(self) -> bool:
        """See ports.Store."""
        if self._shared is not None or self.read_only:
            return True
        try:
            size = Path(f"{self.path}-wal").stat().st_size
        except OSError:
            return True
        if size <= limits.WAL_BYTES_MAX:
            return True
        from ai_memory.adapters.sqlite.upkeep import empty_log

        return self._writer.between(empty_log).result()

    def merge_words(self) -> bool:
        """See ports.Store."""
        if self._shared is not None or self.read_only:
            return False
        from ai_memory.adapters.sqlite.upkeep import merge_words

        return self._writer.between(merge_words).result()

    def forget_erased(self) -> None:
        """See ports.Store."""
        with self.read() as rows:
            assert isinstance(rows, SqliteReader)
            last = rows.last_erasure()
        if last != self._erasure:
            self._forget()
            self._erasure = last

    def _forget(self) -> None:
        """Drop what is kept in memory of words and of the archive; whoever asks reads it anew."""
        with self._cache_lock:
            self._cache = None
            if self._tail is not None:
                self._tail.close()

    def scrub(self) -> bool:
        """See ports.Store."""
        if self._closed:
            raise NodeClosed("the store is closed")
        if self.read_only:
            raise StoreReadOnly("the database cannot be written here")
        from ai_memory.adapters.sqlite.scrub import rewrite, scrub_file

        self._require_in_place()
        self._forget()
        if self._shared is not None:
            with self._shared, sqlite_errors():
                return rewrite(self._writer_connection)
        return scrub_file(self.path, self._vfs)

    def close(self) -> None:
        """See ports.Store."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        with self._readers_lock:
            for reader in list(self._readers):
                reader.close()
            self._readers.clear()
        if self._tail is not None:
            self._tail.close()
        self._writer_connection.close()


def _node_id(connection: apsw.Connection, entropy: Entropy) -> str:
    """This file's name in the log, made at first opening."""
    found = connection.execute("SELECT value FROM meta WHERE name = 'node_id'").get
    if found is None:
        connection.execute(
            "INSERT INTO meta (name, value) VALUES ('node_id', ?) ON CONFLICT DO NOTHING",
            (entropy.new_id(),),
        )
        found = connection.execute("SELECT value FROM meta WHERE name = 'node_id'").get
    return str(found)
