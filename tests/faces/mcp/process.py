"""A server process on pipes, spoken to line by line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

TIMEOUT_SECS: Final = 60.0
CLIENT: Final = {"name": "line tester", "version": "1"}
META: Final = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": CLIENT,
}


def server_command(db: Path | str, *arguments: str, level: str = "keyword") -> list[str]:
    """How a client starts the server."""
    return [sys.executable, "-m", "ai_memory", "mcp", "--db", str(db), "--level", level, *arguments]


def own_server(opener: str, profile: str = "core") -> list[str]:
    """A server whose node is opened by the given body of `def open_node()`."""
    body = "\n".join(f"    {line}" for line in opener.splitlines())
    program = (
        f"import os, sys\ndef open_node():\n{body}\n"
        "from ai_memory.faces.mcp.stdio import run_stdio\n"
        f"sys.exit(run_stdio(open_node, {profile!r}))"
    )
    return [sys.executable, "-c", program]


OPEN: Final = """
from ai_memory.compose import open_node
from ai_memory.config import load_config
return open_node(load_config({"tier": "keyword"}))
"""
"""Body of an `open_node` that opens AI_MEMORY_DB."""


def request(method: str, number: int | str = 1, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def initialize(version: str = "2025-11-25", number: int = 0) -> dict[str, Any]:
    return request(
        "initialize", number, protocolVersion=version, capabilities={}, clientInfo=CLIENT
    )


def tool_call(number: int, name: str, **arguments: Any) -> dict[str, Any]:
    return request("tools/call", number, name=name, arguments=arguments)


INITIALIZED: Final = {"jsonrpc": "2.0", "method": "notifications/initialized"}


class Lines:
    """The client's end of the pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def send(self, *messages: dict[str, Any] | bytes) -> None:
        assert self.process.stdin is not None
        for message in messages:
            line = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the server has ended"
        message: dict[str, Any] = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return message

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send one request; its answer, which must be the next line."""
        self.send(message)
        answer = self.receive()
        assert answer["id"] == message["id"]
        return answer

    def greet(self) -> None:
        """Shake hands."""
        assert "result" in self.ask(initialize())
        self.send(INITIALIZED)

    def finish(self) -> tuple[list[dict[str, Any]], str]:
        """End the input; what still came, and everything on stderr."""
        out, err = self.process.communicate(timeout=TIMEOUT_SECS)
        return [json.loads(line) for line in out.splitlines()], err.decode()


@contextmanager
def running(command: list[str], **environment: str) -> Iterator[Lines]:
    """A server that is gone when the block is left."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    with process:
        hung = threading.Timer(TIMEOUT_SECS, process.kill)
        hung.start()
        try:
            yield Lines(process)
        finally:
            hung.cancel()
            process.kill()


def exchange(
    command: list[str], *messages: dict[str, Any] | bytes, **environment: str
) -> tuple[list[dict[str, Any]], str, int]:
    """Send everything, end the input; the answers by line, stderr and the exit code."""
    with running(command, **environment) as lines:
        lines.send(*messages)
        answers, err = lines.finish()
        return answers, err, lines.process.returncode
