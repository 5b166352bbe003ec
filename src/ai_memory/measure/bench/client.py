"""Clients of a node in another process: kept connections, and no more work than a client must do.

A real client library parses and checks every answer; here the answer's text is read whole, looked
at for an error, and left. So what is measured is the server and the wire.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, Self

from ai_memory.errors import Internal
from ai_memory.measure.bench.corpus import Text

_PATIENCE_SECS: Final = 120.0
_RECEIVED_AT_ONCE: Final = 65_536
_CLIENT: Final = {"name": "bench", "version": "1"}
INITIALIZE: Final = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": _CLIENT},
}
_INITIALIZED: Final = {"jsonrpc": "2.0", "method": "notifications/initialized"}


class Client(Protocol):
    """One connection; one thread uses it."""

    def recall(self, question: str) -> bytes:
        """Ask; the answer as it came.

        Raises:
            Internal: The node refused.
        """

    def store(self, text: Text) -> bytes:
        """Store; the answer as it came. Raises like `recall`."""

    def close(self) -> None:
        """Hang up."""


class _Connection:
    """A kept HTTP connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), _PATIENCE_SECS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        """Send JSON; the body of a success."""
        data = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Accept: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + data)
        return self._body()

    def _body(self) -> bytes:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head, body = data[:end].lower(), data[end + 4 :]
        length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        missing = int(length) - len(body)
        parts = [body]
        while missing > 0:
            part = self._more()
            parts.append(part)
            missing -= len(part)
        whole = b"".join(parts)
        if not head.startswith(b"http/1.1 2"):
            raise Internal(f"the node answered {head[:15]!r}: {whole[:200]!r}")
        return whole

    def _more(self) -> bytes:
        data = self._socket.recv(_RECEIVED_AT_ONCE)
        if not data:
            raise Internal("the node hung up")
        return data

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class HttpClient(_Connection):
    """The HTTP face; satisfies Client."""

    def recall(self, question: str) -> bytes:
        """See Client."""
        return self.post("/api/v1/recall", {"context": question})

    def store(self, text: Text) -> bytes:
        """See Client."""
        return self.post("/api/v1/memories", _fields(text))

    def list(self, count: int) -> list[dict[str, Any]]:
        """The newest memories, at most so many."""
        self._socket.sendall(
            f"GET /api/v1/memories?limit={count} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        )
        found: list[dict[str, Any]] = json.loads(self._body())["memories"]
        return found


class McpHttpClient(_Connection):
    """MCP over streamable HTTP; satisfies Client."""

    def recall(self, question: str) -> bytes:
        """See Client."""
        return _result(self.post("/mcp", _call("memory_recall", {"context": question})))

    def store(self, text: Text) -> bytes:
        """See Client."""
        return _result(self.post("/mcp", _call("memory_store", _fields(text))))


class McpPipeClient:
    """MCP over stdio, with a server process of its own; satisfies Client."""

    def __init__(self, db: Path, level: str) -> None:
        words = ["mcp", "--db", str(db), "--level", level]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-m", "ai_memory", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._ask(INITIALIZE)
        self._send(_INITIALIZED)

    def recall(self, question: str) -> bytes:
        """See Client."""
        return _result(self._ask(_call("memory_recall", {"context": question})))

    def store(self, text: Text) -> bytes:
        """See Client."""
        return _result(self._ask(_call("memory_store", _fields(text))))

    def close(self) -> None:
        """End the server's input, and wait for its end."""
        _end(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def _ask(self, message: dict[str, Any]) -> bytes:
        self._send(message)
        assert self._process.stdout is not None
        line: bytes = self._process.stdout.readline()
        if not line:
            raise Internal("the MCP server has ended")
        return line


@contextmanager
def served(db: Path, level: str, *, workers: int = 1) -> Iterator[int]:
    """`ai-memory serve` in processes of its own, all faces awake; the port where it answers.

    A node loads its MCP face beside its first requests, which takes a second of processor time.

    Raises:
        Internal: It did not start.
    """
    words = ["serve", "--db", str(db), "--tier", level, "--bind", "127.0.0.1:0"]
    words += ["--workers", str(workers)]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-m", "ai_memory", *words],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        first = process.stderr.readline().decode()
        if "http://" not in first:
            raise Internal(f"the node did not start: {first.strip()}")
        port = int(first.partition("http://")[2].split()[0].rpartition(":")[2])
        with closing(McpHttpClient(port)) as waking:
            waking.post("/mcp", INITIALIZE)
        yield port
    finally:
        process.terminate()
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.communicate(timeout=_PATIENCE_SECS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _fields(text: Text) -> dict[str, Any]:
    return {"title": text.title, "content": text.content, "namespace": text.topic}


def _call(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def _result(answer: bytes) -> bytes:
    """The answer, if it is no error."""
    if b'"result"' not in answer or b'"isError":true' in answer:
        raise Internal(f"the MCP server refused: {answer[:200]!r}")
    return answer
