"""The one thread that writes: group commit, one fsync for many callers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw

from ai_memory import limits
from ai_memory.adapters.sqlite.connection import sqlite_errors
from ai_memory.adapters.sqlite.transaction import SqliteTransaction
from ai_memory.errors import Internal, NodeClosed, StoreBusy
from ai_memory.model.clock import Micros
from ai_memory.ports import Lookups, Transaction

if TYPE_CHECKING:
    from ai_memory.adapters.sqlite.turn import Turn


class Unit(NamedTuple):
    """One caller's work and where its answer goes."""

    work: Callable[[Transaction], Any]
    lookups: Lookups
    future: Future[Any]


class Aside(NamedTuple):
    """Work on the file itself, for between two commits, and where its answer goes."""

    work: Callable[[apsw.Connection], bool]
    future: Future[bool]


class _Half(Exception):
    """A unit failed after it had written; the batch must be undone to undo that unit."""


class Writer:
    """Takes units from many threads and commits them in batches, in order of arrival."""

    def __init__(
        self,
        connection: apsw.Connection,
        begin: Callable[[Sequence[Lookups], Micros, bool], SqliteTransaction],
        clock: Callable[[], Micros],
        turn: Turn | None = None,
        in_place: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._in_place = in_place
        self._connection = connection
        self._begin = begin
        self._clock = clock
        self._turn = turn
        self._queue: SimpleQueue[Unit | Aside | None] = SimpleQueue()
        self._closing = False
        self._gate = threading.Lock()  # orders submissions against close
        self.commits = 0
        self._crowd_at: Micros | None = None  # when a crowd was last here
        self._thread = threading.Thread(target=self._run, name="ai-memory-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Transaction], Any], lookups: Lookups) -> Future[Any]:
        """Queue a unit.

        Raises:
            NodeClosed: The store is closing.
            StoreBusy: Too many units wait already.
        """
        future: Future[Any] = Future()
        with self._gate:
            if self._closing:
                raise NodeClosed("the store is closed")
            if self._queue.qsize() >= limits.WRITE_QUEUE_MAX:
                raise StoreBusy("too many writes are waiting")
            self._queue.put(Unit(work, lookups, future))
        return future

    def between(self, work: Callable[[apsw.Connection], bool]) -> Future[bool]:
        """Do something to the file between two commits; it begins its own transaction, or none.

        Raises:
            NodeClosed: The store is closing.
            StoreBusy, StoreUnavailable (through the future): See `sqlite_errors`.
        """
        future: Future[bool] = Future()
        with self._gate:
            if self._closing:
                raise NodeClosed("the store is closed")
            self._queue.put(Aside(work, future))
        return future

    def close(self) -> None:
        """Commit what was submitted, then stop."""
        with self._gate:
            if not self._closing:
                self._closing = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            if isinstance(first, Aside):
                self._do(first)
                continue
            if self._turn is not None:
                self._turn.take()  # first: what comes while we wait is committed together
            batch, stop, aside = [first], False, None
            while len(batch) < limits.BATCH_COMMANDS_MAX:
                try:
                    unit = self._queue.get_nowait()
                except Empty:
                    break
                if unit is None:
                    stop = True
                    break
                if isinstance(unit, Aside):
                    aside = unit
                    break
                batch.append(unit)
            self._commit([u for u in batch if u.future.set_running_or_notify_cancel()])
            self._give_turn()
            if aside is not None:
                self._do(aside)
            if stop:
                return

    def _do(self, aside: Aside) -> None:
        if self._turn is not None:
            self._turn.take()
        try:
            with sqlite_errors(), self._in_place():
                done = aside.work(self._connection)
        except Exception as failure:  # noqa: BLE001 - who asked must hear of it
            aside.future.set_exception(failure)
        else:
            aside.future.set_result(done)
        finally:
            self._give_turn()

    def _commit(self, units: list[Unit]) -> None:
        if not units:
            return
        try:
            with sqlite_errors(), self._in_place():
                try:
                    answers = self._together(units)
                except (_Half, apsw.ConstraintError):
                    answers = self._apart(units)
        except BaseException as error:  # noqa: BLE001 - every caller must hear of it
            shown = (
                error if isinstance(error, Exception) else Internal("the writer was interrupted")
            )
            for unit in units:
                unit.future.set_exception(shown)
            return
        finally:
            self._give_turn()
        for unit, (value, failure) in zip(units, answers, strict=True):
            if failure is not None:
                unit.future.set_exception(failure)
            else:
                unit.future.set_result(value)

    def _give_turn(self) -> None:
        if self._turn is not None:
            self._turn.give()

    def _in_crowd(self, count: int, now: Micros) -> bool:
        """Whether many store at once: in this batch, or in one a moment ago.

        A crowd comes in batches of all sizes: the writer takes the first of it as soon as it can.
        Of one that calls several processes each sees its share.
        """
        if self._turn is not None:
            count *= self._turn.writing
        if count > limits.HINT_CROWD_MAX:
            self._crowd_at = now
        return self._crowd_at is not None and 0 <= now - self._crowd_at < limits.CROWD_MICROS

    def _together(self, units: list[Unit]) -> list[tuple[Any, Exception | None]]:
        """All units in one transaction, their rows written in sets."""
        with Immediate(self._connection):
            now = self._clock()
            transaction = self._begin(
                [unit.lookups for unit in units], now, self._in_crowd(len(units), now)
            )
            answers: list[tuple[Any, Exception | None]] = []
            for unit in units:
                before = transaction.writes
                try:
                    answers.append((unit.work(transaction), None))
                except apsw.Error:
                    raise
                except Exception as failure:
                    if transaction.writes != before:
                        raise _Half from failure
                    answers.append((None, failure))
            transaction.flush()
        self.commits += 1
        return answers

    def _apart(self, units: list[Unit]) -> list[tuple[Any, Exception | None]]:
        """Each unit behind its own savepoint: one that fails undoes only itself."""
        answers: list[tuple[Any, Exception | None]] = []
        with Immediate(self._connection):
            for unit in units:
                self._connection.execute("SAVEPOINT unit")
                transaction = self._begin([unit.lookups], self._clock(), len(units) > 1)
                try:
                    value = unit.work(transaction)
                    transaction.flush()
                except Exception as failure:
                    if isinstance(failure, apsw.Error) and not isinstance(
                        failure, apsw.ConstraintError
                    ):
                        raise
                    self._connection.execute("ROLLBACK TO unit")
                    shown = (
                        Internal("the store refused the write")
                        if isinstance(failure, apsw.ConstraintError)
                        else failure
                    )
                    answers.append((None, shown))
                else:
                    answers.append((value, None))
                self._connection.execute("RELEASE unit")
        self.commits += 1
        return answers


class Immediate:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK on any error."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
            except BaseException:
                self._rollback()
                raise
        else:
            self._rollback()

    def _rollback(self) -> None:
        # A full disk or an I/O error may have rolled back already.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
