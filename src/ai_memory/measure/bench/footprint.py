"""What a process pays once: opening a store and its first recall, and the memory it then occupies.

Run as a module in a process of its own: `python -m ai_memory.measure.bench.footprint DB LEVEL
QUESTION` prints one JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from ai_memory.adapters.system import SystemClock
from ai_memory.errors import Internal

_WARM_RECALLS: Final = 20
_TIMEOUT_SECS: Final = 120


def footprint(db: Path, level: str, question: str) -> dict[str, Any]:
    """Measure in a fresh process.

    Returns:
        open_ms, first_recall_ms (imports included), resident_bytes after some recalls.

    Raises:
        Internal: The process failed.
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "ai_memory.measure.bench.footprint", str(db), level, question],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECS,
        check=False,
    )
    if done.returncode:
        raise Internal(f"the footprint could not be measured: {done.stderr.strip()[-200:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(argv: list[str]) -> int:
    """The process's side: open, recall, say what it cost."""
    db, level, question = argv
    clock = SystemClock()
    began = clock.monotonic()
    from ai_memory.compose import open_node
    from ai_memory.config import load_config

    opened = open_node(load_config({"db": db, "tier": level}))
    open_at = clock.monotonic()
    from ai_memory.operations.recall_memories import RecallMemories

    caller = opened.caller("python")
    opened.node.execute(caller, RecallMemories(context=question))
    first_at = clock.monotonic()
    for _ in range(_WARM_RECALLS):
        opened.node.execute(caller, RecallMemories(context=question))
    from ai_memory.measure.bench.machine import resident_bytes

    found = {
        "open_ms": round(1_000 * (open_at - began), 1),
        "first_recall_ms": round(1_000 * (first_at - open_at), 1),
        "resident_bytes": resident_bytes(),
    }
    opened.node.drain_touches()
    opened.close()
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
