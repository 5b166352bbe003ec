"""How long a client waits for the first reply, beside the SDK's own server with one tool.

python -m tests.faces.mcp.startup [RUNS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from tests.faces.mcp.process import Lines, initialize, server_command

SDK_SERVER: Final = """
from mcp.server import MCPServer
server = MCPServer("one tool")
@server.tool()
def add(a: int, b: int) -> int:
    return a + b
server.run("stdio")
"""


class Startup(NamedTuple):
    """Milliseconds from the start of the process to the reply to `initialize`, run by run."""

    ours_ms: list[float]
    sdk_ms: list[float]

    @property
    def ratio(self) -> float:
        """Our median over the SDK's."""
        return median(self.ours_ms) / median(self.sdk_ms)


def compare(runs: int, level: str = "semantic") -> Startup:
    """Start both servers in turn, so that a busy machine is as busy for one as for the other."""
    with tempfile.TemporaryDirectory() as folder:
        ours = server_command(Path(folder) / "startup.db", level=level)
        sdk = [sys.executable, "-c", SDK_SERVER]
        for command in (ours, sdk):
            first_reply_ms(command)  # compiles what was never imported, and fills the page cache
        figures = Startup([], [])
        for _ in range(runs):
            figures.sdk_ms.append(first_reply_ms(sdk))
            figures.ours_ms.append(first_reply_ms(ours))
        return figures


def first_reply_ms(command: list[str]) -> float:
    """Start a server, greet it, and end it."""
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "AI_MEMORY_NO_CONFIG": "1"},
    ) as process:
        greeting = Lines(process).ask(initialize())
        took = time.perf_counter() - began
        assert "result" in greeting
        process.communicate()
    return took * 1_000


if __name__ == "__main__":
    figures = compare(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    for name, values in figures._asdict().items():
        sys.stdout.write(f"{name:8} median {median(values):5.0f}  least {min(values):5.0f}\n")
    sys.stdout.write(f"ratio    {figures.ratio:.2f}\n")
