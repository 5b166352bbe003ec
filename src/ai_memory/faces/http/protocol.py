"""uvicorn's HTTP/1.1 protocol, with our error shape, bounds on a request's head, and time-outs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ai_memory import limits
from ai_memory.errors import AiMemoryError, NodeBusy, RequestTimeout, ValidationFailed
from ai_memory.faces import problems
from ai_memory.faces.http.cork import Cork
from ai_memory.faces.http.crowd import Phase, connections_max, yielding
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
        self.phase = Phase.HEAD
        self.since = self.loop.time()
        self.answered = 0
        self._unsent = 0
        self.peer = ""
        self._before_stall = self.phase

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody called; who rests makes room where there is none."""
        super().connection_made(cast("asyncio.Transport", Cork(transport, self.loop)))
        self.peer = self.client[0] if self.client else ""
        if len(self.connections) <= connections_max():
            return
        others = cast("set[BoundedProtocol]", self.connections)
        one = yielding(other for other in others if other is not self)
        if one is None:
            self._refuse(NodeBusy("all connections of this node are in use"))
        else:
            cast("BoundedProtocol", one).abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        super().connection_lost(exc)
        self.gone()

    def on_message_begin(self) -> None:
        """A new request's head begins."""
        if self.phase is Phase.IDLE:
            self._enter(Phase.HEAD)
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is complete; the application takes over."""
        self._in_head = False
        if len(self.url) > limits.HTTP_TARGET_BYTES_MAX:
            self._reason = f"the address exceeds {limits.HTTP_TARGET_BYTES_MAX} bytes"
            raise ValueError(self._reason)
        if self.phase is Phase.HEAD:
            self._enter(Phase.BODY)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self.phase is Phase.BODY:
            self._enter(Phase.IDLE if self.cycle.response_complete else Phase.ANSWER)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """It is answered; its body may still be on its way."""
        self.answered += 1
        super().on_response_complete()
        if self.transport.is_closing():
            self._enter(Phase.CLOSING)
        elif self.phase is Phase.ANSWER and self.cycle.response_complete:
            self._enter(Phase.IDLE)

    def pause_writing(self) -> None:
        """The client does not read as fast as it is answered."""
        super().pause_writing()
        self._before_stall = self.phase
        self._enter(Phase.STALLED)

    def resume_writing(self) -> None:
        """It has read on."""
        super().resume_writing()
        if self.phase is Phase.STALLED:
            self._enter(self._before_stall)

    def expire(self) -> None:
        """Its time is over: say so where somebody may listen, and end it."""
        if self.phase is Phase.HEAD and self._in_head and not self._refused:
            self._refuse(RequestTimeout("the head did not end in time"))
        elif self.phase in (Phase.IDLE, Phase.HEAD):
            self.transport.close()
            self._enter(Phase.CLOSING)
        elif self.phase is not Phase.BODY and self._reads_on():
            self._enter(self.phase)
        else:
            self.abort()

    def _reads_on(self) -> bool:
        """Whether the client has read a good part since it was last asked about."""
        before, self._unsent = self._unsent, self.transport.get_write_buffer_size()
        return before - self._unsent >= limits.HTTP_STALL_BYTES

    def abort(self) -> None:
        """End it at once, with whatever was still to be sent."""
        self.transport.abort()

    def _enter(self, phase: Phase) -> None:
        if phase is not self.phase and phase in (Phase.STALLED, Phase.CLOSING):
            self._unsent = self.transport.get_write_buffer_size()
        self.phase, self.since = phase, self.loop.time()

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
        self._refuse(error)

    def _refuse(self, error: AiMemoryError) -> None:
        """Answer with an error, without the application."""
        self._refused = True
        self._enter(Phase.CLOSING)
        body = error_body(error)
        status = problems.status_of(error)
        reason = HTTPStatus(status).phrase.encode()
        defaults = b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers)
        self.transport.write(
            b"HTTP/1.1 %d %b\r\n%bcontent-type: application/json\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%b" % (status, reason, defaults, len(body), body)
        )
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_SECS, self.transport.close)
