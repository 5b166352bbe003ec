from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.faces.mcp.process import (
    INITIALIZED,
    OPEN,
    TIMEOUT_SECS,
    initialize,
    own_server,
    server_command,
    tool_call,
)

from ai_memory.compose import open_node
from ai_memory.config import load_config

# A client that starts the server on pipes it was given, says so, and waits to be killed. It starts
# it from a thread that ends at once, as many clients do.
CLIENT = """
import os, subprocess, sys, threading
reading, writing = int(sys.argv[1]), int(sys.argv[2])
def start():
    subprocess.Popen(sys.argv[3:], stdin=reading, stdout=writing)
starter = threading.Thread(target=start)
starter.start()
starter.join()
os.close(reading)
os.close(writing)
print("started", flush=True)
sys.stdin.read()
"""

WITHOUT_DESCRIPTORS = "import os\nvars(os).pop('pidfd_open', None)\n"


class Orphan:
    """A server whose input this test holds open, so that its client's death ends no file."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        reading, self.writing = os.pipe()
        self.output, writing = os.pipe()
        self.client = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(reading), str(writing), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(reading, writing),
            env={**os.environ, **environment},
        )
        os.close(reading)
        os.close(writing)
        assert self.client.stdout is not None
        assert self.client.stdout.readline() == b"started\n"
        self.answers = os.fdopen(self.output, "rb")
        # Nothing here may wait for ever: without its input the server ends anyhow.
        self.hung = threading.Timer(TIMEOUT_SECS, self.client.kill)
        self.hung.start()

    def ask(self, *messages: dict[str, Any]) -> dict[str, Any]:
        for message in messages:
            os.write(self.writing, json.dumps(message).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self.answers.readline())
        return answer

    def kill_client(self) -> None:
        self.client.send_signal(signal.SIGKILL)
        self.client.wait(TIMEOUT_SECS)

    def await_server(self) -> bytes:
        """What it still wrote, up to its end: the last holder of the output's other end is gone."""
        rest: list[bytes] = []
        reader = threading.Thread(target=lambda: rest.append(self.answers.read()))
        reader.start()
        reader.join(TIMEOUT_SECS)
        still_there = reader.is_alive()
        os.close(self.writing)  # let it go, should it still be there
        reader.join(TIMEOUT_SECS)
        self.close()
        assert not still_there, "the server outlived its client"
        return rest[0]

    def close(self) -> None:
        self.hung.cancel()
        self.answers.close()
        self.client.kill()
        self.client.wait()
        for pipe in (self.client.stdin, self.client.stdout):
            assert pipe is not None
            pipe.close()


@pytest.mark.parametrize("looks", ["by descriptor", "by id"])
def test_a_server_ends_with_its_client_although_its_input_stays_open(
    tmp_path: Path, looks: str
) -> None:
    db = tmp_path / "orphan.db"
    command = server_command(db)
    if looks == "by id":
        command = own_server(OPEN)
        command[-1] = WITHOUT_DESCRIPTORS + command[-1]
    orphan = Orphan(command, {"AI_MEMORY_DB": str(db)})
    assert "result" in orphan.ask(initialize())
    stored = orphan.ask(INITIALIZED, tool_call(1, "memory_store", title="kept", content="b"))
    assert not stored["result"].get("isError")
    orphan.kill_client()
    assert orphan.await_server() == b""
    # It closed its database on the way: nothing is left in the log beside it.
    assert not db.with_name("orphan.db-wal").exists()
    with_node = open_node(load_config({"db": str(db), "tier": "keyword"}), background=False)
    try:
        with with_node.node.store.read() as rows:
            assert rows.log_position() == 1
    finally:
        with_node.close()


def test_a_client_that_dies_before_the_first_request_leaves_nothing_behind(tmp_path: Path) -> None:
    orphan = Orphan(server_command(tmp_path / "orphan.db"), {})
    assert orphan.ask({"no": "message"})["error"]["code"] == -32600  # it runs
    orphan.kill_client()
    assert orphan.await_server() == b""
