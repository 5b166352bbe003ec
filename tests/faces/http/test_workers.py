"""Several processes behind one port: one node to whoever asks, whatever happens to one of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.faces.http.running import JSON, PATIENCE_SECS, in_threads
from tests.faces.http.test_metrics import samples

from ai_memory.config import load_config
from ai_memory.errors import ConfigInvalid, StoreUnavailable
from ai_memory.faces.http.board import Board
from ai_memory.faces.http.metrics import NUMBERS, Metrics
from ai_memory.faces.http.seat import Failed, Ready, read_news
from ai_memory.faces.http.server import workers_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tests ask /proc for workers")
STORED = 'ai_memory_operation_total{operation="store_memory",code="OK"}'
ENOUGH = 40


class Served(NamedTuple):
    """A server of two workers."""

    process: subprocess.Popen[str]
    port: int
    first_line: str

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECS)

    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def two_workers(db: Path) -> Iterator[Served]:
    words = ["serve", "--db", str(db), "--tier", "keyword", "--bind", "127.0.0.1:0"]
    with subprocess.Popen(
        [sys.executable, "-m", "ai_memory", *words, "--workers", "2"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert "http://" in line, line + process.stderr.read()
            port = int(line.partition("http://")[2].split()[0].rpartition(":")[2])
            yield Served(process, port, line)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with two_workers(tmp_path_factory.mktemp("workers") / "memory.db") as found:
        yield found


def ask(connection: HTTPConnection, method: str, path: str, body: Any = None) -> Any:
    connection.request(method, path, None if body is None else json.dumps(body), JSON)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status < 300, text
    return json.loads(text) if answer.getheader("Content-Type") == JSON["Content-Type"] else text


def store(connection: HTTPConnection, title: str) -> str:
    stored = ask(connection, "POST", "/api/v1/memories", {"title": title, "content": "Some tea."})
    return str(stored["id"])


def test_whoever_answers_knows_what_any_has_stored_and_counted(served: Served) -> None:
    """Of two connections that are open at once each worker has one: it is given to the idler."""
    assert "level keyword, 2 workers)" in served.first_line
    assert len(served.workers()) == 2
    with closing(served.connect()) as one, closing(served.connect()) as other:
        assert ask(one, "GET", "/api/v1/health")["workers"] == 2
        ids = [store(one, "One"), store(one, "Two"), store(other, "Three")]
        for connection in (one, other):
            found = ask(connection, "GET", "/api/v1/recall?context=tea")
            assert {memory["id"] for memory in found["memories"]} == set(ids)
            for memory_id in ids:
                assert ask(connection, "GET", f"/api/v1/memories/{memory_id}")["id"] == memory_id
            figures = samples(ask(connection, "GET", "/metrics"))
            assert figures[STORED] == 3
            assert figures["ai_memory_memories"] == 3


def test_a_worker_that_is_killed_loses_nothing_acknowledged_and_is_replaced(
    served: Served,
) -> None:
    acknowledged: list[str] = []
    enough, again, stop = threading.Event(), threading.Event(), threading.Event()

    def write(thread: int) -> None:
        for attempt in range(100):
            try:
                with closing(served.connect()) as connection:
                    for number in range(10_000):
                        if stop.is_set():
                            return
                        acknowledged.append(store(connection, f"{thread} {attempt} {number}"))
                        if len(acknowledged) >= ENOUGH:
                            (again if killed.is_set() else enough).set()
            except (OSError, HTTPException):
                continue  # its worker was killed; a client calls again

    killed = threading.Event()
    threads = in_threads(4, write)
    assert enough.wait(PATIENCE_SECS)
    victim = served.workers()[0]
    os.kill(victim, signal.SIGKILL)
    assert served.process.stderr is not None
    line = served.process.stderr.readline()
    assert "was ended by signal 9; another takes its place" in line
    killed.set()
    assert again.wait(PATIENCE_SECS)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_SECS)
    with closing(served.connect()) as connection:
        for memory_id in acknowledged:
            assert ask(connection, "GET", f"/api/v1/memories/{memory_id}")["id"] == memory_id
        # What the dead one counted is not lost with it.
        assert samples(ask(connection, "GET", "/metrics"))[STORED] >= len(acknowledged)
    now = served.workers()
    assert victim not in now
    assert len(now) == 2


def test_a_worker_told_to_stop_answers_what_it_was_given(served: Served) -> None:
    with ExitStack() as stack:
        kept = [stack.enter_context(closing(served.connect())) for _ in range(4)]
        for connection in kept:
            ask(connection, "GET", "/api/v1/health")
        victim = served.workers()[0]  # the oldest, which answers for certain
        os.kill(victim, signal.SIGTERM)
        assert served.process.stderr is not None
        assert "ended with exit code 0; another takes" in served.process.stderr.readline()
        for _ in range(8):
            with closing(served.connect()) as connection:
                ask(connection, "GET", "/api/v1/health")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_all_and_says_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with two_workers(tmp_path / "memory.db") as found:
        workers = found.workers()
        with closing(found.connect()) as connection:
            store(connection, "Tea")
            for each in (found.process.pid, *(workers if number is signal.SIGINT else ())):
                os.kill(each, number)  # Ctrl-C reaches every process of the terminal
            assert found.process.wait(PATIENCE_SECS) == 0
        assert found.process.stderr is not None
        assert found.process.stderr.read() == ""


def test_workers_do_not_outlive_their_supervisor(tmp_path: Path) -> None:
    with two_workers(tmp_path / "memory.db") as found:
        with closing(found.connect()) as connection:
            store(connection, "Tea")
            found.process.kill()
            assert found.process.wait(PATIENCE_SECS) == -signal.SIGKILL
        assert found.process.stderr is not None
        found.process.stderr.read()  # until the last of them has closed it


def test_what_keeps_workers_from_starting_is_said_as_by_one(tmp_path: Path) -> None:
    db = tmp_path / "memory.db"
    db.write_bytes(b"This is no database at all, and long enough to be taken for one. " * 100)
    words = ["serve", "--db", str(db), "--bind", "127.0.0.1:0", "--tier", "keyword", "--json"]
    said = [
        subprocess.run(
            [sys.executable, "-m", "ai_memory", *words, "--workers", workers],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECS,
            check=False,
        )
        for workers in ("1", "2")
    ]
    assert said[0].returncode == said[1].returncode == 1
    assert said[0].stderr == said[1].stderr
    assert "STORE_UNAVAILABLE" in said[0].stderr + said[0].stdout


def test_a_database_in_memory_belongs_to_one_process() -> None:
    assert workers_of(load_config({"db": ":memory:", "workers": 0})) == 1
    assert workers_of(load_config({"db": ":memory:", "workers": 1})) == 1
    with pytest.raises(ConfigInvalid, match="in memory") as caught:
        workers_of(load_config({"db": ":memory:", "workers": 2}))
    assert caught.value.details["setting"] == "workers"


def test_the_number_of_workers_is_the_configured_or_that_of_the_processors() -> None:
    assert workers_of(load_config({"db": "x.db", "workers": 7})) == 7
    assert 1 <= workers_of(load_config({"db": "x.db", "workers": 0})) <= 4


def test_rows_of_the_board_add_up() -> None:
    board = Board(3, 1 + NUMBERS)
    rows = [row[1:] for row in board.rows]
    all_three = [Metrics(rows, mine) for mine in range(3)]
    for number, metrics in enumerate(all_three):
        for _ in range(number + 1):
            metrics.executed("store_memory", 0.002, "OK")
    texts = {metrics.text(mode="keyword", gauges={}) for metrics in all_three}
    assert len(texts) == 1
    assert samples(texts.pop())[STORED] == 6
    assert [row[0] for row in board.rows] == [0, 0, 0]


def test_news_come_in_pieces_and_errors_stay_what_they_are() -> None:
    failed = Failed.of(StoreUnavailable("no", hint="Do this.", setting="db"))
    data = b"".join(json.dumps(each).encode() + b"\n" for each in (
        {"type": "ready", "level": "keyword", "problem": None},
        {"type": "failed", "kind": failed.kind, "message": failed.message, "hint": failed.hint,
         "details": failed.details},
    ))  # fmt: skip
    first, rest = read_news(data[:70])
    second, rest = read_news(rest + data[70:])
    ready, told = [*first, *second]
    assert (ready, rest) == (Ready("keyword", None), b"")
    assert isinstance(told, Failed)
    error = told.error()
    assert type(error) is StoreUnavailable
    assert error.as_dict() == StoreUnavailable("no", hint="Do this.", setting="db").as_dict()


def test_a_session_begun_at_one_worker_is_known_at_the_other(served: Served) -> None:
    def call(connection: HTTPConnection, number: int, method: str, **params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        headers = {**JSON, "Accept": "application/json, text/event-stream", **session}
        connection.request("POST", "/mcp", json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        if (given := answer.getheader("Mcp-Session-Id")) is not None:
            session["Mcp-Session-Id"] = given
        lines = [line.removeprefix("data: ") for line in text.splitlines() if "result" in line]
        return json.loads(lines[-1])["result"]

    session: dict[str, str] = {}
    with closing(served.connect()) as one, closing(served.connect()) as other:
        client = {"name": "test", "version": "1"}
        call(one, 1, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
        assert session
        before = {tool["name"] for tool in call(other, 2, "tools/list")["tools"]}
        assert "memory_kg_query" not in before
        call(one, 3, "tools/call", name="memory_load_family", arguments={"family": "graph"})
        after = {tool["name"] for tool in call(other, 4, "tools/list")["tools"]}
        assert "memory_kg_query" in after


CRASHING = """
import select, socket, sys
from ai_memory import limits
limits.WORKER_DELAY_SECS = 0.001
from ai_memory.adapters.system import SystemClock
from ai_memory.errors import Internal
from ai_memory.faces.http.seat import Ready
from ai_memory.faces.http.server import bind
from ai_memory.faces.http.supervisor import Supervisor

begun = []  # what is forked later sees it
def work(seat):
    seat.tell(Ready("keyword", None))
    if not begun:
        select.select([seat.channel], [], [])  # until a connection comes
    return 3

sockets = bind("127.0.0.1", 0)
def say(line):
    print(line, flush=True)
def began(ready):
    say("began")
    begun.extend(socket.create_connection(sockets[0].getsockname()) for _ in range(2))
supervisor = Supervisor(
    sockets, 2, work, listen=lambda: [each.listen() for each in sockets], clock=SystemClock(),
    began=began, say=say,
)
try:
    supervisor.run()
except Internal as error:
    say(error.message)
    sys.exit(1)
"""


def test_a_server_whose_workers_keep_failing_gives_up_and_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASHING],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECS,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 1, done.stderr
    assert lines.count("began") == 1
    assert any("ended with exit code 3; another takes its place in " in line for line in lines)
    assert "times in a row" in lines[-1]
    assert done.stderr == ""
