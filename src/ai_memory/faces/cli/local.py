"""A node opened for one call, in this process."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from ai_memory.compose import OpenNode, open_node
from ai_memory.config import Config
from ai_memory.errors import AiMemoryError, EmbedderUnavailable
from ai_memory.faces.cli.call import Flags
from ai_memory.faces.cli.output import note
from ai_memory.faces.cli.paint import plural
from ai_memory.faces.cli.progress import Preparation
from ai_memory.faces.codec import to_builtins
from ai_memory.model.command import Command
from ai_memory.operations.registry import Operation
from ai_memory.operations.serving import serves

EMBEDDED_BEFORE_RECALL_MAX: Final = 512
"""Memories; so many take a few seconds, and a recall that finds all is worth them."""


class LocalDoor:
    """Opens the store and what the feature level needs; closes it after the call."""

    def __init__(
        self,
        config: Config,
        flags: Flags,
        project: str | None = None,
        *,
        background: bool = False,
        vectors_later: bool = False,
    ) -> None:
        """Open.

        Args:
            config: The settings.
            flags: The global flags.
            project: The namespace of the project it is called from; None: none.
            background: Let the janitor work meanwhile: for calls that take long.
            vectors_later: Load no model; the next recall makes the vectors.

        Raises:
            AiMemoryError: See `compose.open_node`.
        """
        self._quiet = flags.quiet
        self._config = config
        with Preparation(quiet=flags.quiet) as preparation:
            self.opened: OpenNode = open_node(
                config,
                background=background,
                progress=preparation.told,
                vectors_later=vectors_later,
            )
        self.caller = self.opened.caller("cli", project=project)

    def execute(self, operation: Operation, command: Command) -> dict[str, Any]:
        """See Door."""
        problem = self.opened.node.facts.embedder_problem
        if operation.method == "recall":
            self._embed_waiting()  # and its answer says what degraded it
        elif problem is not None and self._config.embedder != "none":
            note(f"note: keyword search only: {problem}", quiet=self._quiet)
        result: dict[str, Any] = to_builtins(self.opened.node.execute(self.caller, command))
        return result

    def stream(self, operation: Operation, command: Command) -> Generator[bytes, None, None]:
        """See Door."""
        del operation
        yield from self.opened.node.stream(self.caller, command)

    def _embed_waiting(self) -> None:
        """Make missing vectors: no janitor runs beside a single call."""
        node = self.opened.node
        if node.facts.embedder is None or node.store.read_only:
            return
        with node.store.read() as rows:
            waiting = rows.count_unembedded() if serves(rows, node.facts.embedder) else 0
        if waiting:
            from ai_memory.operations.embed_memories import EmbedMemories

            now = min(waiting, EMBEDDED_BEFORE_RECALL_MAX)
            rest = waiting - now
            note(
                f"note: making the vectors of {plural(now, 'memory', 'memories')} first"
                + (
                    f"; {rest} more are found by their words only, until later recalls or "
                    "`ai-memory reembed` have made theirs"
                    if rest
                    else ""
                ),
                quiet=self._quiet,
            )
            try:
                node.execute(self.caller, EmbedMemories(limit=now))
            except EmbedderUnavailable as failure:
                note(f"note: keyword search only: {failure.message}", quiet=self._quiet)

    def close(self) -> None:
        """See Door. What was answered is durable; a counter that was not written is no failure."""
        try:
            self.opened.close()
        except AiMemoryError as failure:
            note(f"note: recalls were not counted: {failure.message}", quiet=self._quiet)
