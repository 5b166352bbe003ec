"""store and recall start fast: what they import, and the time they take."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from tests.faces.cli.shell import SECS, command

FLOORS_MAX: Final = 2.5
"""Times of what any such program costs here: on a machine where that is 80 ms, 200 ms."""
FLOOR: Final = (sys.executable, "-c", "import argparse, apsw, msgspec")
RUNS: Final = 7
HEAVY: Final = (
    "asyncio", "dataclasses", "difflib", "email", "http.client", "httpx2", "importlib.metadata",
    "importlib.resources", "json", "mcp", "multiprocessing", "numpy", "onnxruntime", "pydantic",
    "random", "secrets", "shutil", "socket", "ssl", "starlette", "subprocess", "tempfile",
    "tokenizers", "tomllib", "tqdm", "unittest", "usearch", "uvicorn", "zipfile", "ai_memory.api",
    "ai_memory.faces.http", "ai_memory.faces.mcp", "ai_memory.measure",
    "ai_memory.adapters.embedder", "ai_memory.adapters.formats", "ai_memory.adapters.vector_index",
    "ai_memory.operations.consolidation", "ai_memory.workers.curator",
)  # fmt: skip
HEAVY_TO_READ: Final = ("hashlib", "ai_memory.operations.embedding", "ai_memory.retrieval.window")
OWN_MODULES_MAX: Final = 116
"""A recall imports some 100 of our modules; each costs a third of a millisecond or more."""

WORDS: Final = (
    ("store", "-T", "Coffee", "-c", "Ada drinks her coffee black.", "--on-conflict", "version"),
    ("recall", "how does Ada like her coffee"),
    # The vectors are left to the next process that has the model: none is loaded here.
    ("store", "--level", "semantic", "-T", "Coffee", "-c", "Black.", "--on-conflict", "version"),
)

SCRIPT: Final = """
import sys
from ai_memory.faces.cli.main import main
code = main(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("words", [WORDS[0], WORDS[2]], ids=["keyword", "semantic"])
def test_a_store_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    assert _imported(words) & set(HEAVY) == set()


def test_a_recall_imports_nothing_heavy_and_little_of_ours() -> None:
    _imported(WORDS[0])
    imported = _imported(WORDS[1])  # it finds something, and counts that
    assert "ai_memory.operations.touch_memories" in imported
    assert imported & {*HEAVY, *HEAVY_TO_READ} == set()
    ours = [name for name in imported if name.startswith("ai_memory")]
    assert len(ours) <= OWN_MODULES_MAX, sorted(ours)


def _imported(words: tuple[str, ...]) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], capture_output=True, timeout=SECS, check=True
    )
    return set(done.stderr.decode().split())


@pytest.mark.parametrize("words", WORDS, ids=["store", "recall", "store at the semantic level"])
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs the times of a single child")
def test_a_call_costs_a_few_times_what_its_libraries_do(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Best of some runs in processor time, in turns: a busy or slow machine slows both alike."""
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "bytecode"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    taken = [(_seconds(FLOOR), _seconds(command(*words))) for _ in range(RUNS)]
    floor, call = (min(each) for each in zip(*taken[1:], strict=True))
    assert call <= FLOORS_MAX * floor, taken


def _seconds(words: Sequence[str | bytes]) -> float:
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0
    return used.ru_utime + used.ru_stime


LEAVING: Final = """
import atexit, sys, threading
from ai_memory.faces.cli.main import main
atexit.register(print, "at exit", file=sys.stderr)
if sys.argv.pop(1) == "busy":
    returned = threading.Event()
    beside = lambda: (returned.wait(), print("beside", file=sys.stderr))
    threading.Thread(target=beside).start()
main()
print("returned", file=sys.stderr)
returned.set()
"""


@pytest.mark.parametrize(
    ("state", "said"),
    [("idle", ["at exit"]), ("busy", ["returned", "beside", "at exit"])],
)
def test_a_call_ends_the_process_unless_something_runs(state: str, said: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVING, state, "--version"],
        capture_output=True, timeout=SECS, check=True, text=True,
    )  # fmt: skip
    assert done.stdout.startswith("ai-memory ")
    assert done.stderr.splitlines() == said
