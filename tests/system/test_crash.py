"""kill -9 a server under write load, again and again: nothing acknowledged is ever missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from tests.support import open_store

import ai_memory
from ai_memory.adapters.embedder.hashing import HashingEmbedder

ROUNDS = 20
WRITERS = 4
ACKS_PER_ROUND = 40


def start(db: Path) -> tuple[subprocess.Popen[str], int]:
    """A server on a port of its own choosing, listening when this returns."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "ai_memory", "serve", "--db", str(db),
            "--bind", "127.0.0.1:0", "--tier", "semantic",
        ],
        env={**os.environ, "AI_MEMORY_EMBEDDER": "hashing"},
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "listening on" in line:
            port = line.split("127.0.0.1:")[1].split()[0].rstrip("/")
            return process, int(port)
    raise AssertionError(f"the server did not start: exit {process.wait()}")


def hammer(port: int, name: str, acks: list[str], enough: threading.Event) -> None:
    """Store one memory after another until the connection breaks."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    number = 0
    try:
        while True:
            title = f"{name} number {number}"
            body = json.dumps({"title": title, "content": f"the content of {title}"})
            connection.request(
                "POST", "/api/v1/memories", body, {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 201, answer.status
            acks.append(title)
            number += 1
            if len(acks) >= ACKS_PER_ROUND:
                enough.set()
    except (OSError, HTTPException):
        pass
    finally:
        connection.close()


@pytest.mark.slow
def test_killed_twenty_times_under_load(tmp_path: Path) -> None:
    db = tmp_path / "crash.db"
    acknowledged: list[str] = []
    for round_number in range(ROUNDS):
        process, port = start(db)
        acks: list[str] = []
        enough = threading.Event()
        threads = [
            threading.Thread(target=hammer, args=(port, f"r{round_number} w{n}", acks, enough))
            for n in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        assert enough.wait(60), "no progress"
        os.kill(process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
        acknowledged += acks

    store = open_store(db)
    with store.read() as rows:
        assert rows.integrity_problems() == []
    store.close()

    with ai_memory.open_node(db=db, level="semantic", embedder=HashingEmbedder()) as node:
        stored: set[str] = set()
        cursor = None
        while True:
            page = node.list(limit=1000, cursor=cursor)
            stored.update(memory.title for memory in page.memories)
            cursor = page.get("next_cursor")
            if cursor is None:
                break
        assert set(acknowledged) <= stored
        assert node.stats().unembedded == 0  # vectors were committed with their memories
        for title in acknowledged[:: max(1, len(acknowledged) // 50)]:
            found = node.recall(context=f"{title} the content of {title}", limit=5)
            assert found.mode == "hybrid"
            assert found.meta.candidate_counts.hnsw > 0
            assert title in [memory.title for memory in found.memories]
