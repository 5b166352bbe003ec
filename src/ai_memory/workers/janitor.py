"""The janitor: writes touches, makes vectors, archives what expired, saves the index.

It imports an operation when there is work for it: a call of the command line has next to none.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ai_memory import limits
from ai_memory.errors import EmbedderUnavailable, NodeClosed, StoreMoved
from ai_memory.model.command import Caller
from ai_memory.model.printable import printable
from ai_memory.node import Node
from ai_memory.operations.serving import serves
from ai_memory.workers.reembedder import Reembedder

_CALLER: Final = Caller(agent_id="system:janitor", face="worker")
_TOUCHES_PER_COMMAND: Final = 2_000
_EMBED_RETRY_SECS: Final = 60.0


class Janitor:
    """Runs beside a node; the node's `wake` rings for it.

    Two threads: touches are promised within a second, and must not wait for a chore that takes
    many, such as embedding an import or folding the index.
    """

    def __init__(
        self,
        node: Node,
        reembedder: Reembedder,
        *,
        background: bool,
        archive_max_days: int = 0,
        pass_on: Callable[[], None] | None = None,
    ) -> None:
        """Start, unless there is to be no background: then `turn` and `close` do the work.

        Args:
            node: Whose.
            reembedder: Goes on with a change of model.
            background: Run threads.
            archive_max_days: Purge what was archived longer ago; 0: never.
            pass_on: Another process does the chores: called when some may be due. This one writes
                its touches only.
        """
        self._node = node
        self._archive_max_days = archive_max_days
        self._reembedder = reembedder
        self._stopping = threading.Event()
        self._bells: list[threading.Event] = []
        self._threads: list[threading.Thread] = []
        self._swept_at = float("-inf")
        self._purged_at = float("-inf")
        self._embed_after = float("-inf")
        self._merged_at = float("-inf")
        self._merged_to = self._written_to = -1  # positions of the log
        if background and not node.store.read_only:
            self._start("touches", self.keep_up)
            embeds = node.facts.embedder is not None and pass_on is None
            self._start(
                "chores",
                self.chores if pass_on is None else pass_on,
                limits.FOREIGN_TEXT_SECS if embeds else limits.JANITOR_SECS,
            )
            node.wake = self._ring

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()

    def _start(
        self, name: str, work: Callable[[], None], every_secs: float = limits.JANITOR_SECS
    ) -> None:
        bell = threading.Event()
        self._bells.append(bell)
        thread = threading.Thread(
            target=self._run, args=(work, bell, every_secs), name=f"ai-memory-{name}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _run(self, work: Callable[[], None], bell: threading.Event, every_secs: float) -> None:
        while not self._stopping.is_set():
            try:
                work()
            except NodeClosed:
                return
            except Exception as failure:  # noqa: BLE001 - the next turn may succeed
                print(f"ai-memory: janitor: {printable(str(failure))}", file=sys.stderr)  # noqa: T201
            bell.wait(every_secs)
            # Many recalls within this time are one write.
            self._stopping.wait(limits.TOUCH_FLUSH_SECS)
            bell.clear()

    def turn(self) -> None:
        """One round of everything that is due.

        Raises:
            AiMemoryError: The store failed; what was not done stays due.
        """
        self.keep_up()
        self.chores()

    def chores(self) -> None:
        """Archive, embed, save: what may take a while. Raises like `turn`."""
        if self._node.store.read_only:
            return
        now = self._node.clock.monotonic()
        if now - self._swept_at >= limits.JANITOR_SECS:
            self._swept_at = now
            self.collect()
            self.purge()
            self.scrub()
        while not self._stopping.is_set() and self.embed_some():
            pass
        self.change_model()
        self.save_index()
        self.merge_words()

    def keep_up(self) -> None:
        """What each process does for itself: write its touches, forget what others erased."""
        self.flush_touches()
        self._node.store.forget_erased()

    def flush_touches(self) -> None:
        """Write the recalls noted since the last time."""
        touches = self._node.drain_touches()
        if not touches:
            return
        from ai_memory.operations.touch_memories import TouchMemories

        for at in range(0, len(touches), _TOUCHES_PER_COMMAND):
            part = touches[at : at + _TOUCHES_PER_COMMAND]
            self._node.execute(_CALLER, TouchMemories(touches=part))

    def collect(self) -> None:
        """Archive what expired."""
        while self._any_expired():
            from ai_memory.operations.collect_expired import CollectExpired

            self._node.execute(_CALLER, CollectExpired())

    def purge(self) -> None:
        """Purge what was archived too long ago, if the settings set an age.

        A few times a day: it is counted in days, and each purge rewrites the file.
        """
        now = self._node.clock.monotonic()
        if not self._archive_max_days or now - self._purged_at < limits.PURGE_SECS:
            return
        self._purged_at = now
        from ai_memory.operations.purge_archive import PurgeArchive, PurgeResult

        command = PurgeArchive(older_than_days=self._archive_max_days, dry_run=True)
        due: PurgeResult = self._node.execute(_CALLER, command)
        if due.purged:
            self._node.execute(_CALLER, PurgeArchive(older_than_days=self._archive_max_days))

    def scrub(self) -> None:
        """Finish erasures that others' files were in the way of."""
        with self._node.store.read() as rows:
            due = rows.scrub_due()
        if due is not None:
            from ai_memory.operations.scrub_traces import ScrubTraces

            self._node.execute(_CALLER, ScrubTraces())

    def _any_expired(self) -> bool:
        """Asked of a snapshot first: a turn with nothing to do takes no write lock."""
        with self._node.store.read() as rows:
            return bool(rows.expired(self._node.clock.now(), 1))

    def embed_some(self) -> bool:
        """Make some missing vectors; whether more are missing and can be made."""
        now, model = self._node.clock.monotonic(), self._node.facts.embedder
        if model is None or now < self._embed_after:
            return False
        with self._node.store.read() as rows:
            if not serves(rows, model) or not rows.count_unembedded():
                return False
        from ai_memory.operations.embed_memories import EmbedMemories

        try:
            done = self._node.execute(_CALLER, EmbedMemories())
        except EmbedderUnavailable:
            self._embed_after = now + _EMBED_RETRY_SECS
            return False
        return bool(done.remaining and done.embedded)

    def change_model(self) -> None:
        """Go on with a change to this node's model that was begun, and remove what one left."""
        now = self._node.clock.monotonic()
        if self._node.facts.embedder is None or now < self._embed_after:
            return
        try:
            if self._reembedder.is_due():
                self._reembedder.run(is_stopped=self._stopping.is_set)
        except EmbedderUnavailable:
            self._embed_after = now + _EMBED_RETRY_SECS
        self._reembedder.drop(self._stopping.is_set)

    def save_index(self) -> None:
        """Persist the vector index, step by step, as far as it is due."""
        while not self._stopping.is_set() and self._reembedder.fold():
            self._node.store.tidy()  # a step's snapshot kept the log from being emptied

    def merge_words(self) -> None:
        """Bring the parts together that writing left of the keyword index.

        Once nobody writes, or once in a while where that never is. Writers get their turn after
        each step. Raises like `turn`.
        """
        store, now = self._node.store, self._node.clock.monotonic()
        with store.read() as rows:
            position = rows.log_position()
        rests, self._written_to = position == self._written_to, position
        if position == self._merged_to or (
            not rests and now - self._merged_at < limits.JANITOR_SECS
        ):
            return
        self._merged_at = now
        for _ in range(limits.MERGES_MAX):
            if self._stopping.is_set():
                return
            if not store.merge_words():
                self._merged_to = position
                return

    def close(self) -> None:
        """Stop the loop and do what must not be lost: touches, and the index."""
        self._stopping.set()
        self._ring()
        for thread in self._threads:
            thread.join()
        with suppress(StoreMoved):  # who stored has heard of it, and nobody will find the rest
            self.flush_touches()
            if not self._threads and not self._node.store.read_only:
                self.collect()
                self._save_little()

    def _save_little(self) -> None:
        """A one-shot process persists what takes a moment; a long tail waits for a server."""
        index = self._node.index
        if index is not None and index.tail_rows <= limits.CLOSING_SAVE_ROWS_MAX:
            self._reembedder.fold()
