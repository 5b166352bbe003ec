from __future__ import annotations

import subprocess
import sys

import pytest
from tests.faces.mcp.startup import compare

MEMORY = {"ai_memory.compose", "apsw", "numpy", "onnxruntime", "tokenizers", "usearch"}
SDK = {"mcp", "pydantic", "starlette"}


def test_both_servers_can_be_measured() -> None:
    figures = compare(1, level="keyword")
    assert min(figures.ours_ms + figures.sdk_ms) > 0
    assert figures.ratio > 0


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("ai_memory.faces.cli.mcp, ai_memory.faces.mcp.stdio", MEMORY | SDK),
        ("ai_memory.faces.mcp.server, ai_memory.faces.mcp.wire", MEMORY),
    ],
)
def test_the_first_reply_imports_nothing_of_the_memory(modules: str, heavy: set[str]) -> None:
    program = f"import sys, {modules}; print(sorted({heavy!r} & sys.modules.keys()))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.stdout.decode().strip() == "[]", done.stderr.decode()
