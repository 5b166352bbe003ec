"""uvicorn's HTTP/1.1 protocol, with our error shape and bounds on the head of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ai_memory import limits
from ai_memory.errors import ValidationFailed
from ai_memory.faces.http.cork import Cork
from ai_memory.faces.http.reply import error_body

_LINGER_SECS: Final = 2.0


class BoundedProtocol(HttpToolsProtocol):
    """Answers what is no HTTP, or too long to be a head, with a JSON error, and closes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what uvicorn gives a protocol."""
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._in_head = False
        self._refused = False
        self._reason: str | None = None
        self.gone: Callable[[], None] = lambda: None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody called."""
        super().connection_made(cast("asyncio.Transport", Cork(transport, self.loop)))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        super().connection_lost(exc)
        self.gone()

    def on_message_begin(self) -> None:
        """A new request's head begins."""
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is complete; the application takes over."""
        self._in_head = False
        if len(self.url) > limits.HTTP_TARGET_BYTES_MAX:
            self._reason = f"the address exceeds {limits.HTTP_TARGET_BYTES_MAX} bytes"
            raise ValueError(self._reason)
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Bytes came; those behind a refusal are dropped."""
        if self._refused:
            return
        super().data_received(data)
        if self._in_head and not self._refused:
            self._head_bytes += len(data)
            if self._head_bytes > limits.HTTP_HEAD_BYTES_MAX:
                self._reason = f"the head exceeds {limits.HTTP_HEAD_BYTES_MAX} bytes"
                self.send_400_response(self._reason)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - what uvicorn calls
        """Answer, say that nothing follows, and drop what still comes for a moment.

        Closing at once would reset the connection under a client that is still sending, and it
        might never read the answer.
        """
        self._refused = True
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn hides that there may be none
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                # Nonsense behind a request that is being answered: that answer goes out, no other.
                cycle.keep_alive = False
                return
            # The request's own body is broken: to the application, its client went away.
            cycle.disconnected = True
            cycle.message_event.set()
        if self._reason is None:
            error = ValidationFailed(
                "this is not a valid HTTP/1.1 request",
                hint="Check the request line, the headers and the body's framing.",
            )
        else:
            error = ValidationFailed(self._reason, hint="Send long fields in a JSON body, by POST.")
        body = error_body(error)
        defaults = b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers)
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\n%bcontent-type: application/json\r\n"
            b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (defaults, len(body), body)
        )
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_SECS, self.transport.close)
