"""The curator: has the language model do what waits for it."""

from __future__ import annotations

import sys
import threading
from typing import Final

from ai_memory import limits
from ai_memory.errors import NodeClosed
from ai_memory.model.clock import SECOND
from ai_memory.model.command import Caller
from ai_memory.node import Node
from ai_memory.operations.tag_next import TagNext, TagNextResult

CURATOR: Final = Caller(agent_id="system:curator", face="worker")
_POLL_SECS: Final = 60.0  # other processes queue work too


class Curator:
    """Runs beside a node that has a language model, in a thread of its own.

    Nothing waits for it: a model that is slow or gone delays tags and nothing else.
    """

    def __init__(self, node: Node, *, background: bool) -> None:
        self._node = node
        self._stopping = threading.Event()
        self._bell = threading.Event()
        self._thread: threading.Thread | None = None
        self._paused_until = float("-inf")
        if background and node.language_model is not None:
            node.wake_curator = self._bell.set
            self._thread = threading.Thread(target=self._run, name="ai-memory-curator", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._bell.clear()
            wait_secs = _POLL_SECS
            try:
                wait_secs = min(_POLL_SECS, self.drain())
            except NodeClosed:
                return
            except Exception as failure:  # noqa: BLE001 - the next turn may succeed
                print(f"ai-memory: curator: {failure}", file=sys.stderr)  # noqa: T201
            self._bell.wait(wait_secs)

    def drain(self) -> float:
        """Do what is due, up to the first failure; seconds until more may be due.

        After a failure everything waits a little: a model that is down is asked about one text at
        a time, not about all.

        Raises:
            AiMemoryError: The store failed.
        """
        paused_secs = self._paused_until - self._node.clock.monotonic()
        if paused_secs > 0:
            return paused_secs
        while not self._stopping.is_set() and self._any_due():
            done: TagNextResult = self._node.execute(CURATOR, TagNext())
            if done.outcome == "failed":
                self._paused_until = self._node.clock.monotonic() + limits.MODEL_WORK_BACKOFF_SECS
                return limits.MODEL_WORK_BACKOFF_SECS
            if done.outcome == "idle":
                break
        return self._until_next()

    def _any_due(self) -> bool:
        """Asked of a snapshot: a turn with nothing to do takes no write lock."""
        return self._until_next() <= 0

    def _until_next(self) -> float:
        with self._node.store.read() as rows:
            due = rows.model_work().next_due
        return _POLL_SECS if due is None else (due - self._node.clock.now()) / SECOND

    def close(self) -> None:
        """Stop; what was not done stays queued. A question that is being asked is given up."""
        self._stopping.set()
        self._bell.set()
        if self._thread is not None and self._node.language_model is not None:
            self._node.language_model.close()
        if self._thread is not None:
            self._thread.join()
