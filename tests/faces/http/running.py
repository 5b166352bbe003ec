"""A real server on a port of its own, in a thread of this process or as a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from ai_memory import limits
from ai_memory.compose import OpenNode, open_node
from ai_memory.config import load_config
from ai_memory.faces.http.metrics import Metrics
from ai_memory.faces.http.server import HttpServer, bind
from ai_memory.ports import Embedder

PATIENCE_SECS = 30.0
JSON = {"Content-Type": "application/json"}
KEY = "correct horse"
ERROR_KEYS = {"error", "code", "message", "hint"}


class Running(NamedTuple):
    """A server that answers."""

    client: httpx2.Client
    port: int
    opened: OpenNode
    server: HttpServer
    thread: threading.Thread

    def connect(self) -> socket.socket:
        """A raw connection, for what no client library would send."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECS)

    def store(self, **fields: Any) -> dict[str, Any]:
        answer = self.client.post(
            "/api/v1/memories", json={"title": "Tea", "content": "Grace takes milk.", **fields}
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def total(self) -> int:
        return int(self.client.get("/api/v1/stats").json()["total"])

    def stop(self) -> None:
        self.server.stop()
        self.thread.join(PATIENCE_SECS)
        assert not self.thread.is_alive()


@contextmanager
def running(
    folder: Path,
    *,
    embedder: Embedder | None = None,
    embedder_kind: str | None = None,
    grace_secs: float = limits.SHUTDOWN_GRACE_SECS,
    **settings: Any,
) -> Iterator[Running]:
    """Serve a new database at the keyword level."""
    flags = {"db": str(folder / "memory.db"), "tier": "keyword", "bind": "127.0.0.1:0", **settings}
    config = load_config({**flags, "embedder": embedder_kind})
    metrics = Metrics()
    opened = open_node(config, observer=metrics, embedder=embedder)
    server = HttpServer(
        opened, bind(config.host, config.port), metrics=metrics, grace_secs=grace_secs
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.listening.wait(PATIENCE_SECS)
    host = f"[{config.host}]" if ":" in config.host else config.host
    client = httpx2.Client(base_url=f"http://{host}:{server.port}", timeout=PATIENCE_SECS)
    found = Running(client, server.port, opened, server, thread)
    try:
        yield found
    finally:
        client.close()
        found.stop()
        opened.close()


def require_error(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The answer is an error of the one shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body = answer.json()
    assert set(body) >= ERROR_KEYS
    assert body["code"] == code
    assert body["error"] == body["message"]
    assert body["message"]
    assert body["hint"]
    return dict(body)


def read_reply(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One reply from a raw connection: status, headers in lower case, body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    while len(body) < int(headers["content-length"]):
        body += _more(connection)
    return int(status_line.split()[1]), headers, body


def require_raw_error(reply: tuple[int, dict[str, str], bytes], status: int, code: str) -> None:
    """As `require_error`, for a raw reply."""
    found, headers, body = reply
    assert found == status, body
    assert headers["content-type"] == "application/json"
    shape = json.loads(body)
    assert set(shape) >= ERROR_KEYS
    assert shape["code"] == code


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    assert data, "the connection ended before the reply was complete"
    return data


_SERVE = """
import sys
from ai_memory.config import load_config
from ai_memory.errors import AiMemoryError
from ai_memory.faces.http.server import serve
try:
    sys.exit(serve(load_config({"db": sys.argv[1], "tier": "keyword", "bind": sys.argv[2]})))
except AiMemoryError as error:
    print(error.code, error.message, error.hint, sep="\\n", file=sys.stderr)
    sys.exit(1)
"""


class Process(NamedTuple):
    """`serve` as a process; its first line on stderr has been read."""

    process: subprocess.Popen[str]
    first_line: str

    @property
    def port(self) -> int:
        return int(self.first_line.partition("http://")[2].split()[0].rpartition(":")[2])


@contextmanager
def serving(db: Path, bind_to: str = "127.0.0.1:0") -> Iterator[Process]:
    """Start `serve` in a process and wait for its first line."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(db), bind_to],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            yield Process(process, process.stderr.readline())
        finally:
            process.kill()


def in_threads(count: int, work: Callable[[int], None]) -> list[threading.Thread]:
    """Start `work(0)` … `work(count - 1)` at once."""
    threads = [
        threading.Thread(target=work, args=(number,), daemon=True) for number in range(count)
    ]
    for thread in threads:
        thread.start()
    return threads
