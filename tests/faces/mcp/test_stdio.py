from __future__ import annotations

import array
import fcntl
import json
import os
import signal
import termios
import threading
from pathlib import Path
from typing import IO, Any

import pytest
from mcp import Client, StdioServerParameters
from tests.faces.mcp.process import (
    INITIALIZED,
    META,
    OPEN,
    TIMEOUT_SECS,
    exchange,
    initialize,
    own_server,
    request,
    running,
    server_command,
    tool_call,
)
from tests.faces.mcp.session import ERAS, call, call_every_tool

from ai_memory import limits
from ai_memory.faces.cli.main import main
from ai_memory.version import __version__


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "stdio.db"


def by_id(answers: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    assert len({answer["id"] for answer in answers}) == len(answers)
    return {answer["id"]: answer for answer in answers}


def result_of(answer: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = answer["result"]
    assert not result.get("isError"), result
    return result


@pytest.mark.anyio
@pytest.mark.parametrize("era", [*ERAS, "auto"])
async def test_the_official_client_uses_every_tool(db: Path, era: str) -> None:
    command = server_command(db, "--profile", "full")
    started = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    async with Client(started, mode=era) as client:
        answers = await call_every_tool(client)
        left = await call(client, "memory_list")
    assert answers["memory_recall"]["memories"][0]["title"] == "Tea"
    assert {memory["title"] for memory in left["memories"]} == {"Ada", "Coffee"}


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_each_handshake_version_is_spoken(db: Path, version: str) -> None:
    with running(server_command(db)) as lines:
        greeting = result_of(lines.ask(initialize(version)))
        assert greeting["protocolVersion"] == version
        assert greeting["serverInfo"] == {"name": "ai-memory", "version": __version__}
        lines.send(INITIALIZED)
        tools = result_of(lines.ask(request("tools/list")))["tools"]
        assert tools[0]["name"] == "memory_store"
        stored = result_of(lines.ask(tool_call(2, "memory_store", title="a", content="b")))
        fields = said(stored)
        assert fields["agent_id"].startswith("ai:line-tester@")
        assert "structuredContent" not in stored


def test_the_era_without_a_handshake_is_spoken(db: Path) -> None:
    with running(server_command(db)) as lines:
        found = result_of(lines.ask(request("server/discover", _meta=META)))
        assert found["supportedVersions"] == ["2026-07-28"]
        listed = result_of(lines.ask(request("tools/list", _meta=META)))
        assert listed["ttlMs"] > 0
        assert listed["cacheScope"] == "public"
        calling = tool_call(2, "memory_store", title="a", content="b")
        calling["params"]["_meta"] = META
        stored = result_of(lines.ask(calling))
        assert stored["resultType"] == "complete"
        assert said(stored)["agent_id"].startswith("ai:line-tester@")


def test_text_is_utf_8_whatever_the_locale(db: Path) -> None:
    text = "Größe 日本語 😀 \u2028"
    answers, _, code = exchange(
        server_command(db),
        initialize(),
        INITIALIZED,
        json.dumps(
            tool_call(1, "memory_store", title=text, content=text), ensure_ascii=False
        ).encode(),
        LC_ALL="C",
        PYTHONIOENCODING="latin-1",
        PYTHONUTF8="0",
    )
    stored = said(result_of(by_id(answers)[1]))
    assert (code, stored["title"], stored["content"]) == (0, text, text)


def test_nothing_else_reaches_stdout(tmp_path: Path) -> None:
    chatty = """
import subprocess
print("a print")
os.write(1, b"a write\\n")
subprocess.run([sys.executable, "-c", "print(repr(input.__name__), open(0).read())"], check=True)
"""
    with running(own_server(chatty + OPEN), AI_MEMORY_DB=str(tmp_path / "chatty.db")) as lines:
        lines.greet()
        # The child reads to the end of its input, which must not be ours: that is still open.
        result_of(lines.ask(tool_call(1, "memory_list")))
        answers, err = lines.finish()
    assert answers == []
    assert lines.process.returncode == 0
    for words in ("a print", "a write", "'input'"):
        assert words in err


def test_the_first_reply_does_not_wait_for_the_memory(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    waiting = f"open({str(gate)!r}).read()\n"  # until somebody opened it for writing, and closed
    with running(own_server(waiting + OPEN), AI_MEMORY_DB=str(tmp_path / "late.db")) as lines:
        lines.greet()
        assert result_of(lines.ask(request("tools/list")))["tools"]
        # Bad arguments need no memory either.
        refused = lines.ask(tool_call(2, "memory_get"))
        assert refused["result"]["isError"]
        lines.send(tool_call(3, "memory_list"), tool_call(4, "memory_list"))
        gate.write_text("")
        assert {lines.receive()["id"], lines.receive()["id"]} == {3, 4}


def test_the_memory_is_opened_before_anybody_asks() -> None:
    opener = "sys.stderr.write('opening\\n')\nsys.stderr.flush()\nraise SystemExit"
    with running(own_server(opener)) as lines:
        lines.greet()
        assert lines.process.stderr is not None
        assert lines.process.stderr.readline() == b"opening\n"


def test_a_client_that_leaves_does_not_wait_for_the_memory(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with running(own_server(f"open({str(gate)!r}).read()\n")) as lines:
        lines.greet()
        lines.finish()
        assert lines.process.returncode == 0


def test_everything_read_is_answered_before_the_end(db: Path) -> None:
    count = 600  # more than are taken at once
    calls = [
        tool_call(number, "memory_store", title=f"t{number}", content="c", namespace="many")
        for number in range(1, count + 1)
    ]
    answers, _, code = exchange(server_command(db), initialize(), INITIALIZED, *calls)
    assert code == 0
    found = by_id(answers)
    assert found.keys() == set(range(count + 1))
    for number in range(1, count + 1):
        result_of(found[number])
    (listed,), _, _ = exchange_one(db, "memory_list", namespace="many", limit=1)
    assert listed["total"] == count


def said(result: dict[str, Any]) -> Any:
    """The JSON in a result's text."""
    return json.loads(result["content"][0]["text"])


def exchange_one(db: Path, tool: str, **arguments: Any) -> tuple[list[dict[str, Any]], str, int]:
    answers, err, code = exchange(
        server_command(db), initialize(), INITIALIZED, tool_call(1, tool, **arguments)
    )
    return [said(result_of(by_id(answers)[1]))], err, code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_loses_nothing(db: Path, number: signal.Signals) -> None:
    with running(server_command(db)) as lines:
        lines.greet()
        result_of(lines.ask(tool_call(1, "memory_store", title="kept", content="b")))
        lines.process.send_signal(number)
        assert lines.process.wait(TIMEOUT_SECS) == 0
        assert lines.process.stderr is not None
        assert lines.process.stderr.read() == b""
    (listed,), _, _ = exchange_one(db, "memory_list")
    assert [memory["title"] for memory in listed["memories"]] == ["kept"]


def test_a_signal_before_the_first_request_stops_it(db: Path) -> None:
    with running(server_command(db)) as lines:
        # Answered from the transport itself, so it proves that the loop runs.
        lines.send(b"no json")
        assert lines.receive()["error"]["code"] == -32700
        lines.process.send_signal(signal.SIGTERM)
        assert lines.process.wait(TIMEOUT_SECS) == 0


def test_a_line_that_is_no_message_gets_an_error(db: Path) -> None:
    long = b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * limits.HTTP_BODY_BYTES_MAX + b'"}'
    with running(server_command(db)) as lines:
        for line, code, number in [
            (b"{", -32700, None),
            (b'{"id": 3, "text": "\xff"}', -32700, 3),
            (b"[]", -32600, None),
            (b'{"jsonrpc": "2.0", "id": 7}', -32600, 7),
            (b'{"jsonrpc": "1.0", "id": "a", "method": "ping"}', -32600, "a"),
            (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600, None),
            (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', -32600, None),
            (b"[" * 100_000, -32700, None),
            (long, -32600, None),
        ]:
            lines.send(line)
            answer = lines.receive()
            assert (answer["error"]["code"], answer["id"]) == (code, number), line[:80]
        lines.send(b"", b"  \r")
        lines.greet()


def test_a_database_that_cannot_be_opened_is_told_not_waited_for(tmp_path: Path) -> None:
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"no database at all" * 1_000)
    answers, err, code = exchange(
        server_command(bad),
        initialize(),
        INITIALIZED,
        tool_call(1, "memory_list"),
    )
    failure = by_id(answers)[1]["result"]
    assert failure["isError"]
    told = json.loads(failure["content"][0]["text"])
    assert told["code"] == "STORE_UNAVAILABLE"
    assert told["message"] in err
    assert "Traceback" not in err
    assert code == 0


def test_a_database_that_comes_back_is_used(tmp_path: Path) -> None:
    bad = tmp_path / "late.db"
    bad.write_bytes(b"no database at all" * 1_000)
    with running(server_command(bad)) as lines:
        lines.greet()
        assert lines.ask(tool_call(1, "memory_list"))["result"]["isError"]
        bad.unlink()
        result_of(lines.ask(tool_call(2, "memory_list")))


def test_a_fault_at_opening_tells_the_client_nothing_more(tmp_path: Path) -> None:
    answers, err, _ = exchange(
        own_server("raise RuntimeError('the secret')"),
        initialize(),
        INITIALIZED,
        tool_call(1, "memory_list"),
    )
    failure = by_id(answers)[1]["result"]
    assert json.loads(failure["content"][0]["text"])["code"] == "INTERNAL"
    assert "secret" not in json.dumps(answers)
    assert "the secret" in err


def test_an_unknown_profile_is_refused_before_a_byte(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mcp", "--db", str(db), "--profile", "everything"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "everything" in told.err


def test_closed_pipes_are_refused(db: Path) -> None:
    with running(["/bin/sh", "-c", 'exec "$@" <&-', "sh", *server_command(db)]) as lines:
        answers, err = lines.finish()
    assert answers == []
    assert "standard input or output is closed" in err
    assert lines.process.returncode == 2


def test_a_client_that_stops_reading_ends_nothing(db: Path) -> None:
    with running(server_command(db)) as lines:
        lines.greet()
        assert lines.process.stdout is not None
        lines.process.stdout.close()
        lines.send(tool_call(1, "memory_store", title="kept", content="b"))
        assert lines.process.stdin is not None
        lines.process.stdin.close()
        assert lines.process.wait(TIMEOUT_SECS) == 0
    (listed,), _, _ = exchange_one(db, "memory_list")
    assert [memory["title"] for memory in listed["memories"]] == ["kept"]


def wait_until_full(pipe: IO[bytes] | None) -> None:
    """Until its writer waits: an answer is under way that will not arrive.

    A pipe full of large writes holds somewhat less than its capacity, so what tells is that it is
    more than half full and stays as it is.
    """
    assert pipe is not None
    capacity = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
    held = array.array("i", [0])
    look = threading.Event()
    before, same = 0, 0
    for _turn in range(3_000):
        fcntl.ioctl(pipe, termios.FIONREAD, held)
        same = same + 1 if held[0] == before else 0
        before = held[0]
        if same >= 50 and before > capacity // 2:
            return
        look.wait(0.01)
    raise AssertionError(f"the pipe holds {before} of {capacity} bytes")


@pytest.mark.slow
def test_a_client_that_never_reads_cannot_hold_it(db: Path) -> None:
    """Far more answers than a pipe takes, to nobody: a signal ends it after the grace."""
    with running(server_command(db)) as lines:
        lines.greet()
        lines.send(*(request("tools/list", number) for number in range(1, 400)))
        wait_until_full(lines.process.stdout)
        lines.process.send_signal(signal.SIGTERM)
        assert lines.process.wait(TIMEOUT_SECS) == 0
        assert lines.process.stderr is not None
        assert b"nobody read its answer" in lines.process.stderr.read()


def test_a_python_without_stderr_still_serves(db: Path) -> None:
    command = ["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", *server_command(db)]
    answers, _, code = exchange(command, initialize(), INITIALIZED, tool_call(1, "memory_list"))
    assert code == 0
    result_of(by_id(answers)[1])
