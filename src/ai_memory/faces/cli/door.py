"""The way to a node: ours, opened for this call, or one that runs elsewhere."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ai_memory.faces.cli.setting import home_of, node_url, settings

if TYPE_CHECKING:
    from ai_memory.config import Config
    from ai_memory.faces.cli.call import Flags
    from ai_memory.model.command import Command
    from ai_memory.operations.registry import Operation


class Door(Protocol):
    """Takes commands to a node."""

    def execute(self, operation: Operation, command: Command) -> dict[str, Any]:
        """Run a command; its result as JSON values.

        Raises:
            AiMemoryError: What the operation declares, or a fault of the world.
        """

    def stream(self, operation: Operation, command: Command) -> Generator[bytes, None, None]:
        """Run a command that streams; its answer in pieces. Close it before the door.

        Raises:
            AiMemoryError: Likewise, also between two pieces.
        """

    def close(self) -> None:
        """Finish what the node has to finish; twice is once."""


@contextmanager
def open_door(
    flags: Flags, operation: Operation, config: Config | None = None, folder: Path | None = None
) -> Iterator[Door]:
    """Open the node that the flags and settings name.

    Args:
        flags: The global flags.
        operation: What it is opened for.
        config: The settings, where they are read already.
        folder: Whose project is meant where none is named; None: that of where we stand.

    Raises:
        ConfigInvalid, ValidationFailed: See `settings` and `node_url`.
        AiMemoryError: The node cannot be opened.
    """
    config = settings(flags) if config is None else config
    url = node_url(flags, config)
    project = home_of(config, folder)
    door: Door
    if url is not None:
        from ai_memory.faces.cli.remote import RemoteDoor

        door = RemoteDoor(url, config, project)
    else:
        from ai_memory.faces.cli.local import LocalDoor

        if not operation.embeds:
            # No model is loaded for what makes no vector.
            config = config._replace(tier="keyword")
        door = LocalDoor(
            config,
            flags,
            project,
            background=operation.method == "import",
            vectors_later=operation.defers,
        )
    try:
        yield door
    finally:
        door.close()
