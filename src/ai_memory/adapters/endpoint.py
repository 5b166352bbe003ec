"""Posts JSON to a server that may be slow, busy or gone, and says plainly what went wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from socket import SHUT_RDWR
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlsplit
from weakref import WeakSet

import httpx2

from ai_memory.config import is_loopback
from ai_memory.errors import AiMemoryError, EmbedderUnavailable

_BUSY: Final = frozenset({429, 500, 502, 503, 504})
_SHOWN_CHARS: Final = 200  # of what the server said


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try."""

    connect_secs: float = 5.0
    answer_secs: float = 60.0
    """The longest silence. A server that stays silent is not asked again."""
    whole_secs: float = 600.0
    """The longest one answer may take, however it trickles in."""
    retry_secs: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    """The waits between attempts. Callers queue behind one batch: there is no herd to scatter."""
    retry_after_secs_max: float = 10.0
    """A server that asks for more is reported, not waited for."""


class Refusal(NamedTuple):
    """The server understood and said no.

    Attributes:
        error: What to raise about it.
        said: The status and the server's words.
    """

    error: AiMemoryError
    status: int
    said: str


class Failure(Protocol):
    """Makes the error that a caller of the endpoint expects."""

    def __call__(self, message: str, *, hint: str | None = None) -> AiMemoryError:
        """The error."""


class Endpoint:
    """One address and a pool of connections to it.

    Args:
        url: Where to post.
        api_key: Sent as a bearer token, and kept out of every message.
        patience: How long to try.
        service: What it is called in messages.
        error: What its failures are.
        answer_bytes_max: A longer answer is not read to its end.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None,
        patience: Patience,
        service: str = "embedder",
        error: Failure = EmbedderUnavailable,
        answer_bytes_max: int = 256 * 1024 * 1024,
    ) -> None:
        self._url = url
        self._api_key = api_key
        self._patience = patience
        self._service = service
        self._error = error
        self._answer_bytes_max = answer_bytes_max
        self._closed = threading.Event()
        self._sockets: WeakSet[Any] = WeakSet()
        self._gate = threading.Lock()  # a socket is in the set, or sees that all is closed
        try:
            self._client = httpx2.Client(
                headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
                timeout=httpx2.Timeout(patience.answer_secs, connect=patience.connect_secs),
                # A proxy of the environment would read what is meant for this machine alone.
                trust_env=not is_loopback(urlsplit(url).hostname or ""),
            )
        except ValueError as error_:  # a key that is no header, a proxy that is no URL
            raise self.failure("the connection settings are not valid") from error_

    def post(self, body: Mapping[str, Any]) -> Any:
        """The JSON value that the server answers with.

        Raises:
            AiMemoryError: The endpoint's error. It did not answer, or not with success, or not
                with JSON; or it was closed meanwhile.
        """
        answer = self.ask(body)
        if isinstance(answer, Refusal):
            raise answer.error
        return answer

    def ask(self, body: Mapping[str, Any]) -> Any | Refusal:
        """Like `post`, for a caller who knows what to do about a refusal."""
        for wait_secs in self._patience.retry_secs:
            try:
                return self._attempt(body)
            except _Passing as passing:
                asked_secs = max(wait_secs, passing.retry_after_secs)
                if asked_secs > self._patience.retry_after_secs_max:
                    raise self.failure(passing.why) from passing
                if self._closed.wait(asked_secs):
                    raise self.failure("it was closed") from passing
        try:
            return self._attempt(body)
        except _Passing as passing:
            raise self.failure(passing.why) from passing

    def close(self) -> None:
        """Interrupt whoever waits, and drop the connections."""
        with self._gate:
            self._closed.set()
            for open_socket in self._sockets:
                _wake(open_socket)
        self._client.close()

    def failure(self, why: str, hint: str | None = None) -> AiMemoryError:
        """An error that names the endpoint."""
        message = f"The {self._service} at {self._url} failed: {why}"
        if self._api_key:
            message = message.replace(self._api_key, "…")
        return self._error(message, hint=hint)

    def _attempt(self, body: Mapping[str, Any]) -> Any:
        if self._closed.is_set():
            raise self.failure("it was closed")
        try:
            answer = self._exchange(body)
        except httpx2.TimeoutException as error:
            raise self.failure(f"no answer in time ({_name(error)})") from error
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError) as error:
            if self._closed.is_set():
                raise self.failure("it was closed") from error
            # Often a connection that the server had just given up.
            raise _Passing(f"the connection broke ({_name(error)})") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self.failure(str(error) or _name(error), "Check its URL.") from error
        except RuntimeError as error:
            if not self._closed.is_set():
                raise
            raise self.failure("it was closed") from error
        if answer.status in _BUSY:
            raise _Passing(_said(answer), _retry_after_secs(answer.headers))
        if answer.status // 100 != 2:
            said = _said(answer)
            return Refusal(self.failure(said, self._hint(answer.status)), answer.status, said)
        try:
            return json.loads(answer.body)
        except ValueError as error:
            raise self.failure("the answer is not JSON", "Check its URL.") from error

    def _exchange(self, body: Mapping[str, Any]) -> _Answer:
        """One request and its whole answer, within the time and size that one may have."""
        until = monotonic() + self._patience.whole_secs
        said = bytearray()
        extensions = {"trace": self._remember}
        with self._client.stream("POST", self._url, json=body, extensions=extensions) as response:
            for part in response.iter_bytes():
                said += part
                if monotonic() > until:
                    raise self.failure("its answer took too long")
                if len(said) > self._answer_bytes_max:
                    raise self.failure(f"its answer exceeds {self._answer_bytes_max} bytes")
            return _Answer(response.status_code, response.headers, bytes(said))

    def _remember(self, event: str, info: Mapping[str, Any]) -> None:
        """Note each new connection's socket, so that close can wake its reader."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            made = info["return_value"].get_extra_info("socket")
            with self._gate:
                self._sockets.add(made)
                if self._closed.is_set():
                    _wake(made)

    def _hint(self, status: int) -> str | None:
        match status:
            case 401 | 403:
                return f"Check the API key of the {self._service}."
            case 404:
                return f"Check the URL of the {self._service} and the name of its model."
        return None


class _Answer(NamedTuple):
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Passing(Exception):
    """A failure that may be gone in a moment."""

    def __init__(self, why: str, retry_after_secs: float = 0.0) -> None:
        super().__init__(why)
        self.why = why
        self.retry_after_secs = retry_after_secs


def _wake(open_socket: Any) -> None:
    """End the wait of whoever reads; closing alone would not."""
    with suppress(OSError):
        open_socket.shutdown(SHUT_RDWR)


def _name(error: Exception) -> str:
    return type(error).__name__


def _said(answer: _Answer) -> str:
    """The status, and what the server said about it, wherever it said it."""
    said: Any = answer.body.decode(errors="replace")
    try:
        parsed = json.loads(answer.body)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        said = parsed.get("error") or parsed.get("message") or parsed.get("detail") or said
    if isinstance(said, dict):
        said = said.get("message") or said
    return f"{answer.status} {str(said)[:_SHOWN_CHARS]}".rstrip()


def _retry_after_secs(headers: Mapping[str, str]) -> float:
    """What the server asks for: seconds, or a date that is read against the server's own clock."""
    asked = headers.get("Retry-After", "")
    try:
        return max(float(asked), 0.0)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(asked)
        return max((until - parsedate_to_datetime(headers["Date"])).total_seconds(), 0.0)
    except (ValueError, KeyError, TypeError):
        return 0.0
