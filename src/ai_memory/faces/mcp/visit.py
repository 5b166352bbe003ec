"""One request of a client that has a session over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ai_memory.faces.mcp.session import Session, SessionBook

VISIT: Final = "ai_memory.visit"
"""Where a request's ASGI scope holds its visit."""


class Visit:
    """What the client has loaded, and whether this request loads more.

    Attributes:
        session_id: The session's name.
        client: What the client called itself.
        families: What it has loaded before.
        grew: Whether its list of tools has grown.
    """

    def __init__(self, book: SessionBook, session_id: str, session: Session) -> None:
        """Take what the book says."""
        self.session_id = session_id
        self.client = session.client
        self.families = session.families
        self.grew = False
        self._book = book

    def load(self, family: str) -> None:
        """Load a family for the rest of the session."""
        self._book.load(self.session_id, family)
        self.grew = True


def visit_of(request: Any) -> Visit | None:
    """The visit a request makes, if it makes one; over stdio there is no request."""
    return None if request is None else request.scope.get(VISIT)
