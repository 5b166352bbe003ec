"""store and recall start fast: what they import, and the time they take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.faces.cli.shell import SECS, command

STARTUP_SECS_MAX: Final = 0.2
RUNS: Final = 7
HEAVY: Final = (
    "asyncio", "email", "http.client", "httpx2", "importlib.metadata", "mcp", "multiprocessing",
    "numpy", "onnxruntime", "pydantic", "ssl", "starlette", "tokenizers", "tomllib", "tqdm",
    "unittest", "usearch", "uvicorn", "ai_memory.api", "ai_memory.faces.http",
    "ai_memory.faces.mcp", "ai_memory.measure", "ai_memory.adapters.embedder",
    "ai_memory.adapters.vector_index", "ai_memory.adapters.formats",
)  # fmt: skip

WORDS: Final = (
    ("store", "-T", "Coffee", "-c", "Ada drinks her coffee black.", "--on-conflict", "version"),
    ("recall", "how does Ada like her coffee"),
)

SCRIPT: Final = """
import sys
from ai_memory.faces.cli.main import main
code = main(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("words", WORDS, ids=["store", "recall"])
def test_nothing_heavy_is_imported(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], capture_output=True, timeout=SECS, check=True
    )
    assert set(done.stderr.decode().split()) & set(HEAVY) == set()


@pytest.mark.parametrize("words", WORDS, ids=["store", "recall"])
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs the times of a single child")
def test_a_call_takes_at_most_200_ms(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In processor time, the best of some runs: a busy machine must not fail it."""
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "bytecode"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    taken = [_seconds(words) for _ in range(RUNS)]
    assert min(taken[1:]) <= STARTUP_SECS_MAX, taken


def _seconds(words: tuple[str, ...]) -> float:
    running = subprocess.Popen(command(*words), stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0
    return used.ru_utime + used.ru_stime
