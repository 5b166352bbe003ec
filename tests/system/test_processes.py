"""Sixteen processes on one file: every acknowledged row is there, nobody hears of a lock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import open_store

import ai_memory

ROOT = Path(__file__).parents[2]
# The short form runs with the suite; `make soak` runs the twenty seconds of the contract.
SECONDS = os.environ.get("AI_MEMORY_SOAK_SECONDS", "4")
PROCESSES = 8


@pytest.mark.slow
def test_eight_writers_and_eight_more_through_the_cli(tmp_path: Path) -> None:
    db = str(tmp_path / "shared.db")
    running = []
    for module in ("writer", "cli_writer"):
        for number in range(PROCESSES):
            name = f"{module}-{number}"
            acks = tmp_path / f"{name}.acks"
            command = [sys.executable, "-m", f"tests.system.{module}", db, name, SECONDS, str(acks)]
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            running.append((name, acks, process))

    acknowledged: set[str] = set()
    for name, acks, process in running:
        _out, err = process.communicate(timeout=600)
        assert process.returncode == 0, f"{name}: {err}"
        assert "locked" not in err
        titles = acks.read_text().splitlines()
        assert titles, f"{name} stored nothing"
        acknowledged.update(titles)

    with ai_memory.open_node(db=db, level="keyword") as node:
        stored: set[str] = set()
        cursor = None
        while True:
            page = node.list(limit=1000, cursor=cursor)
            stored.update(memory.title for memory in page.memories)
            cursor = page.get("next_cursor")
            if cursor is None:
                break
        assert acknowledged <= stored
        assert page.total == len(stored)
        assert len(stored - acknowledged) <= 2 * PROCESSES  # stored, and the deadline came

    store = open_store(db)
    with store.read() as rows:
        assert rows.integrity_problems() == []
        entries = rows.log_entries(0, 1_000_000)
        assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    store.close()
