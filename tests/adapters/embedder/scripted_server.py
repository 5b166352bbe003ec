"""A real HTTP server on this machine that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Reply:
    """One answer."""

    body: Any = None
    """A JSON value, or the bytes themselves."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False
    """Say nothing until the test is over."""
    cut: int | None = None
    """Hang up after so many bytes of the answer."""
    trickles: bool = False
    """Send the answer byte by byte, each after a while, until the test is over."""


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: Any


class ScriptedServer:
    """Answers with `script`, one reply per request, then with `default`."""

    def __init__(self) -> None:
        self.script: deque[Reply] = deque()
        self.default: Callable[[Any], Reply] = lambda _: Reply(status=500)
        self.requests: list[Request] = []
        self.asked = threading.Semaphore(0)
        self._over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer._serve(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.requests.append(Request(handler.path, dict(handler.headers), body))
        reply = self.script.popleft() if self.script else self.default(body)
        self.asked.release()
        if reply.silent:
            self._over.wait()
            handler.close_connection = True
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if reply.cut is not None:
            handler.wfile.write(content[: reply.cut])
            handler.close_connection = True
        elif reply.trickles:
            self._trickle(handler, content)
        else:
            handler.wfile.write(content)

    def _trickle(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        handler.close_connection = True
        with suppress(OSError):  # whoever listened has lost patience
            for byte in content:
                handler.wfile.write(bytes((byte,)))
                handler.wfile.flush()
                if self._over.wait(0.05):
                    return
