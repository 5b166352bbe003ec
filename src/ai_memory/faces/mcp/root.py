"""The client's roots: the folders it works on, which say whose project a call belongs to.

A client of the era with a handshake is asked over its pipe; one of the era without gets its call
back with the question, and sends it again with the answer. Nobody is asked who did not say that he
answers, and a client that does not answer after all costs the first call a moment, never more: then
the folder counts that this process was started in.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolRequestParams,
    ClientCapabilities,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    RootsCapability,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from ai_memory import limits
from ai_memory.adapters.project import root_folders

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

_KEY: Final = "roots"
_ROOTS: Final = ClientCapabilities(roots=RootsCapability())


class Roots:
    """What one server's clients say about their roots.

    Attributes:
        asked: How the client is asked in the era without a handshake.
    """

    asked: Final = InputRequiredResult(input_requests={_KEY: ListRootsRequest()})

    def __init__(self, *, sessions: bool) -> None:
        """Keep nothing yet.

        Args:
            sessions: There is one client, whose roots are asked for once; else each call has its
                own, and there is no pipe to ask over.
        """
        self._sessions = sessions
        self._lock = anyio.Lock()
        self._known: Sequence[Path] | None = None

    def forget(self) -> None:
        """The client says that they have changed: the next call asks again."""
        self._known = None

    async def folders(
        self, context: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> Sequence[Path] | None:
        """The folders of the client that calls, its main one first.

        Returns:
            None: the client must be asked with `asked` first.
        """
        if self._known is not None:
            return self._known
        if not context.session.check_client_capability(_ROOTS):
            return ()
        if context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            if params.input_responses is None:
                return None
            return self._keep(_folders_of(params.input_responses.get(_KEY)))
        if not self._sessions:
            return ()
        async with self._lock:
            known: Sequence[Path] | None = self._known  # somebody may have asked meanwhile
            return self._keep(await _ask(context)) if known is None else known

    def _keep(self, folders: Sequence[Path]) -> Sequence[Path]:
        if self._sessions:
            self._known = folders
        return folders


async def _ask(context: ServerRequestContext[Any, Any]) -> Sequence[Path]:
    """What the client answers; nothing, if it does not."""
    try:
        answer = await context.session.send_request(
            ListRootsRequest(),
            ListRootsResult,
            request_read_timeout_seconds=limits.ROOTS_WAIT_SECS,
        )
    except (MCPError, ValidationError, anyio.BrokenResourceError, anyio.ClosedResourceError):
        return ()
    return _folders_of(answer)


def _folders_of(answer: object) -> Sequence[Path]:
    if not isinstance(answer, ListRootsResult):
        return ()
    return root_folders(str(root.uri) for root in answer.roots)
