"""The same commands, sent to a node in another process."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from tests.faces.cli.shell import SECS, Node, Shell, process, serving

from ai_memory.config import load_config
from ai_memory.errors import AiMemoryError, ConfigInvalid, ValidationFailed
from ai_memory.faces.cli.remote import RemoteDoor, error_of, read_url, route_of
from ai_memory.faces.http.routes import ROUTES
from ai_memory.operations.registry import operations_on


@pytest.fixture
def remote(sh: Shell, node: Node, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Calls go to the node."""
    monkeypatch.setenv("AI_MEMORY_URL", node.url)
    monkeypatch.setenv("AI_MEMORY_API_KEY", str(node.key))
    monkeypatch.delenv("AI_MEMORY_DB")
    return sh


def test_every_operation_of_the_command_line_has_a_route() -> None:
    for operation in operations_on("cli"):
        assert route_of(operation) in ROUTES


def test_a_memorys_life_on_a_node(remote: Shell, tmp_path: Path) -> None:
    full = remote.store("Life", "Ada drinks 水 black.", "-n", "life/one", "-p", "7", "--tags", "a")
    assert "水" in remote.ok("recall", "ada", "--tags", "a", "--context-tokens", "x,y").out
    shown = remote.ok("get", full[:8], "--json").json
    assert shown["tags"] == ["a"]
    assert shown["source"] == "cli"
    assert shown["metadata"]["agent_id"].startswith("host:")
    assert remote.ok("update", full[:8], "-c", "White.", "--expires-at", "", "--json").json[
        "version"
    ] == (2)
    assert "expires_at" not in remote.ok("get", full, "--json").json
    assert remote.ok("history", full, "--limit", "1", "--json").json["total"] == 2
    assert remote.ok("search", "white & more?", "--json").json["total"] == 0
    assert remote.ok("search", "white", "-n", "life/one", "--json").json["total"] == 1
    assert remote.ok("list", "-n", "life/one", "--json").json["count"] == 1
    assert remote.ok("promote", full).out == f"promoted to long-term: {full}\n"
    assert "life/one" in remote.ok("namespaces").out
    assert remote.ok("stats", "--json").json["total"] >= 1
    assert remote.ok("capabilities", "--family", "core", "--include-schema").out.startswith("core")
    assert remote.ok("health").out.startswith("ok: ai-memory")
    assert remote.ok("delete", full[:8]).out == f"deleted: {full}\n"
    assert not (tmp_path / "memory.db").exists()


def test_url_and_bind_name_the_node(sh: Shell, node: Node) -> None:
    for where in (("--url", node.url), ("--bind", node.bind), ("--url", node.bind)):
        assert sh.ok(*where, "stats", "--api-key", str(node.key), "--json").json["total"] >= 0


def test_the_flag_db_outweighs_a_configured_node(remote: Shell, tmp_path: Path) -> None:
    db = str(tmp_path / "mine.db")
    remote.ok("--db", db, "store", "-T", "Mine", "-c", "x")
    assert remote.ok("stats", "--db", db, "--json").json["total"] == 1
    both = remote("stats", "--db", db, "--url", "http://127.0.0.1:1")
    assert both.code == 2
    assert "exclude each other" in both.err


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("get", "no-such-id"), "NOT_FOUND", 1),
        (("get", "a/b?c%d#e ü"), "NOT_FOUND", 1),
        (("store", "-T", "Taken", "-c", "x"), "CONFLICT", 1),
        (("list", "--cursor", "garbage"), "VALIDATION_FAILED", 2),
        (("capabilities", "--family", "garbage"), "VALIDATION_FAILED", 2),
        (("list", "--limit", "x"), "VALIDATION_FAILED", 2),
    ],
)
def test_an_error_of_the_node_is_the_same_error(
    remote: Shell, tmp_path: Path, words: tuple[str, ...], code: str, exit_code: int
) -> None:
    for where in ((), ("--db", str(tmp_path / "local.db"))):
        remote("store", "-T", "Taken", "-c", "x", *where)
        outcome = remote(*words, *where, "--json")
        assert outcome.code == exit_code
        assert outcome.problem["code"] == code
        assert outcome.problem["hint"]
    there, here = remote(*words), remote(*words, *where)
    if code != "CONFLICT":  # it names an id
        assert there.err == here.err


def test_a_missing_or_wrong_key_is_refused(sh: Shell, node: Node) -> None:
    for words in ((), ("--api-key", "wrong")):
        outcome = sh("--url", node.url, "stats", "--json", *words)
        assert outcome.code == 1
        assert outcome.problem["code"] == "UNAUTHORIZED"


def test_the_agent_id_is_sent(remote: Shell) -> None:
    stored = remote.ok("--agent-id", "ai:ada", "store", "-T", "Whose", "-c", "x", "--json").json
    assert stored["agent_id"] == "ai:ada"
    bad = remote("stats", "--agent-id", "not an id")
    assert bad.code == 2
    assert "agent_id is not valid" in bad.err


def test_an_import_goes_to_the_node(remote: Shell, tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    # More than one body's worth: 60 memories of 60 kB.
    line = '{"title": "T%d", "namespace": "bulk", "content": "%s"}\n'
    file.write_text("".join(line % (at, "word " * 12_000) for at in range(60)) + "broken\n")
    outcome = remote("import", str(file), "--json")
    assert outcome.code == 0
    assert outcome.json["imported"] == 60
    assert outcome.json["problems"][0]["line"] == 61
    assert remote.ok("import", str(file), "--json").json["skipped"] == 60


def test_doctor_examines_the_node(remote: Shell, node: Node) -> None:
    found = remote.ok("doctor", "--json").json
    assert found["mode"] == "remote"
    assert found["source"] == node.url
    assert found["overall"] == "info"
    assert [section["name"] for section in found["sections"]] == ["Node", "Capabilities", "Storage"]


def test_reembed_needs_the_file(remote: Shell) -> None:
    outcome = remote("reembed", "--level", "semantic")
    assert outcome.code == 2
    assert "works on the file itself" in outcome.err


def test_nobody_there(sh: Shell) -> None:
    with socket.socket() as unused:  # bound, and nobody listens
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        outcome = sh("--url", f"http://127.0.0.1:{port}", "recall", "x", "--json")
        doctor = sh("--url", f"http://127.0.0.1:{port}", "doctor")
    assert outcome.code == 1
    assert outcome.problem["code"] == "UNREACHABLE"
    assert f"127.0.0.1:{port}" in outcome.problem["message"]
    assert doctor.code == 2
    assert "[CRIT] Node" in doctor.out


@contextmanager
def answering(reply: bytes) -> Iterator[str]:
    """Something that answers one connection with these bytes, whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(SECS)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[{}]",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
    ids=["text", "array", "404", "cut", "ssh", "nothing"],
)
def test_what_answers_is_no_node(sh: Shell, reply: bytes) -> None:
    with answering(reply) as url:
        outcome = sh("--url", url, "store", "-T", "x", "-c", "x", "--json")
    assert outcome.code == 1
    assert outcome.problem["code"] == "UNREACHABLE"


def test_an_error_of_a_newer_node_keeps_its_code() -> None:
    error = error_of({"error": "e", "code": "QUORUM_NOT_MET", "message": "m", "hint": "h", "w": 2})
    assert isinstance(error, AiMemoryError)
    assert error.as_dict() == {
        "error": "m", "code": "QUORUM_NOT_MET", "message": "m", "hint": "h", "w": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("http://127.0.0.1:9077", "http://127.0.0.1:9077"),
        ("node-a", "http://node-a:9077"),
        ("node-a:80/memory/", "http://node-a:80/memory"),
        ("https://memory.example", "https://memory.example:443"),
        ("[::1]:9077", "http://[::1]:9077"),
        ("0.0.0.0:9077", "http://127.0.0.1:9077"),
    ],
)
def test_addresses(text: str, place: str) -> None:
    assert str(read_url(text)) == place


@pytest.mark.parametrize(
    "text", ["", "ftp://x", "http://", "x:99999", "x:y", "http://u:p@x", "http://x?y", "[::1"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValidationFailed, match="not the address of a node"):
        read_url(text)


def test_host_and_port_of_a_server_and_its_graceful_end(tmp_path: Path) -> None:
    with serving(tmp_path, "--host", "127.0.0.1", "--port", "0") as node:
        stored = process("--url", node.url, "store", "-T", "Kept", "-c", "x", "--json")
        assert stored.code == 0
        node.process.send_signal(signal.SIGINT)
        assert node.process.wait(SECS) == 0
    listed = process("--db", str(tmp_path / "node.db"), "list", "--json")
    assert [memory["title"] for memory in listed.json["memories"]] == ["Kept"]


class _Hostile(BaseHTTPRequestHandler):
    """Answers with an error that would command a terminal; keeps what it was sent."""

    keys: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.keys.append(self.headers.get("X-API-Key"))
        said = {"code": "NOT_FOUND", "hint": "h\x1b[2J", "message": "m\x1b]0;owned\x07\u202e"}
        body = json.dumps({**said, "error": "x", "more\x1b": "d\x9b"}, ensure_ascii=False).encode()
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that the server calls

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def hostile() -> Iterator[int]:
    """The port of a node that means no good."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hostile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _Hostile.keys.clear()
        yield server.server_port
        server.shutdown()


def test_what_another_node_says_does_not_command_the_terminal(sh: Shell, hostile: int) -> None:
    for words in (("recall", "x"), ("get", "x"), ("boot",), ("doctor",), ("recall", "x", "--json")):
        said = sh(*words, "--url", f"http://127.0.0.1:{hostile}")
        assert not set(said.out + said.err) & {*"\x1b\x07\x9b\u202e"}, words


@pytest.mark.parametrize("command", [("recall", "x"), ("doctor",), ("export", "-")])
def test_a_key_is_not_sent_unencrypted_to_another_machine(
    sh: Shell, hostile: int, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("AI_MEMORY_API_KEY", "secret")
    # Whatever a name means today, it may mean another machine tomorrow.
    url = f"http://memory.localhost:{hostile}"
    refused = sh(*command, "--url", url)
    assert refused.code == 2
    assert "unencrypted" in refused.err
    assert "https://" in refused.err
    assert not _Hostile.keys
    sh(*command, "--url", f"http://127.0.0.1:{hostile}")
    assert set(_Hostile.keys) == {"secret"}


def test_a_key_may_go_unencrypted_where_the_owner_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AI_MEMORY_API_KEY", "secret")
    for url in ("http://memory.example:9077", "memory.example", "http://10.0.0.1"):
        with pytest.raises(ConfigInvalid) as refusal:
            RemoteDoor(url, load_config())
        assert refusal.value.details["setting"] == "url"
        RemoteDoor(url, load_config({"plain_http": "1"}))
    for url in ("https://memory.example", "http://localhost", "http://[::1]:1", "0.0.0.0:9077"):
        RemoteDoor(url, load_config())
    monkeypatch.delenv("AI_MEMORY_API_KEY")
    RemoteDoor("http://memory.example", load_config())
