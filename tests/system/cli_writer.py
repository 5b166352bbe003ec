"""A process that stores through the CLI, one call after the other, and notes what was acknowledged.

Run as `python -m tests.system.cli_writer DB NAME SECONDS ACKS`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def main(db: str, name: str, seconds: str, acks: str) -> None:
    deadline = time.monotonic() + float(seconds)
    with Path(acks).open("w") as ack:
        number = 0
        while not number or time.monotonic() < deadline:  # one at least, on any machine
            title = f"{name} {number}"
            command = [
                sys.executable, "-m", "ai_memory", "--db", db, "--level", "keyword",
                "store", "-n", name, "-T", title, "-c", "through the CLI",
            ]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                sys.exit(f"{name}: {done.stderr}")
            ack.write(f"{title}\n")
            ack.flush()
            number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
