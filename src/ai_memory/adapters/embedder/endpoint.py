"""Posts JSON to a server that may be slow, busy or gone, and says plainly what went wrong."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2

from ai_memory.errors import EmbedderUnavailable

_BUSY: Final = frozenset({429, 500, 502, 503, 504})
_SHOWN_CHARS: Final = 200  # of what the server said


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try."""

    connect_secs: float = 5.0
    answer_secs: float = 60.0
    """The longest silence. A server that stays silent is not asked again."""
    retry_secs: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    """The waits between attempts. Callers queue behind one batch: there is no herd to scatter."""
    retry_after_secs_max: float = 10.0
    """A server that asks for more is reported, not waited for."""


class Endpoint:
    """One address and a pool of connections to it.

    Args:
        url: Where to post.
        api_key: Sent as a bearer token, and kept out of every message.
        patience: How long to try.
    """

    def __init__(self, url: str, *, api_key: str | None, patience: Patience) -> None:
        self._url = url
        self._api_key = api_key
        self._patience = patience
        self._closed = threading.Event()
        try:
            self._client = httpx2.Client(
                headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
                timeout=httpx2.Timeout(patience.answer_secs, connect=patience.connect_secs),
            )
        except ValueError as error:  # a key that is no header, a proxy that is no URL
            raise self.failure("the connection settings are not valid") from error

    def post(self, body: Mapping[str, Any]) -> Any:
        """The JSON value that the server answers with.

        Raises:
            EmbedderUnavailable: It did not answer, or not with success, or not with JSON; or the
                endpoint was closed meanwhile.
        """
        for wait_secs in self._patience.retry_secs:
            try:
                return self._ask(body)
            except _Passing as failure:
                asked_secs = max(wait_secs, failure.retry_after_secs)
                if asked_secs > self._patience.retry_after_secs_max:
                    raise
                if self._closed.wait(asked_secs):
                    raise self.failure("it was closed") from failure
        return self._ask(body)

    def close(self) -> None:
        """Interrupt waiting and drop the connections."""
        self._closed.set()
        self._client.close()

    def failure(self, why: str, hint: str | None = None) -> EmbedderUnavailable:
        """An error that names the endpoint."""
        return EmbedderUnavailable(self._told(why), hint=hint)

    def _ask(self, body: Mapping[str, Any]) -> Any:
        if self._closed.is_set():
            raise self.failure("it was closed")
        try:
            response = self._client.post(self._url, json=body)
        except httpx2.TimeoutException as error:
            raise self.failure(f"no answer in time ({_name(error)})") from error
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError) as error:
            # Often a connection that the server had just given up.
            raise _Passing(self._told(f"the connection broke ({_name(error)})")) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self.failure(str(error) or _name(error), "Check its URL.") from error
        except RuntimeError as error:
            if not self._closed.is_set():
                raise
            raise self.failure("it was closed") from error
        if response.status_code in _BUSY:
            raise _Passing(self._told(_refusal(response)), _retry_after_secs(response))
        if not response.is_success:
            raise self.failure(_refusal(response), _hint(response.status_code))
        try:
            return response.json()
        except ValueError as error:
            raise self.failure("the answer is not JSON", "Check its URL.") from error

    def _told(self, why: str) -> str:
        message = f"The embedder at {self._url} failed: {why}"
        return message.replace(self._api_key, "…") if self._api_key else message


class _Passing(EmbedderUnavailable):
    """A failure that may be gone in a moment."""

    def __init__(self, message: str, retry_after_secs: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_secs = retry_after_secs


def _name(error: Exception) -> str:
    return type(error).__name__


def _refusal(response: httpx2.Response) -> str:
    """The status, and what the server said about it, wherever it said it."""
    said: Any = response.text
    try:
        parsed = response.json()
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        said = parsed.get("error") or parsed.get("message") or parsed.get("detail") or said
    if isinstance(said, dict):
        said = said.get("message") or said
    return f"{response.status_code} {str(said)[:_SHOWN_CHARS]}".rstrip()


def _hint(status: int) -> str | None:
    match status:
        case 401 | 403:
            return "Check the API key of the embedder."
        case 404:
            return "Check the URL of the embedder and the name of its model."
    return None


def _retry_after_secs(response: httpx2.Response) -> float:
    """What the server asks for: seconds, or a date that is read against the server's own clock."""
    asked = response.headers.get("Retry-After", "")
    try:
        return max(float(asked), 0.0)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(asked)
        return max((until - parsedate_to_datetime(response.headers["Date"])).total_seconds(), 0.0)
    except (ValueError, KeyError, TypeError):
        return 0.0
