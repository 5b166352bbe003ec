"""Walks the whole surface in one process tree; `test_offline` watches what it tries to reach.

Run as `python -m tests.system.offline_surface FOLDER [--short]`, with HOME inside FOLDER.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

from tests.adapters.reranker.tiny_cross_encoder import write_model

import ai_memory
from ai_memory.adapters.embedder.minilm_weights import find_files

DATA = Path(__file__).parents[1] / "data"
PROGRAM = [sys.executable, "-m", "ai_memory"]
IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS = 1, 0x8913, 0x8914
HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "surface", "version": "1"},
}


def raise_loopback() -> None:
    """A new network namespace has a loopback that is down; elsewhere it is up already."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket, suppress(PermissionError):
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("H", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request), 16)[0]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def python_api(folder: Path, **settings: Any) -> None:
    with ai_memory.open_node(db=folder / "api.db", level="semantic", **settings) as node:
        node.store(title="Database", content="We chose PostgreSQL.", on_conflict="version")
        found = node.recall(context="which storage engine?")
        assert found.mode == "hybrid", found


def run(*words: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        [*PROGRAM, *words], input=stdin, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def command_line(folder: Path) -> None:
    db = ("--db", str(folder / "cli.db"))
    run("store", "-T", "Tea", "-c", "Grace takes milk in her tea.", *db)
    assert "Tea" in run("recall", "a hot beverage", *db)
    run("search", "tea", *db)
    run("doctor", *db)
    run("reembed", *db)
    run("export", str(folder / "export.jsonl"), *db)
    run("import", str(DATA / "chatgpt.json"), *db)
    run("eval", "retrieval", "--dataset", "locomo", "--path", str(DATA / "dialogue.json"))
    run("bench", "--quick", "--tier", "semantic", "--only", "lifecycle", "--dir", str(folder))


def mcp_stdio(folder: Path) -> None:
    call = {"name": "memory_recall", "arguments": {"context": "a hot beverage"}}
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]
    lines = "".join(f"{json.dumps(message)}\n" for message in asked)
    answered = run("mcp", "--db", str(folder / "cli.db"), stdin=lines)
    assert "Tea" in answered, answered


class Server:
    """A node on a port of its own choosing, asked over HTTP and over MCP."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [*PROGRAM, "serve", "--db", str(folder / "http.db"), "--bind", "127.0.0.1:0"],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        said = []
        for line in self._process.stderr:
            said.append(line)
            if "listening on" in line:
                self._port = int(line.split("127.0.0.1:")[1].split()[0].rstrip("/"))
                return
        raise AssertionError(said)

    def ask(self, method: str, path: str, body: Any = None) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=120)
        accepts = "application/json, text/event-stream"
        headers = {"Content-Type": "application/json", "Accept": accepts}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        assert answer.status < 300, (path, answer.status, answer.read())
        answer.read()
        connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=60)


def surface(folder: Path) -> None:
    with Server(folder) as server:
        _surface(folder, server)


def _surface(folder: Path, server: Server) -> None:
    server.ask("POST", "/api/v1/memories", {"title": "Tea", "content": "Grace takes milk."})
    server.ask("GET", "/api/v1/recall?context=a+hot+beverage")
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
    server.ask("POST", "/mcp", hello)
    command_line(folder)
    mcp_stdio(folder)
    # A model folder and a reranker, in the place of the language model that is not there.
    onnx = folder / "onnx"
    onnx.mkdir()
    files = find_files()
    (graph,) = Path.home().rglob("minilm-*.onnx")
    shutil.copy(graph, onnx / "model.onnx")
    shutil.copy(files.tokenizer, onnx / "tokenizer.json")
    with ai_memory.open_node(
        db=folder / "reranked.db",
        level="autonomous",
        embedder="onnx",
        embedding_path=str(onnx),
        reranker_path=str(write_model(folder / "reranker")),
        llm="none",
    ) as node:
        node.store(title="Verdict", content="good")
        assert node.recall(context="what is good").memories
    server.ask("GET", "/api/v1/recall?context=something+else")


def main() -> None:
    raise_loopback()
    folder = Path(sys.argv[1])
    python_api(folder)
    if "--short" not in sys.argv:
        surface(folder)


if __name__ == "__main__":
    main()
