"""A process that stores as fast as it can and writes each acknowledged title to its own file.

Run as `python -m tests.system.writer DB NAME SECONDS ACKS`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import ai_memory


def main(db: str, name: str, seconds: str, acks: str) -> None:
    deadline = time.monotonic() + float(seconds)
    with ai_memory.open_node(db=db, level="keyword") as node, Path(acks).open("w") as ack:
        number = 0
        while not number or time.monotonic() < deadline:  # one at least, on any machine
            title = f"{name} {number}"
            node.store(title=title, content=f"written by {name}", namespace=name)
            ack.write(f"{title}\n")
            ack.flush()
            number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
