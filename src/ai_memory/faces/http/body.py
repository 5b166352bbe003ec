"""The request's body: whether there is one, whether it is JSON, and how much of it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from ai_memory import limits
from ai_memory.errors import BodyTooLarge, Forbidden, RequestTimeout, UnsupportedMediaType

if TYPE_CHECKING:
    from starlette.types import Message, Receive

Headers: TypeAlias = Mapping[bytes, bytes]

_JSON: Final = b"application/json"
_CHARSETS: Final = (b"utf-8", b"utf8", b"us-ascii")
_SHORT_BYTES: Final = 65_536
_UNASKED: Final = "POST"
"""The method that changes things and that a page may send elsewhere without asking first."""
_NEVER_UNASKED: Final = (b"x-agent-id", b"x-api-key", b"x-namespace", b"x-requested-with")
"""Headers that a page may not add to a request elsewhere without asking first."""


class Body:
    """One request's body and how far it has been read."""

    __slots__ = ("_ended", "_headers", "_receive")

    def __init__(self, headers: Headers, receive: Receive) -> None:
        """Take the head's fields, in lower case, and the request's ASGI channel."""
        self._headers = headers
        self._receive = receive
        self._ended = not self.announced

    @property
    def announced(self) -> bool:
        """Whether the head announces a body."""
        headers = self._headers
        return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers

    @property
    def unread(self) -> bool:
        """Whether some of it may still come."""
        return not self._ended

    @property
    def held_back(self) -> bool:
        """Whether the client waits for `100 Continue` before it sends any."""
        return b"expect" in self._headers

    @property
    def short(self) -> bool:
        """Whether its length is known and small: reading past it costs nothing."""
        length = self._declared_bytes()
        return length is not None and length <= _SHORT_BYTES

    def require_json(self, method: str) -> None:
        """Refuse a body that is not declared as JSON in UTF-8, and none that any page could send.

        A web page may post text, a form or nothing at all anywhere without asking; JSON, or a
        header of its own, it may not.

        Args:
            method: The request's.

        Raises:
            UnsupportedMediaType: The body is something else, or compressed.
            Forbidden: There is no body, nor a header that shows that no page sent this.
        """
        headers = self._headers
        if not self.announced:
            if method == _UNASKED and not self._asked():
                raise Forbidden(
                    "a POST without a JSON body needs a header that a web page cannot send",
                    hint="Send Content-Type: application/json (or X-Agent-Id) with it.",
                )
            return
        if not self._declares_json():
            raise UnsupportedMediaType("the body is not declared as application/json")
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UnsupportedMediaType(
                "the body is compressed", hint="Send the JSON as it is, without Content-Encoding."
            )

    def _declares_json(self) -> bool:
        given = self._headers.get(b"content-type", b"")
        if given == _JSON:
            return True
        media_type, *params = given.lower().split(b";")
        return media_type.strip() == _JSON and all(_is_utf8(param) for param in params)

    def _asked(self) -> bool:
        """Whether the head holds what a page would have to ask for first."""
        headers = self._headers
        return (
            any(name in headers for name in _NEVER_UNASKED)
            # Bearer only: what a browser adds by itself is a password.
            or headers.get(b"authorization", b"")[:7].lower() == b"bearer "
            or self._declares_json()
        )

    async def read(self) -> bytes | None:
        """The whole body, or None when the client went away before it was complete.

        Raises:
            BodyTooLarge: It is declared too long, or turns out to be.
            RequestTimeout: It did not come to its end in time.
        """
        if self._ended:
            return b""
        try:
            async with asyncio.timeout(limits.HTTP_BODY_SECS):
                return await self._read()
        except TimeoutError:
            raise RequestTimeout(
                f"the body did not end within {limits.HTTP_BODY_SECS:g} seconds"
            ) from None

    async def _read(self) -> bytes | None:
        declared = self._declared_bytes()
        if declared is not None and declared > limits.HTTP_BODY_BYTES_MAX:
            raise _too_large()
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._next()
            if message["type"] != "http.request":
                return None
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > limits.HTTP_BODY_BYTES_MAX:
                raise _too_large()
            if not message.get("more_body", False):
                return part if not parts else b"".join((*parts, part))
            parts.append(part)

    async def drain(self) -> None:
        """Read and drop what still comes, within bounds of bytes and time."""
        dropped = 0
        try:
            async with asyncio.timeout(limits.HTTP_DRAIN_SECS):
                while not self._ended and dropped <= limits.HTTP_DRAIN_BYTES_MAX:
                    dropped += len((await self._next()).get("body", b""))
        except TimeoutError:
            return

    async def _next(self) -> Message:
        message = await self._receive()
        self._ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    def _declared_bytes(self) -> int | None:
        text = self._headers.get(b"content-length", b"")
        # The HTTP parser let only digits through; int() would refuse thousands of them.
        return int(text[:19]) if text.isdigit() else None


def _is_utf8(param: bytes) -> bool:
    name, _, value = param.strip().partition(b"=")
    return name.strip() != b"charset" or value.strip(b' "') in _CHARSETS


def _too_large() -> BodyTooLarge:
    bytes_max = limits.HTTP_BODY_BYTES_MAX
    return BodyTooLarge(f"the body exceeds {bytes_max} bytes", bytes_max=bytes_max)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A channel that gives `body` once, then whatever follows (that the client went away)."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
