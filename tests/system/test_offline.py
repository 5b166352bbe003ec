"""Nothing leaves the machine, on any way in. `make offline` runs this alone.

The surface is walked in an empty network namespace, with CI unset (libraries that report to their
makers often hold back where it is set) and under strace, which sees what libraries of other
languages do as well. Where unshare or strace cannot be used, what is left is said to be unwatched.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import ai_memory.offline

ROOT = Path(__file__).parents[2]
LOCAL = re.compile(r"127\.\d+\.\d+\.\d+|::1|::|0\.0\.0\.0")
PEER = re.compile(
    r'htons\((?P<port>\d+)\).*?(?:inet_addr\("|inet_pton\(AF_INET6, ")(?P<host>[^"]+)"'
)
CALLS = "connect,sendto,sendmsg,sendmmsg"


@cache
def namespace() -> list[str]:
    """The words that give a command an empty network, as the user who runs this may."""
    unshare = shutil.which("unshare")
    for words in ([unshare, "-n"], [unshare, "-r", "-n"]) if unshare else ():
        tried = subprocess.run([*words, "true"], capture_output=True, check=False)
        if tried.returncode == 0:
            return [word for word in words if word]
    return []


@cache
def tracer() -> list[str]:
    strace = shutil.which("strace")
    if strace is None:
        return []
    tried = subprocess.run(
        [strace, "-f", "--seccomp-bpf", "-o", os.devnull, "true"], capture_output=True, check=False
    )
    return [strace, "-f", "--seccomp-bpf", "-e", f"trace={CALLS}"] if tried.returncode == 0 else []


def walk(folder: Path, *words: str) -> tuple[list[str], list[str]]:
    """Where to, and which files outside of ours."""
    home, trace = folder / "home", folder / "trace"
    home.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"CI", *ai_memory.offline.SWITCHES}
        and not name.startswith(("AI_MEMORY_", "XDG_", "GITHUB_"))
    }
    watched = [*tracer(), "-o", str(trace)] if tracer() else []
    program = [sys.executable, "-m", "tests.system.offline_surface", str(folder), *words]
    done = subprocess.run(
        [*namespace(), *watched, *program],
        cwd=ROOT,
        env={**kept, "HOME": str(home), "AI_MEMORY_NO_CONFIG": "1"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = trace.read_text(errors="replace").splitlines() if watched else []
    peers = [(line, peer) for line in lines if (peer := PEER.search(line))]
    reached = [
        line for line, peer in peers if peer["port"] == "53" or not LOCAL.fullmatch(peer["host"])
    ]
    strange = [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.is_file() and "ai-memory" not in path.relative_to(home).parts
    ]
    return reached, strange


def test_a_first_recall_leaves_nothing_behind(tmp_path: Path) -> None:
    assert walk(tmp_path, "--short") == ([], [])


@pytest.mark.slow
def test_nothing_leaves_the_machine(tmp_path: Path) -> None:
    if not namespace() or not tracer():
        pytest.skip("NOT WATCHED: it needs strace, and unshare with the right to use it")
    assert walk(tmp_path) == ([], [])


def test_every_import_switches_off_what_would_report() -> None:
    code = "import ai_memory.limits, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ORT_DISABLE_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1\n"
