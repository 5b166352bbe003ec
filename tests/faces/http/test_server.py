"""The process: where it listens, how it stops, and that nothing acknowledged is lost."""

from __future__ import annotations

import json
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.faces.http.running import (
    JSON,
    PATIENCE_SECS,
    in_threads,
    require_error,
    running,
    serving,
)

from ai_memory import limits
from ai_memory.compose import open_node
from ai_memory.config import load_config
from ai_memory.errors import AddressInUse, ConfigInvalid
from ai_memory.faces.http.server import HttpServer, bind, serve
from ai_memory.model.command import Caller
from ai_memory.operations.get_memory import GetMemory
from ai_memory.ports import EmbeddingModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_memory.ports import Matrix

CALLER = Caller(agent_id="test:agent")
ACKNOWLEDGED_BEFORE_THE_STOP = 100


class HeldEmbedder:
    """Answers when it is told to, with a failure that is nobody's fault."""

    model = EmbeddingModel("held", 4)

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()

    def embed(self, texts: Sequence[str], *, bulk: bool = False) -> Matrix:
        del texts, bulk
        self.asked.set()
        assert self.go.wait(PATIENCE_SECS)
        raise ZeroDivisionError("a secret of the implementation")

    def close(self) -> None:
        self.go.set()


def turns_callers_away(port: int) -> bool:
    """Call until nobody answers any more."""
    for _ in range(100_000):
        try:
            socket.create_connection(("127.0.0.1", port), PATIENCE_SECS).close()
        except ConnectionError:
            return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_loses_nothing_acknowledged(
    tmp_path: Path, number: signal.Signals
) -> None:
    db = tmp_path / "memory.db"
    acknowledged: list[str] = []
    enough = threading.Event()
    with serving(db) as server:
        assert "listening on http://127.0.0.1:" in server.first_line
        assert str(db) in server.first_line
        assert "level keyword" in server.first_line
        port = server.port

        def write(thread: int) -> None:
            connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECS)
            try:
                for count in range(100_000):
                    body = json.dumps({"title": f"{thread} {count}", "content": "Tea."})
                    connection.request("POST", "/api/v1/memories", body, JSON)
                    answer = connection.getresponse()
                    text = answer.read()
                    if answer.status != 201:
                        return
                    acknowledged.append(json.loads(text)["id"])
                    if len(acknowledged) >= ACKNOWLEDGED_BEFORE_THE_STOP:
                        enough.set()
            except (OSError, HTTPException):
                return  # the server has gone
            finally:
                connection.close()

        threads = in_threads(8, write)
        assert enough.wait(PATIENCE_SECS)
        server.process.send_signal(number)
        assert server.process.wait(PATIENCE_SECS) == 0
        for thread in threads:
            thread.join(PATIENCE_SECS)
        assert server.process.stderr is not None
        assert server.process.stderr.read() == ""
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""
    config = load_config({"db": str(db), "tier": "keyword"})
    with (
        closing(open_node(config, background=False)) as opened,
        opened.node.store.read() as rows,
    ):
        assert rows.known_ids(acknowledged) == set(acknowledged)
        assert rows.integrity_problems() == []


@pytest.mark.parametrize("asks", [True, False])
def test_a_second_signal_is_impatience(tmp_path: Path, asks: bool) -> None:
    """The first waits for a request whose body never comes, the second does not."""
    with (
        serving(tmp_path / "memory.db") as server,
        socket.create_connection(("127.0.0.1", server.port)) as stalled,
    ):
        # The MCP face is being imported beside, which no signal interrupts: wait for it.
        waking = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECS)
        waking.request("POST", "/mcp", "{}", {**JSON, "Accept": "application/json"})
        waking.getresponse().read()
        waking.close()
        stalled.sendall(
            b"POST /api/v1/memories HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 9\r\n"
            + (b"Expect: 100-continue\r\n\r\n" if asks else b"\r\n{")
        )
        if asks:
            assert stalled.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as another:
            another.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert another.recv(12) == b"HTTP/1.1 200"  # so the first is being waited for
        server.process.send_signal(signal.SIGTERM)
        assert turns_callers_away(server.port)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(limits.SHUTDOWN_GRACE_SECS / 2) == 0
        assert server.process.stderr is not None
        assert server.process.stderr.read() == ""


def test_a_stop_writes_the_recalls_that_were_noted(tmp_path: Path) -> None:
    with running(tmp_path) as found:
        stored = found.store()
        found.client.get("/api/v1/recall", params={"context": "milk"})
        db = found.opened.config.db
    config = load_config({"db": db, "tier": "keyword"})
    with closing(open_node(config, background=False)) as opened:
        memory = opened.node.execute(CALLER, GetMemory(id=stored["id"]))
        assert memory.access_count == 1


def test_a_stop_waits_for_requests_under_way_and_a_fault_is_no_traceback(tmp_path: Path) -> None:
    embedder = HeldEmbedder()
    with (
        running(tmp_path, embedder=embedder) as found,
        ThreadPoolExecutor(1) as pool,
    ):
        asking = pool.submit(
            found.client.post, "/api/v1/memories", json={"title": "Tea", "content": "Milk."}
        )
        assert embedder.asked.wait(PATIENCE_SECS)
        found.server.stop()
        # New callers are turned away while the old one is waited for.
        assert turns_callers_away(found.port)
        assert found.thread.is_alive()
        embedder.go.set()
        answer = asking.result(PATIENCE_SECS)
        assert require_error(answer, 500, "INTERNAL")["message"] == "internal error"
        assert "secret" not in answer.text
        found.stop()


def test_patience_ends(tmp_path: Path) -> None:
    embedder = HeldEmbedder()
    with (
        running(tmp_path, embedder=embedder, grace_secs=0.2) as found,
        ThreadPoolExecutor(1) as pool,
    ):
        asking = pool.submit(
            found.client.post, "/api/v1/memories", json={"title": "Tea", "content": "Milk."}
        )
        assert embedder.asked.wait(PATIENCE_SECS)
        found.stop()
        require_error(asking.result(PATIENCE_SECS), 503, "NODE_CLOSED")
        embedder.go.set()


def test_an_idle_connection_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    with running(tmp_path) as found, found.connect() as silent, found.connect() as half:
        half.sendall(b"POST /api/v1/memories HTTP/1.1\r\nHost: local")
        assert found.total() == 0
        found.stop()
        assert silent.recv(1) == b""
        assert half.recv(1) == b""


def test_an_address_in_use_is_said_before_anything_is_opened(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(tmp_path / "memory.db", f"127.0.0.1:{port}") as server:
            assert server.process.stderr is not None
            lines = [server.first_line, *server.process.stderr]
            assert server.process.wait(PATIENCE_SECS) == 1
    assert [line.strip() for line in lines[:2]] == [
        "ADDRESS_IN_USE",
        f"address in use: 127.0.0.1:{port}",
    ]
    assert "--bind" in lines[2]
    assert not (tmp_path / "memory.db").exists()


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        ({"bind": "0.0.0.0:0"}, "bind"),
        ({"bind": "[::]:0"}, "bind"),
        ({"bind": "no-such-host.invalid:0", "api_key": "k"}, "bind"),
        ({"bind": "192.0.2.1:0", "api_key": "k"}, "bind"),
    ],
)
def test_a_bind_that_cannot_or_must_not_be_is_refused(
    tmp_path: Path, settings: dict[str, str], setting: str
) -> None:
    db = tmp_path / "memory.db"
    with pytest.raises(ConfigInvalid) as caught:
        serve(load_config({"db": str(db), "tier": "keyword", **settings}))
    assert caught.value.details["setting"] == setting
    assert not db.exists()


def test_a_missing_embedder_is_said_behind_the_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(tmp_path, tier="semantic", embedder_kind="none") as found:
        health = found.client.get("/api/v1/health").json()
    first, second = capsys.readouterr().err.splitlines()
    assert f"listening on http://127.0.0.1:{found.port} " in first
    assert health["embedder_problem"] in second


def test_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    db = tmp_path / "memory.db"
    with pytest.raises(ConfigInvalid, match="profile"):
        serve(load_config({"db": str(db), "bind": "127.0.0.1:0", "profile": "nonsense"}))
    assert not db.exists()


def test_somebody_who_listened_in_the_meantime_is_noticed(tmp_path: Path) -> None:
    """Two sockets may be bound to one port; the first to listen has it."""
    (first,) = bind("127.0.0.1", 0)
    second = bind("127.0.0.1", first.getsockname()[1])
    config = load_config({"db": str(tmp_path / "memory.db"), "tier": "keyword"})
    with first, closing(open_node(config, background=False)) as opened:
        first.listen()
        with pytest.raises(AddressInUse):
            HttpServer(opened, second).run()


def test_a_name_is_bound_on_all_its_addresses_with_one_port() -> None:
    sockets = bind("localhost", 0)
    try:
        assert len({each.getsockname()[1] for each in sockets}) == 1
        sockets[0].listen()
        with pytest.raises(AddressInUse):
            bind("localhost", sockets[0].getsockname()[1])
    finally:
        for each in sockets:
            each.close()


def test_ipv6_loopback(tmp_path: Path) -> None:
    try:
        probe = bind("::1", 0)
    except ConfigInvalid:
        pytest.skip("this machine has no IPv6 loopback")
    probe[0].close()
    with running(tmp_path, bind="[::1]:0") as found:
        assert found.client.get("/api/v1/health").status_code == 200
