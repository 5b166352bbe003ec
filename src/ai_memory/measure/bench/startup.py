"""What a process costs that answers once: the command line's recall, an MCP server's greeting."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ai_memory.errors import Internal
from ai_memory.measure.bench.client import INITIALIZE
from ai_memory.measure.bench.stand import Stand
from ai_memory.measure.duration import spread

_GREETING: Final = Path(__file__).parents[1] / "floor" / "greeting.py"
_TIMEOUT_SECS: Final = 120


def cli_recalls(stand: Stand, level: str, runs: int) -> dict[str, Any]:
    """`ai-memory recall` as a whole process, a question never asked before each time."""

    def act(turn: int) -> None:
        question = stand.questions[turn % len(stand.questions)]
        words = ["--db", str(stand.db), "--level", level, "--quiet", "recall", question]
        done = subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-m", "ai_memory", *words],
            capture_output=True,
            timeout=_TIMEOUT_SECS,
            check=False,
        )
        if done.returncode:
            raise Internal(f"recall failed: {done.stderr.decode().strip()[-200:]}")

    return _figures(stand, {"": act}, runs)


def greetings(stand: Stand, level: str, runs: int) -> dict[str, Any]:
    """From the start of an MCP server's process to its first reply, beside a server of the SDK."""
    ours = [sys.executable, "-m", "ai_memory", "mcp", "--db", str(stand.db), "--level", level]
    theirs = [sys.executable, str(_GREETING)]
    acts = {"": lambda _turn: _greet(ours), "floor_": lambda _turn: _greet(theirs)}
    found = _figures(stand, acts, runs)
    return {**found, "ratio": round(found["p50_ms"] / found["floor_p50_ms"], 3)}


def _greet(command: list[str]) -> None:
    import json

    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        process.kill()  # its end is nobody's business here
    if b'"result"' not in answer:
        raise Internal(f"no greeting: {answer[:200]!r}")


def _figures(stand: Stand, acts: dict[str, Callable[[int], None]], runs: int) -> dict[str, Any]:
    """Each act in turn; a first round compiles what was never imported, and does not count.

    The processor's time says what a process would take if nobody else used the machine.
    """
    times: dict[str, list[float]] = {name: [] for name in acts}
    used: dict[str, list[float]] = {name: [] for name in acts}
    for turn in range(runs + 1):
        for name, act in acts.items():
            began, spent = stand.clock.monotonic(), _children_cpu_seconds()
            act(turn)
            if turn:
                times[name].append(stand.clock.monotonic() - began)
                used[name].append(_children_cpu_seconds() - spent)
    found: dict[str, Any] = {"n": runs}
    for name, taken in times.items():
        took = spread(taken)
        found |= {
            f"{name}p50_ms": round(took.p50_ms, 1),
            f"{name}p95_ms": round(took.p95_ms, 1),
            f"{name}cpu_p50_ms": round(spread(used[name]).p50_ms, 1),
        }
    return found


def _children_cpu_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system
