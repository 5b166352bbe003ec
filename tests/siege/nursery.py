"""A process that has everything imported, and forks a child for each command that is to fail.

So a round takes some hundredths of a second. `python -m tests.siege.nursery` reads one request per
line and answers with one line each; `Nursery` is the side that asks. The parent opens no file and
starts no thread, so that a child is what a new process would be.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

SOURCE: Final = Path(__file__).with_name("fault.c")
SHIM: Final = "SIEGE_SHIM"
COUNT, KILL, IO_ERROR, FULL = range(4)
FOREVER: Final = 1 << 40
_CALLS: Final = "calls"
_PRELOADED: Final = (
    "apsw", "numpy", "usearch.index", "ai_memory.compose", "ai_memory.workers.janitor",
    "ai_memory.faces.cli.main", "ai_memory.faces.cli.local", "ai_memory.faces.cli.restore",
    "ai_memory.faces.cli.export_file", "ai_memory.faces.cli.export_notes",
    "ai_memory.faces.cli.import_file", "ai_memory.faces.cli.reembed",
)  # fmt: skip


class Ended(NamedTuple):
    """How a child ended.

    Attributes:
        code: Its exit code; negative: the signal that killed it.
        calls: How many calls it made below the path, if it lived to tell.
    """

    code: int
    calls: int
    out: str
    err: str

    @property
    def was_killed(self) -> bool:
        """Whether the chosen call was reached."""
        return self.code == -9


def is_possible() -> bool:
    """Whether faults can be had here: Linux, and a C compiler."""
    return sys.platform == "linux" and shutil.which("cc") is not None


class Nursery:
    """Runs commands of the program in children, with a fault at a chosen call."""

    def __init__(self, folder: Path) -> None:
        """Build the shim in a folder, and start the process."""
        shim = folder / "fault.so"
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(SOURCE), "-ldl"], check=True
        )
        kept = {name: text for name, text in os.environ.items() if "AI_MEMORY" not in name}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.siege.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=kept
            | {
                "LD_PRELOAD": str(shim),
                SHIM: str(shim),
                "HOME": str(folder),
                "AI_MEMORY_NO_CONFIG": "1",
                "AI_MEMORY_EMBEDDER": "hashing",
                "NO_COLOR": "1",
            },
        )

    def run(
        self, work: list[str] | str, below: Path, *, at: int = 0, span: int = 1, act: int = COUNT
    ) -> Ended:
        """Run a command line, or a function given as `module:name`, which is handed `below`.

        Args:
            work: What to run.
            below: The calls that change files below it are counted.
            at: The first call that strikes, from 1.
            span: How many of them do.
            act: What it does.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"work": work, "below": str(below), "at": at, "span": span, "act": act}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Ended(*json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _serve() -> None:
    for name in _PRELOADED:
        importlib.import_module(name)
    shim = ctypes.CDLL(os.environ[SHIM])
    shim.siege_calls.restype = ctypes.c_long
    shim.siege_arm.argtypes = (ctypes.c_char_p, ctypes.c_long, ctypes.c_long, ctypes.c_int)
    room = Path(os.environ["HOME"])
    for line in sys.stdin:
        asked = json.loads(line)
        outputs = [room / name for name in ("out", "err", _CALLS)]
        for path in outputs:
            path.unlink(missing_ok=True)
        child = os.fork()
        if not child:
            _be_child(asked, outputs, shim)
        _, status = os.waitpid(child, 0)
        out, err, calls = (_read(path) for path in outputs)
        answer = [os.waitstatus_to_exitcode(status), int(calls or -1), out, err]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _be_child(asked: dict[str, Any], outputs: list[Path], shim: ctypes.CDLL) -> None:
    code = 70
    try:
        for path, descriptor in zip(outputs[:2], (1, 2), strict=True):
            opened = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        shim.siege_arm(asked["below"].encode(), asked["at"], asked["span"], asked["act"])
        code = _work(asked)
        outputs[2].write_text(str(shim.siege_calls()), encoding="utf-8")
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - shown, and the child ends in any case
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _work(asked: dict[str, Any]) -> int:
    work = asked["work"]
    if isinstance(work, str):
        module, _, name = work.partition(":")
        getattr(importlib.import_module(module), name)(Path(asked["below"]))
        return 0
    from ai_memory.faces.cli.main import main

    return main(work)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


if __name__ == "__main__":
    _serve()
