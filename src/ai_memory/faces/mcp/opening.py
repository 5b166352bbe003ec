"""The node, opened while the client is already being answered."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Protocol

from ai_memory.errors import AiMemoryError
from ai_memory.faces.mcp.pipe import note
from ai_memory.faces.problems import internal

if TYPE_CHECKING:
    from ai_memory.compose import OpenNode


class NodeSource(Protocol):
    """Where a call gets its node."""

    async def opened(self) -> OpenNode:
        """The node, once it is open.

        Raises:
            AiMemoryError: It cannot be opened.
        """
        ...


class Ready:
    """A node that is open already; whoever opened it closes it."""

    def __init__(self, node: OpenNode) -> None:
        self._node = node

    async def opened(self) -> OpenNode:
        """See NodeSource."""
        return self._node


class Opening:
    """A node opened in a thread, from `start` or the first call on.

    A failure goes to stderr and to every call that waits for it; the next call tries again, since
    a busy or missing database may have come back.
    """

    def __init__(self, open_node: Callable[[], OpenNode]) -> None:
        """Take what opens the node; it runs in another thread."""
        self._open_node = open_node
        self._attempt: Future[OpenNode] | None = None

    def start(self) -> None:
        """Begin, unless the node is open or being opened."""
        attempt = self._attempt
        if attempt is not None and not (attempt.done() and attempt.exception()):
            return
        attempt = Future()
        # A future that runs cannot be cancelled: a caller that goes away leaves it to the others.
        attempt.set_running_or_notify_cancel()
        self._attempt = attempt
        threading.Thread(
            target=self._run, args=(attempt,), name="ai-memory-open", daemon=True
        ).start()

    def _run(self, attempt: Future[OpenNode]) -> None:
        try:
            opened = self._open_node()
        except BaseException as failure:  # noqa: BLE001 - handed to whoever waits
            _report(failure)
            attempt.set_exception(failure if isinstance(failure, Exception) else internal())
        else:
            attempt.set_result(opened)

    async def opened(self) -> OpenNode:
        """See NodeSource."""
        self.start()
        assert self._attempt is not None
        return await asyncio.wrap_future(self._attempt)

    def close(self, wait_secs: float) -> bool:
        """Close the node if it was opened.

        Args:
            wait_secs: How long an opening that is still going on is waited for.

        Returns:
            Whether nothing is left running.
        """
        attempt = self._attempt
        if attempt is None:
            return True
        wait((attempt,), wait_secs)
        if not attempt.done():
            return False
        if attempt.exception() is None:
            try:
                attempt.result().close()
            except AiMemoryError as failure:
                _report(failure)
        return True


def _report(failure: BaseException) -> None:
    if isinstance(failure, AiMemoryError):
        note(f"{failure.message}\n  {failure.hint}")
    else:
        note("".join(traceback.format_exception(failure)))
