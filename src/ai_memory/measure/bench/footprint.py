"""What a process pays once: opening a store, its first recalls, and the memory it then occupies.

Run as a module in a process of its own: `python -m ai_memory.measure.bench.footprint DB LEVEL`
reads questions from stdin as a JSON array and prints one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ai_memory.adapters.system import SystemClock
from ai_memory.errors import Internal

if TYPE_CHECKING:
    from ai_memory.measure.bench.stand import Stand

_TIMEOUT_SECS: Final = 600


def footprint(stand: Stand, level: str, recalls: int) -> dict[str, Any]:
    """Measure in a fresh process, then in another after the store's files left the page cache.

    Returns:
        open_ms; first_ms (from the start of opening, imports included, to the first answer);
        early_p50_ms and early_p95_ms of the recalls after it; resident_bytes at the end; and
        uncached_first_ms, None where the system does not forget files on request.
    """
    warm = _measure(stand, level, recalls)
    forgotten = _forget(stand.db_files())
    cold = _measure(stand, level, 1) if forgotten else None
    return {**warm, "uncached_first_ms": cold and cold["first_ms"]}


def _measure(stand: Stand, level: str, recalls: int) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "ai_memory.measure.bench.footprint", str(stand.db), level],
        input=json.dumps(stand.questions[:recalls]),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECS,
        check=False,
    )
    if done.returncode:
        raise Internal(f"the footprint could not be measured: {done.stderr.strip()[-200:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _forget(files: Sequence[Path]) -> bool:
    """Let the system drop the files of a store from its page cache; whether it can."""
    if not hasattr(os, "posix_fadvise"):
        return False
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # only clean pages are dropped
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
    return True


def main(argv: list[str]) -> int:
    """The process's side: open, recall, say what it cost."""
    db, level = argv
    questions: list[str] = json.load(sys.stdin)
    clock = SystemClock()
    began = clock.monotonic()
    from ai_memory.compose import open_node
    from ai_memory.config import load_config

    opened = open_node(load_config({"db": db, "tier": level}))
    marks = [clock.monotonic()]
    from ai_memory.operations.recall_memories import RecallMemories

    caller = opened.caller("python")
    for question in questions:
        opened.node.execute(caller, RecallMemories(context=question))
        marks.append(clock.monotonic())
    from ai_memory.measure.bench.machine import resident_bytes
    from ai_memory.measure.duration import spread

    early = [after - before for before, after in pairwise(marks[1:])]
    took = spread(early) if early else None
    found = {
        "open_ms": round(1_000 * (marks[0] - began), 1),
        "first_ms": round(1_000 * (marks[1] - began), 1),
        "early_p50_ms": took and round(took.p50_ms, 2),
        "early_p95_ms": took and round(took.p95_ms, 2),
        "resident_bytes": resident_bytes(),
    }
    opened.node.drain_touches()
    opened.close()
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
