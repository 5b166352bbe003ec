"""Many callers at once: their commands meet in one commit, in a known order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from tests.support import CALLER

from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.model.command import Command
from ai_memory.node import Node

PATIENCE_SECS = 60


class _Walk:
    """A command on its way; stands still while it waits for its commit."""

    def __init__(self, node: Node, command: Command) -> None:
        self._walk = node._walk(CALLER, command)
        self._wait: Any = None
        self._answer: Callable[[], Any] | None = None
        self._advance(lambda: next(self._walk))

    def _advance(self, resume: Callable[[], Any]) -> None:
        """Up to the next future, or the end."""
        try:
            wait = resume()
            while not isinstance(wait, Future):
                try:
                    answer = wait.work()
                except Exception as failure:  # noqa: BLE001 - the walk decides what it means
                    wait = self._walk.throw(failure)
                else:
                    wait = self._walk.send(answer)
        except StopIteration as stop:
            value = stop.value
            self._answer = lambda: value
        except Exception as failure:  # noqa: BLE001 - it is the answer
            refusal = failure

            def refuse() -> Any:
                raise refusal

            self._answer = refuse
        else:
            self._wait = wait

    def finish(self) -> Callable[[], Any]:
        """What returns the answer, or raises it."""
        while self._answer is None:
            wait: Future[Any] = self._wait
            failure = wait.exception(PATIENCE_SECS)
            if failure is None:
                self._advance(partial(self._walk.send, wait.result()))
            else:
                self._advance(partial(self._walk.throw, failure))
        return self._answer


def together(node: Node, commands: Sequence[Command]) -> list[Callable[[], Any]]:
    """Run commands whose writes share a transaction, in order.

    Raises:
        AssertionError: They did not: the store had to undo them and write them one by one.
    """
    store = node.store
    assert isinstance(store, SqliteStore)
    writer, fallen = store._writer, []
    begun, gate = threading.Event(), threading.Event()

    def hold(_rows: Any) -> None:
        begun.set()
        assert gate.wait(PATIENCE_SECS)

    apart = writer._apart

    def watched(units: Any) -> Any:
        fallen.append(len(units))
        return apart(units)

    writer._apart = watched  # type: ignore[method-assign]
    try:
        held = store.submit(hold)
        assert begun.wait(PATIENCE_SECS)
        try:
            walks = [_Walk(node, command) for command in commands]
        finally:
            gate.set()
        held.result(PATIENCE_SECS)
        answers = [walk.finish() for walk in walks]
    finally:
        writer._apart = apart  # type: ignore[method-assign]
    assert not fallen, f"{fallen} commands were undone and written one by one"
    return answers
