"""The reembedder: makes the vectors of a new model beside the old ones, then lets it serve.

Until the switch every process searches the old vectors; after it, the old ones are removed bit by
bit. What is done is in the database after every batch, so whoever comes next goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory import limits
from ai_memory.errors import EmbedderUnavailable, StoreReadOnly
from ai_memory.model.command import Caller
from ai_memory.node import Node

if TYPE_CHECKING:
    from ai_memory.adapters.vector_index.folder import IndexFolder

_CALLER: Final = Caller(agent_id="system:reembedder", face="worker")
_FOLD_EVERY: Final = 16_384  # memories; so the index grows along and is there at the switch
_PATIENCE: Final = 20  # attempts to find no memory missing, before some may follow


class Reembedded(NamedTuple):
    """What a run has done."""

    embedded: int
    dropped: int


class Reembedder:
    """Changes the store's model to that of its node. One process works, others let it."""

    def __init__(self, node: Node, folder: IndexFolder | None) -> None:
        """Take the node, and the folder of its index; without an embedder it has none."""
        self._node = node
        self._folder = folder
        self._is_tidy = False

    def run(
        self,
        told: Callable[[int], None] = lambda _embedded: None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Reembedded | None:
        """Make everything that is missing, and switch; stopped, the next run goes on.

        Args:
            told: Is told after each batch how many memories have been embedded.
            is_stopped: Asked between two batches.

        Returns:
            What was done; None when another process is at it.

        Raises:
            EmbedderUnavailable: This node has no embedder, or it does not answer.
            StoreReadOnly: The vectors would be rows.
            AiMemoryError: The store failed; what was done is kept.
        """
        if self._node.store.read_only:
            raise StoreReadOnly("the database cannot be written here")
        if self._folder is None:
            raise EmbedderUnavailable(self._node.facts.embedder_problem or "no embedder")
        from ai_memory.operations.embed_memories import EmbedMemories

        with self._folder.changing() as mine:
            if not mine:
                return None
            embedded = self._prepare(told, is_stopped)
            while not is_stopped():
                done = self._node.execute(_CALLER, EmbedMemories(limit=limits.REEMBED_BATCH))
                embedded += done.embedded
                told(embedded)
                if not (done.remaining and done.embedded):
                    break
            return Reembedded(embedded, self.drop(is_stopped))

    def _prepare(self, told: Callable[[int], None], is_stopped: Callable[[], bool]) -> int:
        """Embed until the model serves; how many memories."""
        from ai_memory.operations.prepare_model import PrepareModel
        from ai_memory.operations.switch_model import SwitchModel

        embedded = unfolded = attempts = 0
        while not is_stopped():
            done = self._node.execute(_CALLER, PrepareModel())
            if done.serves:
                break
            embedded += done.embedded
            unfolded += done.embedded
            told(embedded)
            is_near = done.embedded < limits.REEMBED_BATCH
            if (is_near or unfolded >= _FOLD_EVERY) and self.fold():
                continue  # one bounded step; the store has not waited meanwhile
            unfolded = 0
            if is_near:
                attempts += 1
                most = 0 if attempts < _PATIENCE else limits.REEMBED_STRAGGLERS_MAX
                if self._node.execute(_CALLER, SwitchModel(stragglers_max=most)).serves:
                    break
        return embedded

    def fold(self) -> bool:
        """Persist a step of the index of this node's model; whether there may be more."""
        index, model = self._node.index, self._node.facts.embedder
        if index is None or model is None:
            return False
        with self._node.store.read() as rows:
            if model not in (rows.embedding_model(), rows.coming_model()):
                return False
            return index.save(rows.vectors_of(model))

    def is_running(self) -> bool:
        """Whether some process, if only this one, makes vectors of a new model now."""
        if self._folder is None:
            return False
        with self._folder.changing() as free:
            return not free

    def is_due(self) -> bool:
        """Whether a change to this node's model was begun, by whomever, and is not done."""
        model = self._node.facts.embedder
        with self._node.store.read() as rows:
            return model is not None and rows.coming_model() == model

    def drop(self, is_stopped: Callable[[], bool] = lambda: False) -> int:
        """Remove what models left that serve no more: vectors, then files; how many vectors."""
        dropped = 0
        while not is_stopped():
            with self._node.store.read() as rows:
                kept = (rows.embedding_model(), rows.coming_model())
                if not rows.is_leaving():
                    if self._folder is not None and (dropped or not self._is_tidy):
                        self._folder.forget_others(kept)
                    self._is_tidy = True
                    break
            from ai_memory.operations.drop_vectors import DropVectors

            dropped += self._node.execute(_CALLER, DropVectors()).dropped
        return dropped
